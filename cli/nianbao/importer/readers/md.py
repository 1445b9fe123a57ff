"""Markdown, also as programs convert PDFs to it: read by pandoc."""

import re

from nianbao.importer.readers import html
from nianbao.importer.readers.refusal import UnreadableError
from nianbao.importer.readers.sniff import Confidence, Sample
from nianbao.importer.readers.texts import decode_text, drop_cut_row, read_by_pandoc
from nianbao.importer.recognition.published import PublishedDocument
from nianbao.model.i18n import _

ORDER = 33
SUFFIXES = frozenset({"md", "markdown"})
_MARKDOWN = re.compile(rb"(?m)^(?=[ :-]*\|)(?=[^\n]*---)[ :|-]+$|^#{1,6} ")
_PANDOC_READER = (
    "markdown+pipe_tables+lists_without_preceding_blankline+raw_html"
    "-markdown_in_html_blocks-native_divs-native_spans-blank_before_header-tex_math_dollars-raw_tex"
    "-yaml_metadata_block-smart-citations-example_lists-fancy_lists-subscript-superscript-strikeout"
    "-implicit_figures"
)


_METADATA = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*\n", re.DOTALL)
_TABLE = re.compile(r"(?is)<table\b(?:[^<]|<(?!table\b|/table\s*>))*</table\s*>")
_TABLE_START, _MAX_TABLES = re.compile(r"(?i)<table\b"), 1_000  # pandoc searches for the end of each
_PIPE_TABLE = re.compile(r"(?m)(?:^[ \t]*\|.*\n?){2,}")
_TABLE_RULE = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?)?[ \t]*$")
_TITLE = re.compile(r"""(?m)^title:[ \t]*(["']?)(.+?)\1[ \t]*$""")


def claim(sample: Sample) -> Confidence:
    """Claim a file with a suffix of Markdown, or one with a heading or the rule of a pipe table."""
    if sample.has_suffix(SUFFIXES):
        return Confidence.CERTAIN
    return Confidence.LIKELY if sample.is_text and _MARKDOWN.search(sample.beginning) else Confidence.NO


def read(content: bytes) -> PublishedDocument:
    """Read Markdown with pipe tables, grid tables or HTML tables; of its metadata only the title is used.

    Raises `UnreadableError` for too many tables.
    """
    text = decode_text(content).replace("\r\n", "\n")
    if len(_TABLE_START.findall(text)) > _MAX_TABLES:
        raise UnreadableError(_("too-many-tables-in-file"), _("keep-report-and-import"))
    title = ""
    if metadata := _METADATA.match(text):
        match = _TITLE.search(metadata[1])
        title, text = match[2] if match else "", text[metadata.end() :]
    plain = _PIPE_TABLE.sub(_widen_table, _TABLE.sub(lambda table: html.strip_markup(table[0]), text))
    return drop_cut_row(read_by_pandoc(plain.encode(), _PANDOC_READER, title=title, keep_lines=True), text)


def _widen_table(match: re.Match[str]) -> str:
    """Give a pipe table as many columns as its longest row has: pandoc drops cells further right.

    Blank lines are put around it, since pandoc does not recognize a table right below a text.
    """
    lines = match[0].splitlines()
    if not _TABLE_RULE.match(lines[1]):
        return match[0]
    width = max(line.strip().strip("|").count("|") + 1 for line in lines)
    lines[1] = "|" + " --- |" * width
    lines[0] = lines[0].rstrip().removesuffix("|") + "|" * (width - lines[0].strip().strip("|").count("|"))
    return "\n" + "\n".join(lines) + "\n"
