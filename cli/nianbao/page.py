"""The page: a report put into words by its templates, as Markdown in which no fact can become markup."""

import json
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NoReturn

from jinja2 import FunctionLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nianbao.finding import Stop
from nianbao.form import OWN, Section
from nianbao.grid import Table
from nianbao.kind import KINDS, Value
from nianbao.markdown import Markdown, escape, table
from nianbao.report import Number, Report

Load = Callable[[str], str]  # the text of a template by its name; raises Stop where there is none
STANDARD = "standard"  # in prose: the form's own text of the section
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, production 2 [Char]


class Node:
    """A table of facts as templates see it: `requests.received.total` is a walk over nodes."""

    __slots__ = ("_address", "_entries")

    def __init__(self, address: str) -> None:
        self._address = address
        self._entries: dict[str, object] = {}

    def __getattr__(self, name: str) -> object:
        try:
            return self._entries[name]
        except KeyError:
            raise AttributeError(name) from None


def entries(node: Node) -> dict[str, object]:
    """Return what stands under a node, out of reach of templates, which see no name with an underscore."""
    return node._entries  # noqa: SLF001  # its own module


def place(node: Node) -> str:
    """Return a node's address."""
    return node._address  # noqa: SLF001  # its own module


class Absent:
    """A fact that the form knows and the data file leaves out: false in a test, an error in print."""

    __slots__ = ("address", "label")

    def __init__(self, address: str, label: str) -> None:
        self.address = address
        self.label = label

    def __bool__(self) -> bool:
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(())


class Unknown(StrictUndefined):
    """A name that means nothing: whatever a template does with it is an error that names it."""

    @property
    def _undefined_message(self) -> str:
        at = place(self._undefined_obj) if isinstance(self._undefined_obj, Node) else ""
        return unknown(self._undefined_obj, f"{at}.{self._undefined_name}".strip("."))


def unknown(above: object, address: str) -> str:
    """Say that an address names no fact under the node above, and which one is nearest."""
    known = entries(above) if isinstance(above, Node) else above if isinstance(above, Mapping) else {}
    group, _, name = address.rpartition(".")
    near = get_close_matches(name, list(known), 1)
    nearest = f"；最接近的是 {f'{group}.{near[0]}'.strip('.')}" if near else ""
    return f"没有名为 {address} 的事实{nearest}"


class PageError(Stop):
    """A template that cannot be filled: says which template, which line, and why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a placeholder in prose, on which line of it, and the text to underline."""

    line: int
    message: str
    words: str = ""
    label: str = ""
    rule: str = "undefined-fact"


def title(report: Report) -> str:
    """Return the title: as the data file says it, else as the form makes it from the facts."""
    given = report.values.get("title")
    return str(given) if given else _plain(report, report.form.title)


def author(report: Report) -> str:
    """Return who issues the document, as the form says."""
    return _plain(report, report.form.author)


