"""Markdown, also as machines make it of PDFs: by pandoc's reader."""

from nianbao.published.page import Published
from nianbao.readers.texts import by_pandoc, decoded

_READER = (
    "markdown+pipe_tables+lists_without_preceding_blankline+raw_html"
    "-markdown_in_html_blocks-native_divs-native_spans-blank_before_header-tex_math_dollars-raw_tex"
    "-yaml_metadata_block-smart-citations-example_lists-fancy_lists-subscript-superscript-strikeout"
    "-implicit_figures"
)


def read(content: bytes) -> Published:
    """Read Markdown with tables of pipes, of grids, or of HTML."""
    return by_pandoc(decoded(content).encode(), _READER)
