"""Fingerprints of the inputs of a report: as long as none of them changes, nothing is built again."""

import json
import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from msgspec.structs import asdict

from nianbao import __version__
from nianbao.checks.policy import Policy
from nianbao.model import offices
from nianbao.model.i18n import _, join_words
from nianbao.render import pandoc, typst
from nianbao.render.renderer import RenderSettings
from nianbao.workspace.files import fingerprint, read_bytes
from nianbao.workspace.shipped import PACKAGE, find_version
from nianbao.workspace.templates import Templates

NIANBAO, PANDOC, TYPST, FACES = "nianbao", "pandoc", "typst", "faces"
_FONT_DIRECTORY_BYTES = 64 * 1024  # a collection begins with the directories of all its fonts


def program_fingerprints() -> dict[str, str]:
    """Return what identifies the programs, by name: nianbao with all its source files, pandoc, and Typst."""
    files = (os.path.join(folder, name) for folder, _folders, names in os.walk(PACKAGE) for name in names)  # noqa: PTH118
    sources = sorted(file for file in files if file.endswith((".py", ".lua")))
    return {
        NIANBAO: f"{__version__} {fingerprint(*(read_bytes(Path(file)) for file in sources))}",
        PANDOC: pandoc.package_version(),
        TYPST: find_version("typst"),
    }


def template_fingerprints(templates: Templates) -> dict[str, str]:
    """Return the fingerprint of every template that a report of the kind may be checked or made with, by its name."""
    kind = templates.kind.name
    return {
        name: fingerprint(read_bytes(path))
        for name, path in templates.files().items()
        if name.startswith(("formats/", "locales/", f"{kind}/"))
        and not name.startswith((f"{kind}/example/", f"{kind}/starter/"))
    }


def render_fingerprints(templates: Mapping[str, str], settings: RenderSettings, suffix: str) -> dict[str, str]:
    """Return the inputs of a format other than programs and facts, by name: templates, look, draft, fonts."""
    part = next((part for part in settings.formats if part.suffix == suffix), None)
    folders = (f"formats/{suffix}/", *([f"formats/{part.source}/"] if part and part.source else []))
    inputs = {
        name: text for name, text in templates.items() if not name.startswith("formats/") or name.startswith(folders)
    }
    look = fingerprint(json.dumps(settings.look, sort_keys=True, default=str))
    fonts = {FACES: font_fingerprint(font_families(settings))} if part and part.embeds_fonts else {}
    return inputs | {"look": look, "draft": str(settings.draft)} | fonts


def font_families(settings: RenderSettings) -> frozenset[str]:
    """Return the names of the font families that some formats embed."""
    return frozenset(face.family for face in settings.faces)


def font_fingerprint(families: frozenset[str]) -> str:
    """Return a fingerprint of the files of font families and of the list of all fonts: Typst may fall back on any."""
    fonts = typst.list_fonts()
    used = {path for name, path in fonts.items() if name.rpartition(" ")[0] in families}
    return fingerprint(*sorted(fonts), *(_identify_font(path) for path in sorted(used)))


def _identify_font(path: str) -> bytes:
    """Return what identifies a font file of many megabytes: its size, and its beginning.

    There the checksum of each of its tables stands (OpenType 1.9, "Table Directory").
    """
    with open(path, "rb") as file:  # noqa: PTH123  # no Path is at hand
        return b"%d %s" % (os.fstat(file.fileno()).st_size, file.read(_FONT_DIRECTORY_BYTES))


def check_fingerprints(templates: Mapping[str, str], folder: Templates, policy: Policy, today: date) -> dict[str, str]:
    """Return the inputs of a check other than programs and facts, by name: forms, templates of texts, settings."""
    inputs = {name: text for name, text in templates.items() if not name.startswith("formats/")}
    inputs |= {name: fingerprint(folder.state(name)) for name in ("report.toml", f"data/{offices.REGISTER_FILE}")}
    return inputs | {
        "policy": json.dumps(asdict(policy), default=sorted, sort_keys=True),
        "today": today.isoformat(),
        "look": fingerprint(json.dumps(folder.look(), sort_keys=True, default=str)),  # its fonts draw texts, or do not
        "language": os.environ.get("LANGUAGE", ""),  # findings are cached in the language of the command
    }


def describe_changes(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """List for people the inputs of which the fingerprints differ."""
    labels = {
        "facts": _("what-data-file"),
        "look": _("what-look"),
        "draft": _("what-draft-or-not"),
        "carried": _("what-facts-carried-or-not"),
        FACES: _("head-face"),
        NIANBAO: "nianbao",
        PANDOC: "pandoc",
        TYPST: "typst",
    }
    names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return join_words(labels.get(name, f"templates/{name}") for name in names)
