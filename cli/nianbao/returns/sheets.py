"""The pages that go back to units, filled from templates: Markdown, from which the renderer makes a file."""

import re
from collections.abc import Mapping
from typing import Final

from nianbao.compose.document import ILLEGAL_CHARACTERS, Page
from nianbao.compose.markdown import Markdown
from nianbao.compose.templating import LoadTemplate, fill_template, make_environment
from nianbao.model.form import Form

TEMPLATES: Final = "returns"  # their folder
RETURN_SHEET: Final = f"{TEMPLATES}/sheet.md.j2"
REMINDER: Final = f"{TEMPLATES}/reminder.md.j2"


def make_page(form: Form, template: str, names: Mapping[str, object], load_template: LoadTemplate) -> Page:
    """Make a page by a template; raises `TemplateFillError`."""
    environment = make_environment(load_template, form.locale, trim_blocks=True)
    text = fill_template(environment, template, {**names, "say": form.locale.say})
    return Page(form, Markdown(ILLEGAL_CHARACTERS.sub("\ufffd", re.sub(r"\n{3,}", "\n\n", text))), {})
