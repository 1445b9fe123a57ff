"""Spreadsheets that nianbao writes: tidy tables, the official tables of many reports, forms to be filled in."""

from nianbao.sheets.blank import blank
from nianbao.sheets.draft import Asked
from nianbao.sheets.official import official
from nianbao.sheets.plain import plain

__all__ = ["Asked", "blank", "official", "plain"]
