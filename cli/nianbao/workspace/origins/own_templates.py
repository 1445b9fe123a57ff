"""Templates that do not come with the program, as they were read, and the record of a person's trust in them."""

import json
import os
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from nianbao.model.i18n import _
from nianbao.workspace.files import display_path

ADDED_SUFFIX = f"{os.sep}."  # of the recorded path of an added folder


class OwnTemplates(Struct, frozen=True, dict=True):
    """The templates of a folder as they were read: the bytes of each file by its name below `templates/`."""

    root: Path
    files: Mapping[str, bytes]
    is_added: bool = False  # `root` is itself the folder of templates, which `report.toml` of another folder adds

    @cached_property
    def sums(self) -> dict[str, str]:
        """The SHA-256 of each file by its name."""
        return {name: sha256(content).hexdigest() for name, content in sorted(self.files.items())}

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of all files with their names."""
        return sha256(json.dumps(self.sums).encode()).hexdigest()

    @property
    def name(self) -> str:
        """The path of their folder as it is shown to the user."""
        return display_path(self.root if self.is_added else self.root / "templates")

    @property
    def record_name(self) -> str:
        """The path by which trust in them is recorded: an added folder may also be one of reports."""
        return f"{self.root.resolve()}{ADDED_SUFFIX if self.is_added else ''}"


class TrustRecord(Struct, frozen=True):
    """A record of trust: the folder, the day of the decision (ISO 8601), and the SHA-256 of each file by its name."""

    folder: str
    since: str
    sums: Mapping[str, str]

    def list_changes(self, own: OwnTemplates) -> dict[str, str]:
        """Return, by name of the file, whether it was added, changed or removed since, in the user's language."""
        names = sorted(self.sums.keys() | own.sums.keys())
        return {name: self._change(name, own) for name in names if self.sums.get(name) != own.sums.get(name)}

    def _change(self, name: str, own: OwnTemplates) -> str:
        if name not in self.sums:
            return _("template-added")
        return _("was-changed") if name in own.sums else _("template-removed")
