"""Check the output formats that come with a kind: their settings, Lua, and variables of pandoc templates."""

import re
from collections.abc import Iterator
from pathlib import Path

from nianbao.build import outputs
from nianbao.kinds.mistakes import Mistake, find_words, locate_faults, split_error
from nianbao.model.finding import Place, UserError
from nianbao.model.i18n import _
from nianbao.model.loading.inheritance import Fault, suggest
from nianbao.render.pandoc import find_lua_error, find_template_error, list_writers, read_default_template
from nianbao.render.renderer import RenderSettings, describe_locale
from nianbao.workspace.formats import CSV_SET, OFD, XLSX_SET, Format
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.store import Store
from nianbao.workspace.template_files import TemplateFolder

_TEMPLATE_ERROR = re.compile(r"\(line (\d+), column (\d+)\):\s*(.*?)(?:stack traceback|\Z)", re.DOTALL)
_LUA_ERROR = re.compile(r":(\d+): (.*)", re.DOTALL)
_VARIABLE = re.compile(
    r"\$(?!\$)(?:\{\s*)?(?:(if|elseif|for)\(([^()]*)\)|([A-Za-z][\w.-]*)(?:/[^$}]*)?(?:\[[^\]]*\])?\s*)\}?\$?"
)
_WORDS = frozenset({"else", "endif", "endfor", "sep", "it"})
_COMMENT = re.compile(r"\$--[^\n]*")
_PAGE_METADATA = ("title", "titlelines", "author", "cover", "coverlines")
# Those that the renderer gives besides the look and the locale, and metadata that pages have.
_GIVEN = (
    *("about", "facts", "day", "draft", "layout", "landscape", "letter", "pictures", "revisions"),
    *(*_PAGE_METADATA, "redhead", "body"),
)
_SET_BY_LUA = re.compile(r"\b(?:variables|meta)(?:\.|\[[\"'])([A-Za-z][\w-]*)")
_METADATA = re.compile(r"^([A-Za-z][\w-]*):", re.MULTILINE)


def check_formats(store: Store, kind: KindFolder) -> Iterator[Mistake]:
    """Check the formats in the same folder of templates as the kind, unless they are those of the program."""
    top = kind.origin
    if top.origin == "program":
        return
    for suffix, path in store.formats().items():
        if not path.is_relative_to(top.path):
            continue
        file = top.display(path)
        try:
            format_ = store.format(suffix)
        except UserError as error:
            yield from split_error(error, file)
            continue
        writer = re.split(r"[+-]", format_.writer)[0]
        if writer not in (writers := [*list_writers(), OFD, CSV_SET, XLSX_SET]):
            source = top.read_toml(path)
            why = _("no-such-writer", writer=writer) + suggest(writer, writers)
            yield from locate_faults([source], [Fault(("writer",), why)])
        yield from _check_lua(top, path.parent)
        if format_.template:
            yield from _check_template(store, kind, format_)


def _check_lua(top: TemplateFolder, folder: Path) -> Iterator[Mistake]:
    """Compile every Lua file of a format."""
    for lua in sorted(folder.rglob("*.lua")):
        if why := find_lua_error(lua):
            match = _LUA_ERROR.search(why)
            line, reason = (int(match[1]), match[2]) if match else (1, why)
            yield Mistake(find_words(top.display(lua), top.read_text(lua), "", line), _("lua-not-valid", why=reason))


def _check_template(store: Store, kind: KindFolder, format_: Format) -> Iterator[Mistake]:
    """Check that the template of a format compiles, prints the page, and names variables that there are."""
    top = kind.origin
    template = Path(format_.folder) / format_.template
    if match := _TEMPLATE_ERROR.search(find_template_error(template)):
        place = Place(top.display(template), int(match[1]), int(match[2]))
        yield Mistake(place, _("template-not-of-pandoc", why=" ".join(match[3].split())))
        return
    if not _prints_body(top.read_text(template)):
        yield Mistake(Place(top.display(template), 1, 1), _("template-without-body"))
    known = _list_variables(store, kind, format_)
    yield from find_unknown_variables(top.display(template), top.read_text(template), known)


def _prints_body(text: str) -> bool:
    """Return whether a pandoc template prints the page: as `body`, also through a pipe, and not only as a condition."""
    plain = _COMMENT.sub("", text).replace("$$", "  ")
    return any(match[3] == "body" for match in _VARIABLE.finditer(plain))


def _list_variables(store: Store, kind: KindFolder, format_: Format) -> list[str]:
    """List the variables that a template of a format can use."""
    known = {*_GIVEN, *_list_names(read_default_template(format_.writer))}
    known |= RenderSettings(outputs.find_formats(store, [format_.suffix]), store.look()).variables.keys()
    for language in kind.settings.languages:
        known |= describe_locale(kind.read_locale(language)).keys()
    for name in kind.find_files("*.j2"):
        known |= set(_METADATA.findall(kind.template(name)[0].partition("\n---\n")[0]))
    for lua in Path(format_.folder).rglob("*.lua"):  # the filter of a format may give its template variables
        known |= set(_SET_BY_LUA.findall(lua.read_text(encoding="utf-8", errors="replace")))
    return sorted(known)


def _list_names(text: str) -> set[str]:
    return {name for name, _line in _find_names(text)}


def _find_names(text: str) -> Iterator[tuple[str, int]]:
    """Find the first part of each variable of a pandoc template, with its line."""
    plain = _COMMENT.sub("", text).replace("$$", "  ")
    for match in _VARIABLE.finditer(plain):
        name = (match[2] if match[1] else match[3]).strip().partition("/")[0].partition(".")[0]
        if name and name not in _WORDS:
            yield name, plain.count("\n", 0, match.start()) + 1


def find_unknown_variables(file: str, text: str, known: list[str]) -> Iterator[Mistake]:
    """Find variables of a pandoc template that nothing gives."""
    for name, line in _find_names(text):
        if name not in known:
            why = _("no-such-variable", name=name) + suggest(name, known)
            yield Mistake(find_words(file, text, name, line), why)
