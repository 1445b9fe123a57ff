"""Read the register of offices, once as long as its file stays as it is."""

from collections.abc import Hashable
from functools import lru_cache

from nianbao.model import offices
from nianbao.model.finding import Finding, Place
from nianbao.model.offices import REGISTER_FILE, Register
from nianbao.workspace.access import describe_reason
from nianbao.workspace.files import parse_facts
from nianbao.workspace.folder import Folder


@lru_cache(maxsize=4)
def read_register(folder: Folder, called: str, _stamp: Hashable) -> Register:
    """Read the register of a folder, by what people call its file; a fault of it is a finding of the register."""
    try:
        return offices.load_register(parse_facts(folder.read(f"data/{REGISTER_FILE}"), called))
    except OSError as error:
        return offices.load_register(Finding(offices.REGISTER_RULE, "error", Place(called), describe_reason(error)))
