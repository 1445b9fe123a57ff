"""Published reports: what a reader gives, recognised by the forms, as a data file and as figures by label."""

from nianbao.published.page import Box, Grid, Published, Text
from nianbao.published.recognised import Recognised, recognise
from nianbao.published.returned import returned

__all__ = ["Box", "Grid", "Published", "Recognised", "Text", "recognise", "returned"]
