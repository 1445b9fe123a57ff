"""Prose of the data file: Markdown with placeholders for facts, which are checked before they are filled."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from jinja2 import Environment, TemplateSyntaxError, nodes
from msgspec import Struct

from nianbao.compose.markdown import drop_indentation
from nianbao.compose.template_context import AbsentFact, FactNode, describe_unknown, find_below
from nianbao.compose.templating import Names, fill_text
from nianbao.model.i18n import _, translate
from nianbao.model.locale import Locale
from nianbao.model.values.faults import COUNT_LIMIT

MAX_PLACEHOLDERS = 2000  # in one section: far more than a report has, few enough to check fast
MAX_TERMS = 50  # in one placeholder
STANDARD = "standard"  # name of the form's own text of the section
_PARSER = Environment(autoescape=False)  # noqa: S701  # it only parses
_ALLOWED_NODES = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Add,
    nodes.Sub,
    nodes.Const,
)

_TERM = r"[A-Za-z_][\w.]*"
_SUM = re.compile(rf"{_TERM}(?:[ ]*[+-][ ]*{_TERM})*", re.ASCII)
_WHOLE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_OPENED = re.compile(r"\{\{(?:(?!\{\{|\}\}|[\uff0c\u3002\uff1b\u3001]).)*\}{0,2}")
_OTHER_BRACKETS = "{}\uff5b\uff5d"
# Single or double, of ASCII or of an input method, around a sum of names; or double ones that stand alone.
_MISTYPED = re.compile(
    rf"[{{\uff5b]{{1,2}}\s*(?P<sum>{_SUM.pattern})\s*[}}\uff5d]{{1,2}}|\uff5b{{2}}|\uff5d{{2}}|\}}\}}", re.ASCII
)


class PlaceholderFault(Struct, frozen=True):
    """A fault in a placeholder: the line in the prose, from 1, the message, and `words`, the text to underline."""

    line: int
    message: str
    words: str = ""
    label: str = ""
    rule: str = "undefined-fact"


# The end of a sentence or of a part of one.
_PART_END = re.compile(r"[。！？；：][”’）》]*$")
_SHOWN = 16  # characters of a line
_WIDE_BLANKS = ("\u3000", "\u00a0")  # with which a line begins a paragraph
_HARD_BREAKS = ("  ", "\\")
_COLUMNS = re.compile(r"\S[ ]*\t[ \t]*\S")
_MARKER = re.compile(r"\s*\(?(?:\d{1,9}|[A-Za-z]{1,9})[.)]\s")  # of an item of a list, for Markdown
_RULE_OF_TABLE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_CELL_END = re.compile(r"(?<!\\)\|")
_MOST_RUN_TOGETHER = 5  # of a section are reported
# The kinds of markup that rules of their own report: pictures, and tables, which stay, with too long figures.
PICTURE, CROWDED = "picture", "crowded"


class DroppedMarkup(Struct, frozen=True):
    """Markup in the prose of a section that is not printed: its kind, and the words by which it is found.

    Kinds are those of `prose.lua`, `metadata` and `brackets`, which are printed as text, `cells`, and those of
    `find_run_together`.
    """

    section: str
    kind: str
    words: str


def find_run_together(section: str, text: str, numerals: str) -> list[DroppedMarkup]:
    """Find lines of prose that are printed in one paragraph with the line above, though they are not meant to be.

    Of kind `joined` are numbered paragraphs and tables without an empty line before them, of kind `columns` tables
    with tabs between cells, as they are pasted. Digits number paragraphs, and the `numerals` of a language.
    """
    numbered = _compile_number(numerals)
    found: list[DroppedMarkup] = []
    columns = ""
    for above, line in pairwise(text.split("\n")):
        words = line.strip()
        if _COLUMNS.search(above) and _COLUMNS.search(line):
            first = above.strip().partition("\t")[0].rstrip()
            found += [] if columns == above else [DroppedMarkup(section, "columns", first)]
            columns = line
        elif words and above.strip() and not line.startswith(_WIDE_BLANKS):
            is_table = words.startswith("|") and not above.lstrip().startswith(("|", "+"))
            is_item = _MARKER.match(line) and _MARKER.match(above)
            is_above_whole = _PART_END.search(above) or numbered.match(above.strip())
            is_paragraph = numbered.match(words) and is_above_whole and not is_item
            if (is_table or is_paragraph) and not above.endswith(_HARD_BREAKS):
                found.append(DroppedMarkup(section, "joined", words[:_SHOWN]))
    return found[:_MOST_RUN_TOGETHER]


def find_surplus_cells(section: str, text: str) -> Iterator[DroppedMarkup]:
    """Find rows of tables with more cells than the head has columns, which are not printed."""
    columns, above = 0, ""
    for line in text.split("\n") if "|" in text else ():
        if _RULE_OF_TABLE.fullmatch(line) and "|" in above:
            columns = len(_CELL_END.findall(line.strip().strip("|"))) + 1
        elif "|" not in line:
            columns = 0
        elif columns and len(_CELL_END.findall(line.strip().removeprefix("|").removesuffix("|"))) >= columns:
            yield DroppedMarkup(section, "cells", line.strip())
        above = line


@lru_cache(maxsize=8)  # one of each language
def _compile_number(numerals: str) -> re.Pattern[str]:
    """Return the pattern of the number of a paragraph, which is no item of a list for Markdown."""
    own = re.escape(numerals)
    signs = rf"|[{own}]{{1,3}}、" if own else ""
    return re.compile(rf"[（(][{own}\d]{{1,3}}[）)]|\d{{1,2}}(?:[、．]|\.(?=[^\s\d])){signs}")


def fill_prose(text: str, names: Names, address: str, locale: Locale, *, plain: bool = False) -> str:
    """Fill prose, or the heading, at an address of the data file; one with faults, as in a draft, stays as it is."""
    if any(True for _ in find_faults(text, names)):
        return text.strip()
    return fill_text(text if plain else drop_indentation(text), address, names, locale, plain=plain).strip()


def find_faults(text: str, names: Names) -> Iterator[PlaceholderFault]:
    """Check prose without running it: it may name facts, add and subtract them, and nothing else."""
    if text.count("{{") > MAX_PLACEHOLDERS:
        yield PlaceholderFault(1, _("too-many-placeholders", limit=MAX_PLACEHOLDERS), rule="broken-placeholder")
        return
    parsed = _parse(text)
    if isinstance(parsed, PlaceholderFault):
        yield parsed
        return
    yield from _find_other_brackets(text, names)
    if parsed.forbidden:
        message = _("placeholder-facts-only")
        yield PlaceholderFault(parsed.forbidden, message, rule="broken-placeholder")
        return
    for part, is_alone in parsed.terms:
        if isinstance(part, nodes.Const):
            if not _is_allowed_constant(part.value, is_alone=is_alone):
                message = _("placeholder-value-not-allowed", value=repr(part.value)[:20])
                yield PlaceholderFault(part.lineno, message, rule="broken-placeholder")
        else:
            yield from _find_name_faults(part, names, is_alone=is_alone)


class _Terms(Struct, frozen=True):
    """The terms of the placeholders of a text, each with whether it is the only one of its placeholder.

    `too_long` and `forbidden` are the lines of the first placeholder with too many terms, and of the first node that
    is not allowed; 0 where there is none.
    """

    terms: Sequence[tuple[nodes.Name | nodes.Getattr | nodes.Const, bool]]
    too_long: int
    forbidden: int


def _parse(text: str) -> _Terms | PlaceholderFault:
    """Parse prose with its placeholders, which must be short: the parser and the compiler of its tree recurse."""
    try:
        parsed = _parse_terms(text)
    except TemplateSyntaxError as error:
        return _make_syntax_fault(text, error.lineno)
    except ValueError:  # Python parses no number of thousands of digits
        return PlaceholderFault(1, _("placeholder-number-too-large"), rule="broken-placeholder")
    except RecursionError:
        return _make_length_fault(1)
    return _make_length_fault(parsed.too_long) if parsed.too_long else parsed


@lru_cache(maxsize=16)  # a text is parsed to be filled, and by two rules
def _parse_terms(text: str) -> _Terms:
    tree = _PARSER.parse(text)
    placeholders = (part for output in tree.find_all(nodes.Output) for part in output.nodes)
    too_long = (part.lineno for part in placeholders if _count_sums(part) > MAX_TERMS)
    forbidden = (node.lineno for node in tree.find_all(nodes.Node) if not isinstance(node, _ALLOWED_NODES))
    terms = [
        (part, isinstance(expression, nodes.Output))
        for expression in tree.find_all((nodes.Output, nodes.Add, nodes.Sub))
        for part in expression.iter_child_nodes()
        if isinstance(part, nodes.Name | nodes.Getattr | nodes.Const)
    ]
    return _Terms(terms, next(too_long, 0), next(forbidden, 0))


def _count_sums(part: nodes.Node) -> int:
    return sum(1 for _sum in part.find_all((nodes.Add, nodes.Sub)))


def _make_syntax_fault(text: str, line: int) -> PlaceholderFault:
    """Describe a placeholder that cannot be parsed: the first on its line that is not a sum of names."""
    source = text.split("\n")[line - 1]
    if "{%" in source or "{#" in source:
        words = "{%" if "{%" in source else "{#"
        return PlaceholderFault(line, _("placeholder-facts-only"), words=words, rule="broken-placeholder")
    opened = next((match for match in _OPENED.finditer(source) if not _WHOLE.fullmatch(match[0])), None)
    words, message = opened[0].rstrip() if opened else "", _("placeholder-written-wrongly")
    return PlaceholderFault(line, message, words=words, label=_propose(words), rule="broken-placeholder")


def _propose(words: str) -> str:
    """Say how a placeholder is written for the first sum of names in some words; an empty text where there is none."""
    found = _SUM.search(words)
    return _("expected-value", value=f"{{{{ {found[0].strip()} }}}}") if found else ""


def _find_other_brackets(text: str, names: Names) -> Iterator[PlaceholderFault]:
    """Find what is meant as a placeholder and has brackets of another kind or number, so that it would be printed."""
    if not set(text).intersection(_OTHER_BRACKETS):
        return
    masked = _WHOLE.sub(lambda match: re.sub(r"\S", " ", match[0]), text)
    for match in _MISTYPED.finditer(masked):
        sum_ = (match["sum"] or "").strip()
        is_double = match[0].count("{") + match[0].count("\uff5b") > 1 or not sum_
        if is_double or re.split(r"[.\s+-]", sum_)[0] in names:
            line = masked.count("\n", 0, match.start()) + 1
            message, label = _("placeholder-in-other-brackets"), _propose(sum_)
            yield PlaceholderFault(line, message, words=match[0], label=label, rule="broken-placeholder")


def _make_length_fault(line: int) -> PlaceholderFault:
    message = _("placeholder-too-long", limit=MAX_TERMS)
    return PlaceholderFault(line, message, rule="broken-placeholder")


def _is_allowed_constant(value: object, *, is_alone: bool) -> bool:
    """Return whether a constant is allowed in a placeholder: an integer or, where it is the only term, a text."""
    if isinstance(value, str):
        return is_alone
    return isinstance(value, int) and not isinstance(value, bool) and value < COUNT_LIMIT


def _find_name_faults(node: nodes.Expr, names: Names, *, is_alone: bool) -> Iterator[PlaceholderFault]:
    keys = _split_into_keys(node)
    address = ".".join(keys)
    parent: object = names
    value: object = names.get(keys[0])
    for i, key in enumerate(keys[1:], 1):
        parent, value = value, find_below(value, key) if isinstance(value, FactNode) else None
        if value is None:
            address = ".".join(keys[: i + 1])
            break
    if value is None:
        is_table = keys[0] == "tables" and "tables" not in names
        why = _("tables-in-templates-only") if is_table else describe_unknown(parent, address)
        yield PlaceholderFault(node.lineno, why, address)
    elif isinstance(value, AbsentFact):
        yield PlaceholderFault(
            node.lineno, _("data-file-lacks-fact", address=address, label=translate(value.label)), address
        )
    elif isinstance(value, FactNode):
        yield PlaceholderFault(node.lineno, _("address-is-group", address=address), address)
    elif not is_alone and (isinstance(value, bool) or not isinstance(value, int | Decimal)):
        yield PlaceholderFault(node.lineno, _("address-is-no-number", address=address), address)


def _split_into_keys(node: nodes.Node) -> list[str]:
    if isinstance(node, nodes.Getattr):
        return [*_split_into_keys(node.node), node.attr]
    return [node.name] if isinstance(node, nodes.Name) else []
