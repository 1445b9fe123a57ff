"""The press: pages go in as Markdown, finished files come out; one pandoc and one set of fonts serve them all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Self

from nianbao.compose.document import Page, marked
from nianbao.compose.markdown import DIALECT
from nianbao.model.form import Form
from nianbao.render import typst
from nianbao.render.pandoc import Pandoc
from nianbao.workspace.formats import Face, Format, Printed, Printing
from nianbao.workspace.theme import derived, fonts, worded
from nianbao.workspace.theme import faces as named_faces

_MAX_PAGES = 1000  # that one pandoc prints: of each its runtime keeps some kilobytes


@dataclass(frozen=True, eq=False)
class RenderSettings:
    """What many pages have in common: the formats, the look, and whether they are drafts."""

    formats: Sequence[Format]
    look: Mapping[str, Any]
    draft: bool = False

    @cached_property
    def variables(self) -> dict[str, Any]:
        """What the templates of the formats know of the look."""
        look = self.look
        parts: dict[str, Any] = {"look": look, "word": worded(look), "face": named_faces(look), "fonts": fonts(look)}
        said: dict[str, Any] = _numbers_as_text(parts | derived(look))
        return said | ({"draft": True} if self.draft else {})

    @property
    def embeds_fonts(self) -> bool:
        """Tell whether a format embeds faces."""
        return any(part.engine for part in self.formats)

    @cached_property
    def faces(self) -> tuple[Face, ...]:
        """The faces that its formats embed; none where none does."""
        return tuple(typst.choose_faces(self.look)) if self.embeds_fonts else ()


class Renderer:
    """A pandoc that is begun with the first page and ends with the press: use it in a `with` line."""

    def __init__(self) -> None:
        self._pandoc: Pandoc | None = None
        self._begun: dict[tuple[int, int], tuple[RenderSettings, Form]] = {}  # these keep their ids while they are here
        self._pages = 0  # that its pandoc has printed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def render(
        self, page: Page, order: RenderSettings, day: date, carried: Mapping[str, str] | None = None
    ) -> Printing:
        """Print a page in every format of an order, from one reading.

        `day` is the date that the files carry, so that the same facts give the same bytes. `carried` is what
        each file carries with it: `facts` (TOML) and `about` (JSON-LD), as far as given. Raises `Stop` where
        pandoc or Typst fail; the next page is printed all the same.
        """
        try:
            return self._render(page, order, day, carried or {})
        except BaseException:
            self.close()  # what it would still answer is for this page
            raise

    @property
    def pid(self) -> int:
        """The process of its pandoc; 0 where none is begun."""
        return self._pandoc.pid if self._pandoc else 0

    def close(self) -> None:
        """End pandoc; the next page begins another."""
        if self._pandoc:
            self._pandoc.close()
        self._pandoc = None
        self._pages = 0
        self._begun.clear()

    def _render(self, page: Page, order: RenderSettings, day: date, carried: Mapping[str, str]) -> Printing:
        stamp = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        stand_ins = (
            typst.make_replacements("".join((page.text, *page.prose.values())), order.look)
            if order.embeds_fonts
            else {}
        )
        if self._pages == _MAX_PAGES:
            self.close()
        self._pages += 1
        pandoc = self._pandoc = self._pandoc or Pandoc()
        pandoc.send(
            {
                "order": self._send_settings(pandoc, order, page.form),
                "dialect": DIALECT,
                "page": page.text,
                "prose": list(page.prose.items()),
                "reserved": [table.id for table in page.form.tables],
                "figures": page.figures,
                "own": {**carried, "day": {part: str(getattr(day, part)) for part in ("year", "month", "day")}},
                "stand_ins": [list(pair) for pair in stand_ins.items()],
                "epoch": str(stamp),
            }
        )
        drawn = typst.families_by_part(order.look, order.faces)  # reads the fonts while pandoc is at work
        formats = {part.suffix: part for part in order.formats}
        made: dict[str, Printed] = {}
        for suffix, content in pandoc.receive():
            part = formats.get(suffix)
            if part is None:
                left_out = json.loads(content)
            elif part.engine:  # pandoc goes on meanwhile
                made[suffix] = typst.compile_pdf(part, content, stamp, carried.get("facts", ""), drawn)
            else:
                made[suffix] = Printed(suffix, content)
        return Printing([made[part.suffix] for part in order.formats], left_out, order.faces)

    def _send_settings(self, pandoc: Pandoc, order: RenderSettings, form: Form) -> str:
        """Begin an order for a form, unless it is begun; return its name."""
        key = (id(order), id(form))
        name = f"{key[0]}-{key[1]}"
        if key not in self._begun:
            self._begun[key] = (order, form)
            # Typst has its part first, to set it while pandoc writes the others.
            formats = sorted(order.formats, key=lambda part: not part.engine)
            pandoc.send(
                {
                    "order": name,
                    "formats": [_describe_format(part) for part in formats],
                    "variables": order.variables,
                    "tables": marked(form),
                    "dialect": DIALECT,
                    "work": pandoc.work,
                }
            )
        return name


def _describe_format(part: Format) -> dict[str, Any]:
    fields = {
        name: getattr(part, name)
        for name in ("suffix", "folder", "writer", "template", "reference", "filter", "finish", "tables", "mould")
    }
    return {name: value for name, value in fields.items() if value} | {"options": dict(part.options or {})}


def _numbers_as_text(value: Any) -> Any:  # noqa: ANN401  # any tree of plain values
    """Turn numbers into text, since pandoc's templates print 37 as 37.0 otherwise."""
    if isinstance(value, Mapping):
        return {key: _numbers_as_text(item) for key, item in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    return value
