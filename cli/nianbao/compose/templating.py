"""Fill Jinja templates with facts: each value is escaped, each error names the template and the line."""

import traceback
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import CodeType
from typing import Any, NoReturn

from jinja2 import FunctionLoader, Template, TemplateNotFound, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from nianbao.compose.filters import divide, format_value, make_filters, to_markdown
from nianbao.compose.markdown import Markdown
from nianbao.compose.template_context import FactNode, UnknownName, Year, find_below, is_given
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.model.locale import Locale

# Returns the text of a template by its name, and its path for people; raises UserError if there is none.
LoadTemplate = Callable[[str], tuple[str, str]]
Names = Mapping[str, object]


class TemplateFillError(UserError):
    """A template that cannot be filled: the message has the template, the line, and the reason."""


def load_nothing(name: str) -> tuple[str, str]:
    """Load no template: for texts that include none."""
    raise TemplateNotFound(name)


_MAX_COMPILED = 500  # texts; those of the largest kind are thirty
_compiled: dict[tuple[str, str | None, str | None, bool], CodeType] = {}


class _FactEnvironment(ImmutableSandboxedEnvironment):
    # Templates calculate with decimals: a fraction that is written in one becomes a decimal too.
    intercepted_binops = frozenset("+-*/")
    # What a macro or `{% set %}` has put together was escaped part by part: it is Markdown, and is not escaped again.
    concat = staticmethod(lambda parts: Markdown("".join(parts)))

    def compile(  # type: ignore[override]  # Jinja can give source code, too
        self, source: str | nodes.Template, name: str | None = None, filename: str | None = None
    ) -> CodeType:
        """Compile a text once, though each folder and locale has an environment: nothing of them is in its code."""
        if isinstance(source, nodes.Template):
            return super().compile(source, name, filename)
        key = source, name, filename, self.trim_blocks
        if key not in _compiled:
            if len(_compiled) >= _MAX_COMPILED:
                _compiled.clear()
            _compiled[key] = super().compile(source, name, filename)
        return _compiled[key]

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401  # as in Jinja
        """Look up a fact directly: the sandbox's check that an attribute is safe takes longer."""
        fact = find_below(obj, attribute) if isinstance(obj, FactNode) else None
        if fact is None and attribute == "year" and isinstance(obj, date):
            return Year(obj.year)
        return super().getattr(obj, attribute) if fact is None else fact

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401  # as in Jinja
        """Calculate exactly."""
        if operator == "/":
            return divide(left, right)
        left, right = (Decimal(str(value)) if isinstance(value, float) else value for value in (left, right))
        return super().call_binop(context, operator, left, right)


@lru_cache(maxsize=16)
def make_environment(
    load: LoadTemplate, locale: Locale, *, plain: bool = False, trim_blocks: bool = False
) -> ImmutableSandboxedEnvironment:
    """Return the Jinja environment in which templates are filled: values become Markdown that prints as they are.

    With `plain`, they stay plain text. With `trim_blocks`, a line that holds only a block leaves no empty line.
    Sandboxed, since templates and prose come from many authors.
    """

    @pass_context  # else Jinja would call it while it compiles, and the code would be of this locale
    def finalize(_context: Context, value: object) -> object:
        if isinstance(value, UnknownName):
            return value
        return format_value(value, locale) if plain else to_markdown(value, locale)

    environment = _FactEnvironment(
        loader=FunctionLoader(lambda name: (*load(name), lambda: True)),
        undefined=UnknownName,
        finalize=finalize,
        optimized=False,  # what filters make of constants depends on the locale, too
        lstrip_blocks=True,
        trim_blocks=trim_blocks,
        keep_trailing_newline=True,
        autoescape=False,  # `finalize` escapes, for Markdown instead of HTML
    )
    environment.filters.update(make_filters(locale))
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


def fill_text(text: str, origin: str, names: Names, locale: Locale, *, plain: bool = False) -> str:
    """Fill a text that is a part of the file `origin`; raises `TemplateFillError`.

    What is filled `plain` was not escaped: it is no Markdown, so that the template which it is put into escapes it.
    """
    try:
        filled = _compile(text, locale, plain=plain).render(names)
    except Exception as error:  # noqa: BLE001  # see `fill_template`
        _raise_fill_error(error, origin)
    return str(filled) if plain else filled


@lru_cache(maxsize=64)
def _compile(text: str, locale: Locale, *, plain: bool) -> Template:
    return make_environment(load_nothing, locale, plain=plain).from_string(text)


def _raise_fill_error(error: Exception, file: str) -> NoReturn:
    line = 0
    reason = str(error) or type(error).__name__
    if isinstance(error, MemoryError | OverflowError):
        reason = _("template-result-too-large")
    if isinstance(error, TemplateSyntaxError):
        file, line = error.filename or file, error.lineno
    elif not isinstance(error, TemplateNotFound):
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.endswith(".j2"):
                file, line = frame.filename, frame.lineno or 0
    raise TemplateFillError(
        _("template-error", at=f"{file}:{line}" if line else file, error=reason), _("mend-template")
    ) from None
