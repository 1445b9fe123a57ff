"""The renderer: Markdown pages in, finished files out, with one pandoc and one set of fonts for all of them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Self
from unicodedata import east_asian_width

from msgspec import Struct
from msgspec.structs import replace
from msgspec.structs import replace as replace_format

from nianbao.compose.document import Page, describe_marked_tables, list_reserved_ids
from nianbao.compose.markdown import DIALECT
from nianbao.model.finding import UserError
from nianbao.model.form import Form
from nianbao.model.locale import Locale
from nianbao.render import typst
from nianbao.render.pandoc import Pandoc
from nianbao.render.word_units import get_character_spacing, list_fonts, to_word_units
from nianbao.workspace.formats import Face, Format, OutputFile, RenderResult
from nianbao.workspace.theme import derive_measures, list_face_names

_DRAFT_SIZE = 160  # pt, of a mark of two square characters across the page
_LATIN_WIDTH = 0.7  # em, of a capital letter
_SENT_FIELDS = ("suffix", "folder", "writer", "tables", "mould", "pictures")
_MAX_PAGES = 1000  # that one pandoc renders: its runtime keeps some kilobytes of each


class RenderSettings(Struct, frozen=True, eq=False, dict=True):
    """What many pages have in common: the formats, the look, and whether they are drafts.

    `sets` are the formats that are no pages, but sets of files.
    """

    formats: Sequence[Format]
    look: Mapping[str, Any]
    draft: bool = False
    sets: Sequence[Format] = ()
    as_svg: bool = False  # the pages of a PDF, in SVG, where each figure is a link to its address

    def without_moulds(self) -> "RenderSettings":
        """Return the same settings for pages whose paragraphs have no shape that comes again."""
        return replace(self, formats=[replace_format(part, mould="") for part in self.formats])

    @cached_property
    def variables(self) -> dict[str, Any]:
        """The variables that the look gives to the templates of the formats."""
        look = self.look
        parts: dict[str, Any] = {
            "look": look,
            "word": to_word_units(look),
            "face": list_face_names(look),
            "fonts": list_fonts(look),
            "apart": get_character_spacing(look),
        }
        variables: dict[str, Any] = _numbers_as_text(parts | derive_measures(look))
        return variables | ({"draft": True} if self.draft else {}) | ({"links": True} if self.as_svg else {})

    @cached_property
    def written_formats(self) -> tuple[Format, ...]:
        """The formats that pandoc writes: those asked for, and those from which others are made."""
        return tuple({part.suffix: part for part in (one.made_from or one for one in self.formats)}.values())

    @property
    def embeds_fonts(self) -> bool:
        """Return whether a format embeds fonts."""
        return any(part.embeds_fonts for part in self.formats)

    @cached_property
    def faces(self) -> tuple[Face, ...]:
        """The faces that its formats embed; none where none does."""
        return tuple(typst.choose_faces(self.look)) if self.embeds_fonts else ()


class Renderer:
    """A pandoc process that starts with the first page and ends with the renderer: use it in a `with` statement."""

    def __init__(self) -> None:
        self._pandoc: Pandoc | None = None
        self._sent: dict[tuple[int, int], tuple[RenderSettings, Form]] = {}  # by their ids, which are in use until then
        self._pages = 0  # that its pandoc has rendered

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def render(
        self, page: Page, settings: RenderSettings, day: date, embedded: Mapping[str, str] | None = None
    ) -> RenderResult:
        """Render a page in every format of the settings; it is read once.

        `day` is the date that the files carry, so that the same facts give the same bytes. `embedded` is what each
        file carries: `facts` (TOML) and `about` (JSON-LD), as far as given. Raises `UserError` where pandoc or Typst
        fail; the next page can be rendered all the same.
        """
        try:
            return self._render(page, settings, day, embedded or {})
        except BaseException:
            self.close()  # answers that are still to come are for this page
            raise

    def prepare(self, settings: RenderSettings, form: Form) -> None:
        """Start pandoc and send it what pages of a form have in common, to be at work on while the first is made.

        What fails here is reported when a page is rendered.
        """
        if settings.formats:
            try:
                self._send_settings(self._open_pandoc(), settings, form)
            except UserError:
                self.close()

    @property
    def pid(self) -> int:
        """The process ID of its pandoc; 0 where none is running."""
        return self._pandoc.pid if self._pandoc else 0

    def close(self) -> None:
        """End pandoc; the next page starts another."""
        if self._pandoc:
            self._pandoc.close()
        self._pandoc = None
        self._pages = 0
        self._sent.clear()

    def _render(self, page: Page, settings: RenderSettings, day: date, embedded: Mapping[str, str]) -> RenderResult:
        epoch = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        pandoc = self._send_page(page, settings, day, epoch, embedded)
        # Reads the fonts while pandoc is at work.
        families = typst.families_by_part(settings.look, settings.faces, _join_texts(page))
        formats = {part.suffix: part for part in settings.written_formats}
        files: dict[str, OutputFile] = {}
        for suffix, content in pandoc.receive():
            part = formats.get(suffix)
            if part is None:
                dropped_pictures = json.loads(content)
            elif part.engine:  # pandoc goes on meanwhile
                files[suffix] = (
                    typst.compile_svg(part, content, epoch, families)
                    if settings.as_svg
                    else typst.compile_pdf(part, content, epoch, embedded.get("facts", ""), families)
                )
            else:
                files[suffix] = _finish_file(part, content, page, settings.look, day)
        for part in settings.formats:
            if part.made_from:
                from nianbao.render.ofd.package import convert_pdf  # noqa: PLC0415  # reads PDFs and fonts: heavy

                pdf, names = files[part.made_from.suffix], typst.name_faces(settings.faces)
                files[part.suffix] = convert_pdf(part, pdf, day, embedded.get("facts", ""), names)
        dropped_pictures += [
            f"{part.suffix}\t{picture.title}"
            for part in settings.formats
            for picture in page.pictures
            if not (part.made_from or part).pictures
        ]
        return RenderResult([files[part.suffix] for part in settings.formats], dropped_pictures, settings.faces)

    def _send_page(
        self, page: Page, settings: RenderSettings, day: date, epoch: int, embedded: Mapping[str, str]
    ) -> Pandoc:
        """Send a page to pandoc, which is started where none is running; return that pandoc."""
        replacements: dict[str, str] = {}
        if settings.embeds_fonts:
            replacements = typst.make_replacements(_join_texts(page), settings.look, page.form.locale)
        if self._pages == _MAX_PAGES:
            self.close()
        self._pages += 1
        pandoc = self._open_pandoc()
        pandoc.send(
            {
                "settings": self._send_settings(pandoc, settings, page.form),
                "dialect": DIALECT,
                "page": page.text,
                "prose": list(page.prose.items()),
                "reserved": list_reserved_ids(page.form),
                "figures": page.figures,
                "headings": [[address, heading] for address, heading in page.headings.items() if heading],
                "pictures": _write_pictures(page, settings.look, replacements),
                "variables": {
                    **embedded,
                    **(
                        {"pictures": [{"description": one.description} for one in page.pictures]}
                        if page.pictures
                        else {}
                    ),
                    "day": {part: str(getattr(day, part)) for part in ("year", "month", "day")},
                },
                "replacements": [list(pair) for pair in replacements.items()],
                "epoch": str(epoch),
            }
        )
        return pandoc

    def _open_pandoc(self) -> Pandoc:
        self._pandoc = self._pandoc or Pandoc()
        return self._pandoc

    def _send_settings(self, pandoc: Pandoc, settings: RenderSettings, form: Form) -> str:
        """Send the settings for a form, unless pandoc has them; return the name by which pages refer to them."""
        key = (id(settings), id(form))
        name = f"{key[0]}-{key[1]}"
        if key not in self._sent:
            self._sent[key] = (settings, form)
            # What Typst compiles comes first, so that it works while pandoc writes the other formats.
            formats = sorted(settings.written_formats, key=lambda part: not part.engine)
            pandoc.send(
                {
                    "settings": name,
                    "formats": [_describe_format(part) for part in formats],
                    "variables": settings.variables
                    | describe_locale(form.locale)
                    | ({"landscape": True} if any(section.landscape for section in form.sections) else {}),
                    "tables": describe_marked_tables(form),
                    "addresses": {table.page_id: [slot.address for slot in table.slots] for table in form.tables},
                    "folder": pandoc.folder,
                }
            )
        return name


def _write_pictures(page: Page, look: Mapping[str, Any], replacements: Mapping[str, str]) -> dict[str, dict[str, str]]:
    if not page.pictures:
        return {}
    from nianbao.render.pictures.parts import write_pictures  # noqa: PLC0415  # slow to import, and most pages have none

    return write_pictures(page.pictures, look, replacements)


def _finish_file(part: Format, content: bytes, page: Page, look: Mapping[str, Any], day: date) -> OutputFile:
    """Return the file that pandoc wrote, with the parts of charts where the page has any and the format takes them."""
    if not page.pictures:
        return OutputFile(part.suffix, content)
    from nianbao.render.pictures.parts import finish_file  # noqa: PLC0415  # see above

    return finish_file(part, content, page.pictures, look, day)


def _join_texts(page: Page) -> str:
    return "".join((page.text, *page.prose.values(), *(picture.description for picture in page.pictures)))


def _describe_format(part: Format) -> dict[str, Any]:
    fields = {name: getattr(part, name) for name in (*_SENT_FIELDS, "template", "reference", "filter", "finish")}
    return {name: value for name, value in fields.items() if value} | {"options": dict(part.options or {})}


def describe_locale(locale: Locale) -> dict[str, Any]:
    """Return the variables that the language of a document gives to the templates of the formats."""
    marks = locale.file.marks
    code, _dash, region = locale.language.partition("-")
    before, _number, after = marks.page_number.partition("{number}")
    wide = sum(1.0 if east_asian_width(character) in "FW" else _LATIN_WIDTH for character in marks.draft)
    return {
        "lang": locale.language,
        "language": {"code": code, "region": region},
        "marks": {
            "draft": marks.draft,
            "draft_title": marks.draft_title,
            "draft_size": f"{_DRAFT_SIZE * min(1, 2 / wide):.0f}",
            "number_before": before,
            "number_after": after,
        },
        "title_breaks": {"ends": locale.file.titles.name_ends, "words": list(locale.file.titles.other_words)},
        "words": {key: words for key, words in locale.file.words.items() if "-" not in key},  # those for pages
        "asian": locale.language.split("-")[0] in {"zh", "ja", "ko"},
    }


def _numbers_as_text(value: Any) -> Any:  # noqa: ANN401  # any tree of plain values
    """Return a tree of values with its numbers as text: pandoc's templates would print 37 as 37.0."""
    if isinstance(value, Mapping):
        return {key: _numbers_as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers_as_text(item) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    return value
