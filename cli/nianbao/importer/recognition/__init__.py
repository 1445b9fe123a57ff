"""Published reports: what a reader gives, recognised by the forms, as a data file and as figures by label."""

from nianbao.importer.recognition.excel_form import returned
from nianbao.importer.recognition.published import Box, Grid, Published, Text
from nianbao.importer.recognition.recognized_report import Recognised, recognise

__all__ = ["Box", "Grid", "Published", "Recognised", "Text", "recognise", "returned"]
