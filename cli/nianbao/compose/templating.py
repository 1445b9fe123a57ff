"""Fill Jinja templates with facts: each value is escaped, each error names the template and the line."""

import json
import traceback
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NoReturn

from jinja2 import FunctionLoader, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nianbao.compose.markdown import Markdown, escape
from nianbao.compose.template_context import AbsentFact, FactNode, UnknownName, find_below, is_given
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, translate
from nianbao.model.value_types import VALUE_TYPES

# Returns the text of a template by its name, and its path for people; raises UserError if there is none.
LoadTemplate = Callable[[str], tuple[str, str]]
Names = Mapping[str, object]


class TemplateFillError(UserError):
    """A template that cannot be filled: the message has the template, the line, and the reason."""


def load_nothing(name: str) -> tuple[str, str]:
    """Load no template: for texts that include none."""
    raise TemplateNotFound(name)


class _FactEnvironment(ImmutableSandboxedEnvironment):
    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401  # as in Jinja
        """Look up a fact directly: the sandbox's check that an attribute is safe takes longer."""
        fact = find_below(obj, attribute) if isinstance(obj, FactNode) else None
        return super().getattr(obj, attribute) if fact is None else fact


@lru_cache(maxsize=8)
def make_environment(load: LoadTemplate, *, plain: bool = False) -> ImmutableSandboxedEnvironment:
    """Return the Jinja environment in which templates are filled: values become Markdown that prints as they are.

    With `plain`, they stay plain text. Sandboxed, since templates and prose come from many authors.
    """
    environment = _FactEnvironment(
        loader=FunctionLoader(lambda name: (*load(name), lambda: True)),
        undefined=UnknownName,
        finalize=_to_text if plain else _to_markdown,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # `finalize` escapes, for Markdown instead of HTML
    )
    environment.filters["markdown"] = Markdown
    environment.filters["quoted"] = _quote
    environment.tests["given"] = is_given
    return environment


def fill_template(environment: ImmutableSandboxedEnvironment, name: str, names: Names) -> str:
    """Fill a template by its name; raises `TemplateFillError`."""
    try:
        return environment.get_template(name).render(names)
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever a template raises is reported as an error of that template
        _raise_fill_error(error, name)


def fill_text(text: str, origin: str, names: Names, *, plain: bool = False) -> str:
    """Fill a text that is a part of the file `origin`; raises `TemplateFillError`."""
    try:
        return _compile(text, plain=plain).render(names)
    except Exception as error:  # noqa: BLE001  # see `fill_template`
        _raise_fill_error(error, origin)


@lru_cache(maxsize=64)
def _compile(text: str, *, plain: bool) -> Template:
    return make_environment(load_nothing, plain=plain).from_string(text)


def _to_markdown(value: object) -> object:
    if isinstance(value, Markdown | UnknownName):
        return value
    text = _format(value)
    return Markdown(text) if isinstance(value, int | Decimal) else escape(text)


def _to_text(value: object) -> object:
    return value if isinstance(value, UnknownName) else _format(value)


def _format(value: object) -> str:
    if isinstance(value, AbsentFact):
        raise TemplateError(_("data-file-lacks-fact", address=value.address, label=translate(value.label)))
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return VALUE_TYPES["date"].format(value)
    if isinstance(value, list):
        return "、".join(map(_format, value))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return VALUE_TYPES["money"].format(value)
    raise TemplateError(_("placeholder-is-no-value"))


def _quote(value: object) -> Markdown:
    """Quote a value for the metadata of the page, where it is read as Markdown within YAML."""
    return Markdown(json.dumps(escape(_format(value)), ensure_ascii=False))


def _raise_fill_error(error: Exception, file: str) -> NoReturn:
    line = 0
    if isinstance(error, TemplateSyntaxError):
        file, line = error.filename or file, error.lineno
    elif not isinstance(error, TemplateNotFound):
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.endswith(".j2"):
                file, line = frame.filename, frame.lineno or 0
    raise TemplateFillError(
        _("template-error", at=f"{file}:{line}" if line else file, error=error), _("mend-template")
    ) from None
