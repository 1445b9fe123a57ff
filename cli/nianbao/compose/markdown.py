"""Markdown as pandoc reads it: escaped values that stay plain text, and grid tables with merged cells."""

import re
import unicodedata

from nianbao.model.tables.grid import Cell, Grid

# The extensions with which pandoc reads prose, of which `prose.lua` keeps what it lists, and a page, for which the
# metadata extension is added. Raw HTML, TeX and the like are off: prose comes from many authors.
DIALECT = (
    "markdown_strict+all_symbols_escapable+blank_before_blockquote+blank_before_header+bracketed_spans"
    "+definition_lists+east_asian_line_breaks+fancy_lists+fenced_divs+footnotes+grid_tables"
    "+intraword_underscores+lists_without_preceding_blankline+pipe_tables+space_in_atx_header+startnum"
    "+table_captions-raw_html"
)

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
# Invisible, but it changes what Markdown means: a block may begin right after it that does not begin without it.
BYTE_ORDER_MARK = "\ufeff"
_WHITE_SPACE = re.compile(r"\s+")
_LINE_BREAKS = frozenset("\r\n\u2028\u2029")
_BLOCK_BOUNDARY = re.compile(r"\n\s*\n")
_CJK_LINE_BREAK = re.compile(r"(?<=[^\x00-\xff])\n(?=[^\x00-\xff])")
_BLOCK_PREFIX = re.compile(r"^\s*(?:#{1,6}|[-+*>]|\d+[.)])\s+")
_EMPHASIS = re.compile(r"(?<!\\)(\*\*|__|\*|`)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_PLAIN_CHARACTER = re.compile(r"[0-9A-Za-z %()/,:;.]")
_NARROW_CHARACTERS = "“”‘’…—·"  # of ambiguous width; pandoc counts them as one column


# Pandoc's time grows with the square of the number of brackets in a paragraph, and doubles with each nesting level.
_MAX_BRACKETS_PER_PARAGRAPH, _MAX_BRACKET_LEVELS = 60, 4
_MAX_BRACKETS = 600  # in a section
_BRACKET = re.compile(r"\\.|[\[\]]", re.DOTALL)
# What may be markup that is not printed: where this finds nothing, pandoc need not be asked.
_MARKUP = re.compile(
    r"(?<!\\)(?:\\\\)*[\[<{]|:::"
    r"|^(?:[ \t]{2,4}|[ \t]?(?:[>*+:-]|\(?[\w#@]{1,9}[.)])[ \t]*){7}"  # nested deeper than is printed
    r"|\d{7}[.)]"
    r"|---[ \t]*\n",  # metadata, or a heading
    re.MULTILINE,
)
# Only paragraphs: letters, digits, and characters without meaning in Markdown; no line begins with a space.
_PLAIN_PARAGRAPHS = re.compile(r"(?:(?! )(?:[^\W_]|[ ，。；：、？！“”‘’（）《》〈〉【】〔〕—…·％%,;])*(?:\n|\Z))+")
_MAX_PRINTED_COLUMNS = 100  # of a table
_FIGURE = re.compile(r"[\d.,%+-]+")
# In pt, in the official look: the text of an A4 page, a digit in its smallest type (六号), and what is beside the text
# of a cell. A figure for which a column is narrower is set in smaller type, or broken.
WIDTHS = {"text": 442, "digit": 0.55 * 7.5, "insets": 6}
# YAML metadata, also within a list or a quotation; not a heading, which is a line of words with a rule below it.
_METADATA = (
    r"(?:\A|(?:\A|\n)(?![ \t]*[^\W\d_](?![.)]))[^\n]*\n|(?:\A|\n)[ \t]*(?:[>*+:-]|\(?\w{1,9}[.)])[ \t>*+:\w.()-]*)"
    r"---[ \t]*\n(?![ \t]*(?:\n|\Z))"
)
_HTML = r"(?<!\\)(?:\\\\)*<(?!https?://|mailto:)"

_MOST_SIGNS = 5  # of a section are reported
# Formulas, tags of HTML, raw code, struck out, raised and lowered words, notes in place, tables without a rule or with
# wide bars; headings and items without the blank behind their sign.
_OTHER_DIALECTS = re.compile(
    r"\$\$[^$\n]{1,200}\$\$|(?<![\\$\w])\$[^\s$\d][^$\n]{0,80}\$(?![\d$])"
    r"|(?<!\\)<[A-Za-z][A-Za-z0-9]*(?:\s[^<>\n]{0,200})?/?>"
    r"|\{=\w{1,20}\}|~~[^~\n]{1,200}~~|(?<=\w)(?:~[A-Za-z0-9+-]{1,6}~|\^[A-Za-z0-9+-]{1,6}\^)|\^\[[^\]\n]{1,200}\]"
    r"|(?:\A|\n[ \t]*\n)\|[^\n]*\|[ \t]*(?=\n\|(?![ \t:|+-]*(?:\n|\Z)))"
    r"|^[ \t]*\uff5c[^\n]*(?>(?:\n[ \t]*\uff5c[^\n]*)+)|<[^\x00-\x7f][^<>\n]{1,60}>"
    r"|^#{1,6}[^\s#\d][^#\n]*$|^[ \t]*-[^\x00-\x7f][^\n]*[^-\n]$(?>(?:\n[ \t]*-[^\n]*)*)",
    re.ASCII | re.MULTILINE,
)
_PARAGRAPH = re.compile(r"(?:[^\n]|\n(?![ \t]*(?:\n|\Z)))+")
_STRONG = "**"

_IDEOGRAPHIC_INDENT = "\u3000\u00a0"  # with which word processors indent paragraphs, and Markdown does not
_ITEM = re.compile(r"[-+*:](?=\s)|\(?\w{1,9}[.)](?=\s)|\[\^|>")


class Markdown(str):
    """A text that is Markdown already and is not escaped again."""

    __slots__ = ()

    def strip(self, characters: str | None = None, /) -> "Markdown":
        """Strip it as any text; it stays Markdown, also by the filter `trim` of templates."""
        return Markdown(super().strip(characters))


def escape(text: str) -> Markdown:
    """Return Markdown that prints as exactly this text, on one line, whatever characters it contains."""
    plain = _WHITE_SPACE.sub(_replace_white_space, text.replace(BYTE_ORDER_MARK, "")).strip(" ")
    return Markdown(_PUNCTUATION.sub(lambda match: "\\" + match[0], plain))


def _replace_white_space(match: re.Match[str]) -> str:
    return " " if _LINE_BREAKS.intersection(match[0]) else match[0].replace("\t", " ")


def has_only_plain_paragraphs(text: str) -> bool:
    """Return whether a text has only paragraphs of words for any Markdown parser; False where that is not certain."""
    return bool(_PLAIN_PARAGRAPHS.fullmatch(text))


def may_hold_markup(text: str) -> bool:
    """Return whether prose may contain markup that is not printed: see `prose.lua`."""
    is_wide = any(max(line.count("|"), line.count("+")) > _MAX_PRINTED_COLUMNS for line in text.splitlines())
    return is_wide or bool(_MARKUP.search(text)) or has_metadata(text) or _may_be_crowded(text)


def _may_be_crowded(text: str) -> bool:
    """Return whether a table may have figures that its columns do not hold; `prose.lua` knows which these are."""
    rows = (line for line in text.splitlines() if line.count("|") > 1)
    figures = ((row.count("|"), max(map(len, _FIGURE.findall(row)), default=0)) for row in rows)
    return any(
        count * (length * WIDTHS["digit"] + WIDTHS["insets"]) > WIDTHS["text"] for count, length in figures if length
    )


def has_metadata(text: str) -> bool:
    """Return whether a Markdown parser may take a part of a text for YAML metadata."""
    return bool(re.search(_METADATA, text))


def find_signs(text: str) -> list[str]:
    """Find signs of other dialects in prose, which are printed as they stand: formulas, HTML and the like."""
    found = dict.fromkeys(match[0].strip().partition("\n")[0] for match in _OTHER_DIALECTS.finditer(text))
    for paragraph in _PARAGRAPH.findall(text) if _STRONG in text else ():
        if paragraph.count(_STRONG) % 2 and "`" not in paragraph:
            found[paragraph[paragraph.rindex(_STRONG) :].partition("\n")[0]] = None
    return list(found)[:_MOST_SIGNS]


def drop_indentation(text: str) -> str:
    """Return prose whose paragraphs begin at the left, as its author meant them: the look indents the first line.

    Four blanks or a tab would make a paragraph code, and wide blanks would add to the indentation. A line with wide
    blanks begins a paragraph, also without an empty line above. What belongs to the item of a list stays indented.
    """
    lines: list[str] = []
    is_listed, is_first = False, True
    for line in text.split("\n"):
        words = line.lstrip(" \t" + _IDEOGRAPHIC_INDENT)
        indent = line[: len(line) - len(words)]
        if words and not is_listed and not is_first and not indent.isascii():
            lines.append("")
            is_first = True
        is_listed = bool(_ITEM.match(words)) or (is_listed and bool(indent or not words or not is_first))
        lines.append(words if is_first and not is_listed else line)
        is_first = not words
    return "\n".join(lines)


def has_html(text: str) -> bool:
    """Return whether a Markdown parser may take a part of a text for HTML."""
    return bool(re.search(_HTML, text))


def limit_brackets(text: Markdown) -> Markdown:
    """Return prose that pandoc parses in limited time: brackets of a paragraph with too many of them are escaped."""
    if text.count("[") <= _MAX_BRACKET_LEVELS:
        return text
    total = 0
    parts = []
    for i, part in enumerate(re.split(r"(\n[ \t]*\n)", text)):  # paragraphs, and at odd positions their separators
        level = max_level = count = 0
        for match in _BRACKET.finditer(part) if not i % 2 else ():
            level += {"[": 1, "]": -1}.get(match[0], 0)
            max_level, count = max(max_level, level), count + (match[0] == "[")
        total += count
        exceeds = max_level > _MAX_BRACKET_LEVELS or count > _MAX_BRACKETS_PER_PARAGRAPH or total > _MAX_BRACKETS
        parts.append(_escape_brackets(part) if exceeds else part)
    return Markdown("".join(parts))


def _escape_brackets(text: str) -> str:
    return _BRACKET.sub(lambda match: match[0] if len(match[0]) > 1 else f"\\{match[0]}", text)


def to_plain_text(text: str) -> str:
    """Return the words of Markdown without its markup: one line for each paragraph, heading or item."""
    lines = []
    for block in _BLOCK_BOUNDARY.split(text.strip()):
        line = _CJK_LINE_BREAK.sub("", block).replace("\n", " ")
        line = _EMPHASIS.sub("", _BLOCK_PREFIX.sub("", line))
        lines.append(_ESCAPED.sub(r"\1", line).strip())
    return "\n".join(line for line in lines if line)


def draw_grid_table(grid: Grid, figures: dict[tuple[int, int], str]) -> Markdown:
    """Return a grid as a pandoc grid table; `figures` has the text of its figures by row and column."""
    texts = {
        (cell.row, cell.column): _split_characters(figures.get((cell.row, cell.column), cell.text))
        for cell in grid.cells
    }
    x_edges = _add_positions(_measure_columns(grid, texts), gap=3)
    lines = {
        (cell.row, cell.column): _wrap_lines(
            texts[cell.row, cell.column], x_edges[cell.column + cell.colspan] - x_edges[cell.column] - 3
        )
        for cell in grid.cells
    }
    y_edges = _add_positions(_measure_rows(grid, lines), gap=1)
    canvas = [[" "] * (x_edges[-1] + 1) for _ in range(y_edges[-1] + 1)]
    header_edge = y_edges[grid.blocks[0].header_rows] if len(grid.blocks) == 1 else -1
    for cell in grid.cells:
        _draw_frame(canvas, cell, x_edges, y_edges, header_edge)
    for cell in grid.cells:
        left = x_edges[cell.column] + 2
        for i, line in enumerate(lines[cell.row, cell.column]):
            _draw_text(canvas[y_edges[cell.row] + 1 + i], left, line)
    return Markdown("\n".join("".join(line).rstrip() for line in canvas))


def _split_characters(text: str) -> list[str]:
    """Split a text into characters whose width is certain; one that pandoc might misread in a grid is an entity."""
    characters = []
    for char in text:
        is_wide = unicodedata.east_asian_width(char) in "WF" and unicodedata.category(char)[0] in "LPN"
        is_literal = is_wide or char in _NARROW_CHARACTERS or _PLAIN_CHARACTER.fullmatch(char)
        characters.append(char if is_literal else f"&#{ord(char)};")
    if text[:1].isascii() and re.match(r"\w+[.)] |\(\w+\) ", text):  # would open a list
        characters[0] = f"&#{ord(text[0])};"
    return characters


def _measure_width(characters: list[str]) -> int:
    """Return the width in columns; an entity has one column for each of its characters."""
    return sum(2 if len(char) == 1 and unicodedata.east_asian_width(char) in "WF" else len(char) for char in characters)


def _group_words(characters: list[str]) -> list[list[str]]:
    """Group characters that stay on one line: pandoc joins lines without a space only between wide characters."""
    words: list[list[str]] = []
    for char in characters:
        if words and not (_measure_width([words[-1][-1]]) == _measure_width([char]) == 2 and len(char) == 1):  # noqa: PLR2004  # two columns
            words[-1].append(char)
        else:
            words.append([char])
    return words


def _wrap_lines(characters: list[str], width: int) -> list[list[str]]:
    lines: list[list[str]] = [[]]
    for word in _group_words(characters):
        if lines[-1] and _measure_width(lines[-1]) + _measure_width(word) > width:
            lines.append([])
        lines[-1] += word
    return lines


def _measure_columns(grid: Grid, texts: dict[tuple[int, int], list[str]]) -> list[int]:
    """Return column widths: that of the longest word, widened until cells that span columns fit."""
    widths = [4] * grid.columns
    for cell in sorted(grid.cells, key=lambda cell: cell.colspan):
        characters = texts[cell.row, cell.column]
        longest = max((_measure_width(word) for word in _group_words(characters)), default=0)
        needed = max(longest, min(_measure_width(characters), 8 if cell.role == "header" else 24))
        span = range(cell.column, cell.column + cell.colspan)
        missing = needed - sum(widths[column] for column in span) - 3 * (cell.colspan - 1)
        for column in span:
            widths[column] += max(0, -(-missing // cell.colspan))
    return widths


def _measure_rows(grid: Grid, lines: dict[tuple[int, int], list[list[str]]]) -> list[int]:
    heights = [1] * grid.rows
    for cell in sorted(grid.cells, key=lambda cell: cell.rowspan):
        span = heights[cell.row : cell.row + cell.rowspan]
        missing = len(lines[cell.row, cell.column]) - sum(span) - (cell.rowspan - 1)
        heights[cell.row + cell.rowspan - 1] += max(0, missing)
    return heights


def _add_positions(sizes: list[int], gap: int) -> list[int]:
    positions = [0]
    for size in sizes:
        positions.append(positions[-1] + size + gap)
    return positions


def _draw_frame(canvas: list[list[str]], cell: Cell, x_edges: list[int], y_edges: list[int], header_edge: int) -> None:
    left, right = x_edges[cell.column], x_edges[cell.column + cell.colspan]
    top, bottom = y_edges[cell.row], y_edges[cell.row + cell.rowspan]
    for row in (top, bottom):
        for column in range(left, right + 1):
            if canvas[row][column] != "+":
                canvas[row][column] = "=" if row == header_edge else "-"
    for column in (left, right):
        for row in range(top, bottom + 1):
            if canvas[row][column] == " ":
                canvas[row][column] = "|"
        canvas[top][column] = canvas[bottom][column] = "+"


def _draw_text(row: list[str], left: int, line: list[str]) -> None:
    for char in line:
        width = _measure_width([char])
        row[left] = char
        for offset in range(1, width):
            row[left + offset] = ""
        left += width
