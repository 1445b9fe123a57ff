"""Check the files of a kind one by one: TOML, settings, looks, and editions of the form."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import PurePosixPath

from babel.core import UnknownLocaleError

from nianbao.checks import rules
from nianbao.kinds.checking.entries import find_idle_entries
from nianbao.kinds.checking.looks import find_look_faults
from nianbao.kinds.examples import FINDINGS, FOLDER
from nianbao.kinds.mistakes import Mistake, locate_faults, split_error
from nianbao.model.facts import Facts
from nianbao.model.file_names import ID
from nianbao.model.finding import Place, UserError
from nianbao.model.form import COMMON_FACTS, OPEN_TABLES, Form
from nianbao.model.i18n import _, join_words
from nianbao.model.loading.inheritance import Fault, Keys, find_nearest, suggest
from nianbao.model.period import PARTS, Period, parse_period
from nianbao.model.tables.headings import Heading
from nianbao.workspace.files import display_path
from nianbao.workspace.kinds import KindFolder
from nianbao.workspace.store import Store
from nianbao.workspace.template_files import read_chain

FOLDERS = ("editions", "texts", "rules", "starter", "example")
_SETTINGS = ("kind.toml", "reading.toml", "files.toml")
_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TABLE_IN_TEMPLATE = re.compile(r"\btables\.(\w+)")


def check_files(kind: KindFolder) -> Iterator[Mistake]:
    """Check that files can be read, that those of TOML are TOML, and that folders have the names that are known."""
    if not ID.fullmatch(kind.id):
        yield Mistake(Place(_name_settings(kind), 1, 1), _("kind-id-should-be", kind=kind.id))
    for name, (top, path) in kind.find_files("**/*").items():
        first, _slash, rest = name.partition("/")
        known = FOLDERS if rest else _SETTINGS
        near = find_nearest(first, known)
        is_page = PurePosixPath(name).match("rules/*.md")
        if first == "rules" and rest and not (is_page or path.name.startswith(".")):
            yield Mistake(Place(top.display(path), 1, 1), _("rule-file-never-read", name=name))
        if near and first not in known:
            yield Mistake(Place(top.display(path), 1, 1), _("kind-file-never-read", name=name, near=near))
        if rest and first == FOLDER and path.suffix == ".toml" and not _is_example(kind, name):
            yield Mistake(Place(top.display(path), 1, 1), _("example-never-read", name=name))
        try:
            if path.suffix == ".toml":
                top.read_toml(path)
            elif path.suffix in {".j2", ".md"}:
                top.read_text(path)
        except UserError as error:
            yield from split_error(error, top.display(path))


def _is_example(kind: KindFolder, name: str) -> bool:
    """Return whether a file below `example/` is read: the expected findings, and data files named after a period."""
    path = PurePosixPath(name)
    if name == f"{FOLDER}/{FINDINGS}":
        return True
    period = parse_period(path.stem)
    with suppress(UserError):  # of `kind.toml`, which is told by itself
        return bool(period) and kind.settings.calendar.has(period or Period(0))
    return True


def check_settings(store: Store, kind: KindFolder) -> Iterator[Mistake]:
    """Check `kind.toml`, the languages and the look that it names, and the looks that are in the same folder."""
    try:
        settings, source = kind.settings, kind.read_settings_file()
        settings.read_reading()  # which else is read only by an import
    except UserError as error:
        yield from split_error(error, _name_settings(kind))
        return
    for number, language in enumerate(settings.languages):
        try:
            kind.read_locale(language).format_date(date(2024, 1, 31))
        except UnknownLocaleError:
            yield Mistake(source.find_place(("languages", number)), _("language-unknown-to-cldr", language=language))
        except UserError as error:
            yield from split_error(error, source.find_place(("languages", number)))
    looks = store.list_looks()
    if settings.look not in looks:
        why = _("no-such-look", name=settings.look) + suggest(settings.look, sorted(looks))
        yield from locate_faults([source], [Fault(("look",), why)])
    own = {name for name, path in looks.items() if path.is_relative_to(kind.origin.path)}
    for name in sorted({*own, settings.look} & looks.keys()):
        try:
            look = store.look(name)
        except UserError as error:
            yield from split_error(error, display_path(looks[name]))
        else:
            yield from locate_faults(read_chain(looks[name], store.template_folders), list(find_look_faults(look)))
    yield from _find_unknown_rules(kind, source)
    if not kind.editions():
        yield Mistake(Place(source.file, 1, 1), _("kind-without-edition", kind=kind.id))


def _find_unknown_rules(kind: KindFolder, source: Facts) -> Iterator[Mistake]:
    """Find levels of rules that there are not."""
    levels = kind.settings.levels
    try:
        known = sorted({*kind.rules, *rules.list_names()}) if levels else []
    except UserError:  # the stage of the rules says what is wrong
        return
    faults = [
        Fault(("rules", name), _("no-such-rule", rule=name) + suggest(name, known), at_key=True)
        for name in levels
        if name not in known
    ]
    yield from locate_faults([source], faults)


def check_editions(kind: KindFolder) -> Iterator[Mistake]:
    """Check the editions of the form, each on its own and beside the others."""
    forms: dict[str, Form] = {}
    for name, path in kind.editions().items():
        try:
            forms[name] = kind.edition(name)
        except UserError as error:
            yield from split_error(error, _name_file(kind, path.stem))
    for form in forms.values():
        faults = [
            *_find_faults(kind, form, forms),
            *_find_missing_templates(kind, form),
            *find_idle_entries(kind, form),
        ]
        yield from locate_faults(kind.read_edition_files(form.edition), faults)
    yield from _find_unknown_preferences(kind, forms)
    yield from _find_overlaps(kind, forms)


def _find_faults(kind: KindFolder, form: Form, forms: dict[str, Form]) -> Iterator[Fault]:
    yield from _find_table_faults(form, _list_printed_by_templates(kind))
    yield from _find_fact_faults(form)
    for number, section in enumerate(form.sections):
        if not _KEY.fullmatch(section.id):
            yield Fault(("sections", number, "id"), _("id-should-be-letters", name=section.id))
    yield from _find_taken_faults(form, forms)
    units = kind.settings.calendar.units
    if form.unit and form.unit not in units:
        why = _("edition-of-other-unit", unit=form.unit, units=join_words(units), kind=kind.id)
        yield Fault(("years", "unit"), why)


def _find_missing_templates(kind: KindFolder, form: Form) -> Iterator[Fault]:
    known = [*kind.find_files("**/*.j2")]
    named: dict[Keys, str] = {("sections", at, "text"): section.text for at, section in enumerate(form.sections)}
    named["template",] = form.template
    for keys, name in named.items():
        if name and name not in known:
            yield Fault(keys, _("no-such-template", name=f"{kind.name}/{name}") + suggest(name, known))


def _list_reserved(form: Form) -> set[str]:
    return {*OPEN_TABLES, *COMMON_FACTS, form.kind.period_fact}


def _list_printed_by_templates(kind: KindFolder) -> set[str]:
    """List the tables that templates go through themselves."""
    texts = (top.read_text(path) for top, path in kind.find_files("**/*.j2").values())
    return {name for text in texts for name in _TABLE_IN_TEMPLATE.findall(text)}


def _find_table_faults(form: Form, printed: set[str]) -> Iterator[Fault]:
    """Find tables that are never printed, and ids that no data file can have; `printed` are those of templates."""
    for number, table in enumerate(form.tables):
        keys = ("tables", number, "id")
        if not _KEY.fullmatch(table.id):
            yield Fault(keys, _("id-should-be-letters", name=table.id))
        if table.id in _list_reserved(form):
            yield Fault(keys, _("name-is-reserved", name=table.id))
        if table.id not in printed | {section.table for section in form.sections}:
            yield Fault(keys, _("table-of-no-section", table=table.id))
        for block_number, block in enumerate(table.blocks):
            for axis in ("columns", "rows"):
                yield from _find_heading_faults(getattr(block, axis), (*keys[:2], "blocks", block_number, axis))


def _find_heading_faults(headings: tuple[Heading, ...], keys: Keys) -> Iterator[Fault]:
    for number, heading in enumerate(headings):
        if heading.id and not _KEY.fullmatch(heading.id):
            yield Fault((*keys, number, "id"), _("id-should-be-letters", name=heading.id))
        yield from _find_heading_faults(heading.below, (*keys, number, "below"))


def _find_fact_faults(form: Form) -> Iterator[Fault]:
    taken = _list_reserved(form) | {table.id for table in form.tables}
    for number, fact in enumerate(form.facts):
        keys, group = ("facts", number, "id"), fact.id.split(".")[0]
        if "." not in fact.id:
            yield Fault(keys, _("fact-id-needs-dot", id=fact.id))
        elif not all(_KEY.fullmatch(key) for key in fact.id.split(".")):
            yield Fault(keys, _("id-should-be-letters", name=fact.id))
        elif group in taken:
            yield Fault(keys, _("name-is-reserved", name=group))


def _find_taken_faults(form: Form, forms: dict[str, Form]) -> Iterator[Fault]:
    """Find editions and rows of theirs that a rollup is to take, and that are not there."""
    for other, rows in form.takes.items():
        if other not in forms:
            yield Fault(("takes", other), _("no-such-edition", name=other) + suggest(other, sorted(forms)), at_key=True)
            continue
        known = forms[other].slots
        rows_there = sorted({f"{address}".rpartition(".")[0] for address in known})
        for row, taken in rows.items():
            for number, name in enumerate(taken):
                if not any(f"{address}.".startswith(f"{name}.") for address in known):
                    yield Fault(("takes", other, row, number), _("no-such-row", row=name) + suggest(name, rows_there))


def _find_unknown_preferences(kind: KindFolder, forms: dict[str, Form]) -> Iterator[Mistake]:
    known = kind.editions()
    faults = [
        Fault(("prefers", number), _("no-such-edition", name=name) + suggest(name, sorted(forms)))
        for number, name in enumerate(kind.settings.prefers)
        if name not in known
    ]
    yield from locate_faults([kind.read_settings_file()], faults)


def _find_overlaps(kind: KindFolder, forms: dict[str, Form]) -> Iterator[Mistake]:
    """Find editions in force for the same year where the kind prefers none of them, each in the first such year."""
    starts = {form.first_year for form in forms.values()}
    starts |= {form.last_year + 1 for form in forms.values() if form.last_year is not None}
    told: set[str] = set()
    periods = (Period(year, part) for year in sorted(starts) for part in _list_first_parts(kind))
    for period in periods:
        in_force = [forms[name] for name in kind.list_in_force(period) if name in forms]
        in_force.sort(key=lambda form: (form.first_year, form.edition))
        for other in in_force[1:]:
            if other.edition not in told:
                told.add(other.edition)
                why = _("editions-in-force-twice", edition=in_force[0].edition, year=period.year)
                yield from locate_faults(kind.read_edition_files(other.edition), [Fault(("years",), why)])


def _list_first_parts(kind: KindFolder) -> list[str]:
    """List the first part of a year of each unit of periods."""
    return [PARTS[unit][0] if unit in PARTS else "01-01" for unit in kind.settings.calendar.units]


def _name_settings(kind: KindFolder) -> str:
    return kind.origin.display(kind.origin.path / kind.name / "kind.toml")


def _name_file(kind: KindFolder, edition: str) -> str:
    path = kind.editions()[edition]
    top = next(top for top in kind.tops if path.is_relative_to(top.path))
    return top.display(path)
