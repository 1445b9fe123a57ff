"""Markdown, also as machines make it of PDFs: by pandoc's reader."""

import re

from nianbao.published.page import Published
from nianbao.readers.texts import by_pandoc, decoded, uncut

_READER = (
    "markdown+pipe_tables+lists_without_preceding_blankline+raw_html"
    "-markdown_in_html_blocks-native_divs-native_spans-blank_before_header-tex_math_dollars-raw_tex"
    "-yaml_metadata_block-smart-citations-example_lists-fancy_lists-subscript-superscript-strikeout"
    "-implicit_figures"
)


_METADATA = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*\n", re.DOTALL)
_TITLE = re.compile(r"""(?m)^title:[ \t]*(["']?)(.+?)\1[ \t]*$""")


def read(content: bytes) -> Published:
    """Read Markdown with tables of pipes, of grids, or of HTML; of its metadata only the title counts."""
    text = decoded(content).replace("\r\n", "\n")
    title = ""
    if metadata := _METADATA.match(text):
        said = _TITLE.search(metadata[1])
        title, text = said[2] if said else "", text[metadata.end() :]
    return uncut(by_pandoc(text.encode(), _READER, title=title, lines=True), text)
