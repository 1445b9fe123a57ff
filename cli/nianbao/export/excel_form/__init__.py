"""Spreadsheets that nianbao writes: tidy tables, the official tables of many reports, forms to be filled in."""

from nianbao.export.excel_form.blank import blank
from nianbao.export.excel_form.draft import Asked
from nianbao.export.excel_form.official_sheets import official
from nianbao.export.excel_form.plain_sheets import plain

__all__ = ["Asked", "blank", "official", "plain"]
