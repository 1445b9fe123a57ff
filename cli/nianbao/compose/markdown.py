"""Markdown as pandoc reads it: values that stay plain text, and tables with merged cells."""

import re
import unicodedata

from nianbao.model.table import Cell, Grid

# What pandoc reads of prose, of which `prose.lua` lets pass what it lists, and of a page, where metadata are added for
# its head. Raw HTML, TeX and the like are off: prose comes from many hands.
DIALECT = (
    "markdown_strict+all_symbols_escapable+blank_before_blockquote+blank_before_header+bracketed_spans"
    "+definition_lists+east_asian_line_breaks+fancy_lists+fenced_divs+grid_tables"
    "+intraword_underscores+lists_without_preceding_blankline+pipe_tables+space_in_atx_header+startnum"
    "+table_captions-raw_html"
)

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
BYTE_ORDER_MARK = (
    "\ufeff"  # of byte order, which nobody sees: behind it a line would begin that does not begin without it
)
_WHITE_SPACE = re.compile(r"\s+")
_LINE_BREAKS = frozenset("\r\n\u2028\u2029")
_BLOCK_BOUNDARY = re.compile(r"\n\s*\n")
_CJK_LINE_BREAK = re.compile(r"(?<=[^\x00-\xff])\n(?=[^\x00-\xff])")
_BLOCK_PREFIX = re.compile(r"^\s*(?:#{1,6}|[-+*>]|\d+[.)])\s+")
_EMPHASIS = re.compile(r"(?<!\\)(\*\*|__|\*|`)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_PLAIN_CHARACTER = re.compile(r"[0-9A-Za-z %()/,:;.]")
_NARROW_CHARACTERS = "“”‘’…—·"  # of ambiguous width; pandoc counts them as one column


# Pandoc takes the square of the number of brackets of a paragraph, and doubles its time with each level of them.
_MAX_BRACKETS_PER_PARAGRAPH, _MAX_BRACKET_LEVELS = 60, 4
_MAX_BRACKETS = 600  # of a section
_BRACKET = re.compile(r"\\.|[\[\]]", re.DOTALL)
# What may be markup that is not printed: where nothing here is found, pandoc need not be asked whether something is.
_MARKUP = re.compile(
    r"(?<!\\)(?:\\\\)*[\[<{]|:::"
    r"|^(?:[ \t]{2,4}|[ \t]?(?:[>*+:-]|\(?[\w#@]{1,9}[.)])[ \t]*){7}"  # nested deeper than is printed
    r"|\d{7}[.)]"
    r"|---[ \t]*\n",  # metadata, or a heading
    re.MULTILINE,
)
# Nothing but paragraphs: letters, digits, and signs that mean nothing in Markdown; no line begins with a blank.
_PLAIN_PARAGRAPHS = re.compile(r"(?:(?! )(?:[^\W_]|[ ，。；：、？！“”‘’（）《》〈〉【】〔〕—…·％%,;])*(?:\n|\Z))+")
_MAX_PRINTED_COLUMNS = 100  # columns of a table
# Metadata, also within a list or a quotation; no heading: that is a line of words with a line below it.
_METADATA = (
    r"(?:\A|(?:\A|\n)(?![ \t]*[^\W\d_](?![.)]))[^\n]*\n|(?:\A|\n)[ \t]*(?:[>*+:-]|\(?\w{1,9}[.)])[ \t>*+:\w.()-]*)"
    r"---[ \t]*\n(?![ \t]*(?:\n|\Z))"
)
_HTML = r"(?<!\\)(?:\\\\)*<(?!https?://|mailto:)"


class Markdown(str):
    """A text that already is Markdown and is not escaped again."""

    __slots__ = ()


def escape(text: str) -> Markdown:
    """Return Markdown that prints as exactly this text, on one line, whatever signs it holds."""
    plain = _WHITE_SPACE.sub(_replace_white_space, text.replace(BYTE_ORDER_MARK, "")).strip(" ")
    return Markdown(_PUNCTUATION.sub(lambda sign: "\\" + sign[0], plain))


def _replace_white_space(blanks: re.Match[str]) -> str:
    return " " if _LINE_BREAKS.intersection(blanks[0]) else blanks[0].replace("\t", " ")


def has_only_plain_paragraphs(text: str) -> bool:
    """Tell whether a text is surely paragraphs of words, whoever reads it as Markdown."""
    return bool(_PLAIN_PARAGRAPHS.fullmatch(text))


def may_hold_markup(text: str) -> bool:
    """Tell whether prose may hold anything that is left out of print: see `prose.lua`."""
    wide = any(max(line.count("|"), line.count("+")) > _MAX_PRINTED_COLUMNS for line in text.splitlines())
    return wide or bool(_MARKUP.search(text)) or has_metadata(text)


def has_metadata(text: str) -> bool:
    """Tell whether a reader of Markdown may take a part of a text for YAML metadata."""
    return bool(re.search(_METADATA, text))


def has_html(text: str) -> bool:
    """Tell whether a reader of Markdown may take a part of a text for HTML."""
    return bool(re.search(_HTML, text))


def limit_brackets(text: Markdown) -> Markdown:
    """Return prose that pandoc reads in bounded time: brackets are text where a paragraph has too many of them."""
    if text.count("[") <= _MAX_BRACKET_LEVELS:
        return text
    in_all = 0
    out = []
    for at, part in enumerate(re.split(r"(\n[ \t]*\n)", text)):
        level = deepest = count = 0
        for match in _BRACKET.finditer(part) if not at % 2 else ():
            level += {"[": 1, "]": -1}.get(match[0], 0)
            deepest, count = max(deepest, level), count + (match[0] == "[")
        in_all += count
        excess = deepest > _MAX_BRACKET_LEVELS or count > _MAX_BRACKETS_PER_PARAGRAPH or in_all > _MAX_BRACKETS
        out.append(
            _BRACKET.sub(lambda match: match[0] if len(match[0]) > 1 else f"\\{match[0]}", part) if excess else part
        )
    return Markdown("".join(out))


def to_plain_text(text: str) -> str:
    """Return the words of Markdown: a paragraph, heading or item a line, without its signs."""
    lines = []
    for block in _BLOCK_BOUNDARY.split(text.strip()):
        joined = _CJK_LINE_BREAK.sub("", block).replace("\n", " ")
        bare = _EMPHASIS.sub("", _BLOCK_PREFIX.sub("", joined))
        lines.append(_ESCAPED.sub(r"\1", bare).strip())
    return "\n".join(line for line in lines if line)


def draw_grid_table(grid: Grid, figures: dict[tuple[int, int], str]) -> Markdown:
    """Write a grid as a pandoc grid table; `figures` has the text of its figures by row and column."""
    texts = {
        (cell.row, cell.column): _split_characters(figures.get((cell.row, cell.column), cell.text))
        for cell in grid.cells
    }
    across = _add_positions(_measure_columns(grid, texts), gap=3)
    lines = {
        (cell.row, cell.column): _wrap_lines(
            texts[cell.row, cell.column], across[cell.column + cell.colspan] - across[cell.column] - 3
        )
        for cell in grid.cells
    }
    down = _add_positions(_measure_rows(grid, lines), gap=1)
    canvas = [[" "] * (across[-1] + 1) for _ in range(down[-1] + 1)]
    head = down[grid.bands[0].head] if len(grid.bands) == 1 else -1
    for cell in grid.cells:
        _draw_frame(canvas, cell, across, down, head)
    for cell in grid.cells:
        left = across[cell.column] + 2
        for at, line in enumerate(lines[cell.row, cell.column]):
            _draw_text(canvas[down[cell.row] + 1 + at], left, line)
    return Markdown("\n".join("".join(line).rstrip() for line in canvas))


def _split_characters(text: str) -> list[str]:
    """Split a text into signs whose width is sure: what a grid might misread becomes an entity."""
    signs = []
    for sign in text:
        wide = unicodedata.east_asian_width(sign) in "WF" and unicodedata.category(sign)[0] in "LPN"
        signs.append(
            sign if wide or sign in _NARROW_CHARACTERS or _PLAIN_CHARACTER.fullmatch(sign) else f"&#{ord(sign)};"
        )
    if text[:1].isascii() and re.match(r"\w+[.)] |\(\w+\) ", text):  # would open a list
        signs[0] = f"&#{ord(text[0])};"
    return signs


def _measure_width(signs: list[str]) -> int:
    return sum(2 if len(sign) == 1 and unicodedata.east_asian_width(sign) in "WF" else len(sign) for sign in signs)


def _group_words(signs: list[str]) -> list[list[str]]:
    """Group signs that stay on one line: pandoc joins lines without a blank only between wide signs."""
    words: list[list[str]] = []
    for sign in signs:
        if words and not (_measure_width([words[-1][-1]]) == _measure_width([sign]) == 2 and len(sign) == 1):  # noqa: PLR2004  # two columns
            words[-1].append(sign)
        else:
            words.append([sign])
    return words


def _wrap_lines(signs: list[str], width: int) -> list[list[str]]:
    lines: list[list[str]] = [[]]
    for word in _group_words(signs):
        if lines[-1] and _measure_width(lines[-1]) + _measure_width(word) > width:
            lines.append([])
        lines[-1] += word
    return lines


def _measure_columns(grid: Grid, texts: dict[tuple[int, int], list[str]]) -> list[int]:
    """Give each column the width of its longest word, then widen until what spans columns fits."""
    widths = [4] * grid.columns
    for cell in sorted(grid.cells, key=lambda cell: cell.colspan):
        signs = texts[cell.row, cell.column]
        longest = max((_measure_width(word) for word in _group_words(signs)), default=0)
        wanted = max(longest, min(_measure_width(signs), 8 if cell.role == "head" else 24))
        span = range(cell.column, cell.column + cell.colspan)
        missing = wanted - sum(widths[at] for at in span) - 3 * (cell.colspan - 1)
        for at in span:
            widths[at] += max(0, -(-missing // cell.colspan))
    return widths


def _measure_rows(grid: Grid, lines: dict[tuple[int, int], list[list[str]]]) -> list[int]:
    heights = [1] * grid.rows
    for cell in sorted(grid.cells, key=lambda cell: cell.rowspan):
        span = heights[cell.row : cell.row + cell.rowspan]
        missing = len(lines[cell.row, cell.column]) - sum(span) - (cell.rowspan - 1)
        heights[cell.row + cell.rowspan - 1] += max(0, missing)
    return heights


def _add_positions(sizes: list[int], gap: int) -> list[int]:
    at = [0]
    for size in sizes:
        at.append(at[-1] + size + gap)
    return at


def _draw_frame(canvas: list[list[str]], cell: Cell, across: list[int], down: list[int], head: int) -> None:
    left, right = across[cell.column], across[cell.column + cell.colspan]
    top, bottom = down[cell.row], down[cell.row + cell.rowspan]
    for row in (top, bottom):
        for column in range(left, right + 1):
            if canvas[row][column] != "+":
                canvas[row][column] = "=" if row == head else "-"
    for column in (left, right):
        for row in range(top, bottom + 1):
            if canvas[row][column] == " ":
                canvas[row][column] = "|"
        canvas[top][column] = canvas[bottom][column] = "+"


def _draw_text(row: list[str], left: int, line: list[str]) -> None:
    for sign in line:
        width = _measure_width([sign])
        row[left] = sign
        for at in range(1, width):
            row[left + at] = ""
        left += width
