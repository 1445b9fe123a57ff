"""Read the register of offices, once as long as its file stays as it is."""

from collections.abc import Hashable
from functools import lru_cache

from nianbao.model.finding import Finding, Place
from nianbao.model.offices import REGISTER_FILE, REGISTER_RULE, Register
from nianbao.model.units.register_loading import load_register
from nianbao.workspace.access import describe_reason
from nianbao.workspace.files import parse_facts
from nianbao.workspace.folder import Folder


@lru_cache(maxsize=4)
def read_register(folder: Folder, called: str, _stamp: Hashable) -> Register:
    """Read the register of a folder, by what people call its file; a fault of it is a finding of the register."""
    try:
        return load_register(parse_facts(folder.read(f"data/{REGISTER_FILE}"), called))
    except OSError as error:
        return load_register(Finding(REGISTER_RULE, "error", Place(called), describe_reason(error)))
