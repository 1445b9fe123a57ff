"""What a report is made from, told by content: where no fingerprint has changed, nothing need be made again."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from nianbao import __version__
from nianbao.model import offices
from nianbao.model.i18n import _, series
from nianbao.render import pandoc, typst
from nianbao.render.renderer import RenderSettings
from nianbao.workspace.access import state
from nianbao.workspace.files import PACKAGE, content, fingerprint
from nianbao.workspace.templates import Templates

NIANBAO, PANDOC, TYPST, FACES = "nianbao", "pandoc", "typst", "faces"


def program_fingerprints() -> dict[str, str]:
    """Tell which programs print: nianbao with every file of its source, pandoc, and Typst."""
    sources = sorted(path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".lua"})
    return {
        NIANBAO: f"{__version__} {fingerprint(*(content(path) for path in sources))}",
        PANDOC: pandoc.package_version(),
        TYPST: version("typst"),
    }


def render_fingerprints(templates: Templates, order: RenderSettings, suffix: str) -> dict[str, str]:
    """Tell what a format of an order is printed with besides the facts: programs, templates, look, faces."""
    told = {
        name: text
        for name, text in _template_fingerprints(templates).items()
        if not name.startswith("formats/") or name.startswith(f"formats/{suffix}/")
    }
    embeds = any(part.suffix == suffix and part.engine for part in order.formats)
    look = fingerprint(json.dumps(order.look, sort_keys=True, default=str))
    return (
        told
        | {"look": look, "draft": str(order.draft)}
        | ({FACES: font_fingerprint(font_families(order))} if embeds else {})
    )


def font_families(order: RenderSettings) -> frozenset[str]:
    """Name the families that an order embeds."""
    return frozenset(face.family for face in order.faces)


def font_fingerprint(families: frozenset[str]) -> str:
    """Tell the faces of families by their files, and which others there are, since Typst may fall back on any."""
    fonts = typst.list_fonts()
    drawn = {path for name, path in fonts.items() if name.rpartition(" ")[0] in families}
    return fingerprint(*sorted(fonts), *(content(Path(path)) for path in sorted(drawn)))


def check_fingerprints(templates: Templates) -> dict[str, str]:
    """Tell what a report is checked with besides the facts: forms, templates of texts, and settings."""
    told = {name: text for name, text in _template_fingerprints(templates).items() if not name.startswith("formats/")}
    beside = {name: fingerprint(state(templates.root, name)) for name in ("report.toml", f"data/{offices.FILE}")}
    return told | beside


def describe_changes(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Say in words which inputs are not what they were."""
    words = {
        "facts": _("数据文件"),
        "look": _("版式"),
        "draft": _("是否草稿"),
        "carried": _("是否附上事实"),
        FACES: _("字体"),
        NIANBAO: "nianbao",
        PANDOC: "pandoc",
        TYPST: "typst",
    }
    names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    return series(words.get(name, f"templates/{name}") for name in names)


def _template_fingerprints(templates: Templates) -> dict[str, str]:
    """Tell every template that a page may be made with, by its name."""
    return {
        name: fingerprint(content(path))
        for name, path in templates.files().items()
        if name.endswith(".j2") or name.startswith(("forms/", "formats/"))
    }