def render(report: Report, load: Load) -> Markdown:
    """Put a report into words; raises `PageError` where a template fails."""
    environment = _environment(_finalize, load)
    names = _names(report)
    names["title"] = title(report)
    names["author"] = author(report)
    names["form"] = {"name": report.form.name, "document": report.form.document, "edition": report.form.edition}
    names["sections"] = [
        {"id": section.id, "heading": report.heading(section.id), "body": _body(report, section, environment, names)}
        for section in report.form.sections
    ]
    text = _filled(environment, report.form.template, names)
    return Markdown(ILLEGAL.sub("\ufffd", re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"))


def faults(report: Report) -> Iterator[tuple[str, Fault]]:
    """Find what is wrong with the placeholders of the prose, section by section."""
    names = _names(report)
    names[STANDARD] = ""
    environment = _environment(_finalize, _nothing)
    for section, text in report.prose.items():
        yield from ((section, fault) for fault in _faults(text, names, environment))


def show(report: Report, address: str) -> str:
    """Print one figure of a table as its cell has it."""
    slot = report.form.slots[address]
    text = KINDS[slot.kind].show(report.figures[address])
    return text + slot.unit if any(part.unit_in_cell for part in (*slot.rows, *slot.columns)) else text


def _body(report: Report, section: Section, environment: Any, names: Mapping[str, object]) -> Markdown:  # noqa: ANN401  # Jinja's environment classes are generic in nothing useful
    own = report.prose.get(section.id)
    if section.table:
        form_table = next(part for part in report.form.tables if part.id == section.table)
        standard = grid_table(report, form_table)
        return Markdown(f"{standard}\n\n{_own(own, environment, names)}" if own else standard)
    standard = Markdown(_filled(environment, section.text, names).strip()) if section.text else Markdown()
    if own is None:
        return standard
    return Markdown(_own(own, environment, {**names, STANDARD: standard}))


def grid_table(report: Report, form_table: Table) -> Markdown:
    """Write one table of the form with its figures, in a division that tells the press about it."""
    grid = form_table.lay_out()
    figures = {(cell.row, cell.column): show(report, cell.slot.address) for cell in grid.cells if cell.slot is not None}
    widths = " ".join(f"{width:g}" for width in form_table.widths or [1.0] * grid.columns)
    bands = " ".join(f"{band.head}+{band.body}" for band in grid.bands)
    caption = escape(form_table.label)
    opening = f'::: {{#{form_table.id} .form labels="{grid.labels}" bands="{bands}" widths="{widths}"}}'
    return Markdown(f"{opening}\n\n{table(grid, figures)}\n\n: {caption}\n\n:::")


def _own(text: str | None, environment: Any, names: Mapping[str, object]) -> str:  # noqa: ANN401  # see _body
    """Fill the prose of the data file; its placeholders were judged before, so that this cannot fail."""
    if not text or any(True for _ in _faults(text, names, environment)):
        return text or ""  # a draft shows what stands there
    return str(environment.from_string(text).render(names)).strip()


# ── templates ────────────────────────────────────────────────────────────────────────


def _environment(finalize: Callable[[object], object], load: Load) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(lambda name: (load(name), name, lambda: True)),
        undefined=Unknown,
        finalize=finalize,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # `finalize` escapes, for Markdown instead of HTML
    )
    environment.filters["markdown"] = Markdown
    environment.filters["quoted"] = _quoted
    environment.tests["given"] = _given
    return environment


def _finalize(value: object) -> object:
    if isinstance(value, Markdown | Unknown):
        return value
    text = _shown(value)
    return Markdown(text) if isinstance(value, int | Decimal) else escape(text)


def _shown(value: object) -> str:
    if isinstance(value, Absent):
        raise TemplateError(f"数据文件里没有写 {value.address}（{value.label}）")
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return KINDS["date"].show(value)
    if isinstance(value, Decimal):
        return KINDS["change"].show(value)
    if isinstance(value, list):
        return "、".join(map(_shown, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return KINDS["change"].show(value)
    raise TemplateError("占位处不是一个值：要写到最后一级，例如 requests.received.total")


def _quoted(value: object) -> Markdown:
    """Quote a value for the head of the page, where it is read as Markdown within YAML."""
    return Markdown(json.dumps(escape(_shown(value)), ensure_ascii=False))


def _plain(report: Report, template: str) -> str:
    environment = _environment(_as_text, _nothing)
    try:
        return environment.from_string(template).render(_names(report))
    except Exception as error:  # noqa: BLE001  # whatever a template raises is told as that template's fault
        _fail(error, f"forms/{report.form.edition}.toml")


def _as_text(value: object) -> object:
    return value if isinstance(value, Unknown) else _shown(value)


def _filled(environment: ImmutableSandboxedEnvironment, name: str, names: Mapping[str, object]) -> str:
    try:
        return environment.get_template(name).render(names)
    except Stop:
        raise
    except Exception as error:  # noqa: BLE001  # whatever a template raises is told as that template's fault
        _fail(error, name)


def _fail(error: Exception, name: str) -> NoReturn:
    line = 0
    if isinstance(error, TemplateSyntaxError):
        name, line = error.name or name, error.lineno
    elif not isinstance(error, TemplateNotFound):
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.endswith(".j2"):
                name, line = frame.filename, frame.lineno or 0
    where = f"{name}:{line}" if line else name
    raise PageError(f"模板 templates/{where}：{error}", "改正模板；模板里能用的事实就是数据文件里的地址") from None


def _nothing(name: str) -> str:
    raise TemplateNotFound(name)


# ── names ────────────────────────────────────────────────────────────────────────────


def _names(report: Report) -> dict[str, object]:
    """Make the tree of facts that templates may name: each address of the form, and the office's own."""
    root = Node("")
    values: dict[str, Value | Number] = {**report.values, **report.figures}
    for address in (*report.form.kinds, *(at for at in values if at.startswith(f"{OWN}."))):
        *groups, last = address.split(".")
        node = root
        for group in groups:
            node = _below(node, group)
        entries(node)[last] = values.get(address, Absent(address, report.form.labels.get(address, "")))
    _below(root, OWN)
    return dict(entries(root))


def _below(node: Node, name: str) -> Node:
    below = entries(node).setdefault(name, Node(f"{place(node)}.{name}".strip(".")))
    if not isinstance(below, Node):
        raise TypeError(name)
    return below


# ── prose ────────────────────────────────────────────────────────────────────────────

_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Add,
    nodes.Sub,
    nodes.Const,
)


def _faults(text: str, names: Mapping[str, object], environment: ImmutableSandboxedEnvironment) -> Iterator[Fault]:
    """Judge prose without running it: it may name facts, add and subtract them, and nothing else."""
    try:
        tree = environment.parse(text)
    except TemplateSyntaxError as error:
        yield Fault(error.lineno, "占位写法不对", label=error.message or "", rule="broken-placeholder")
        return
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            message = "正文里只能用 {{ 事实 }}，事实和数可以相加相减"
            yield Fault(node.lineno, message, rule="broken-placeholder")
            return
    for expression in tree.find_all((nodes.Output, nodes.Add, nodes.Sub)):
        for part in expression.iter_child_nodes():
            if isinstance(part, nodes.Name | nodes.Getattr):
                yield from _named(part, names, sole=isinstance(expression, nodes.Output))


def _named(node: nodes.Expr, names: Mapping[str, object], *, sole: bool) -> Iterator[Fault]:
    keys = _keys(node)
    address = ".".join(keys)
    above: object = names
    value: object = names.get(keys[0])
    for at, key in enumerate(keys[1:], 1):
        above, value = value, entries(value).get(key) if isinstance(value, Node) else None
        if value is None:
            address = ".".join(keys[: at + 1])
            break
    if value is None:
        yield Fault(node.lineno, unknown(above, address), address)
    elif isinstance(value, Absent):
        yield Fault(node.lineno, f"数据文件里没有写 {address}（{value.label}）", address)
    elif isinstance(value, Node):
        yield Fault(node.lineno, f"{address} 是一组事实，要写到最后一级", address)
    elif not sole and not isinstance(value, int | Decimal):
        yield Fault(node.lineno, f"{address} 不是数，不能相加减", address)


def _keys(node: nodes.Node) -> list[str]:
    if isinstance(node, nodes.Getattr):
        return [*_keys(node.node), node.attr]
    return [node.name] if isinstance(node, nodes.Name) else []


def _given(value: object) -> bool:
    """Tell whether the data file states a fact; a name that the form does not know is an error even here."""
    if isinstance(value, Unknown):
        str(value)
    return not isinstance(value, Absent)
