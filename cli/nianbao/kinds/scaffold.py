"""Make the folder of a new kind: a form with a table, a rule and an example, which can be built at once."""

import json
import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from string import Template

from msgspec import Struct

from nianbao import __version__
from nianbao.kinds.new_locale import begin_locale
from nianbao.model.file_names import ID
from nianbao.model.finding import UserError
from nianbao.model.i18n import _, join_words
from nianbao.model.loading.inheritance import suggest
from nianbao.model.period import EXAMPLES, Calendar, Period, PeriodUnit
from nianbao.workspace import trust
from nianbao.workspace.files import SavedFile, display_path
from nianbao.workspace.kinds import KINDS
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store
from nianbao.workspace.template_files import read_locale

_TABLE_ID = re.compile(r"[a-z]\w*", re.ASCII)
_OTHER_TABLE_ID = "figures"  # of a table whose label has no letters for an id
# Where each file of `templates/new-kind/<language>/` goes, below the folder of the kind.
_FILES = {
    "kind.toml": "kind.toml",
    "edition.toml": "editions/$year.toml",
    "page.md": "page.md.j2",
    "overview.md": "texts/overview.md.j2",
    "rule.md": "rules/does-not-balance.md",
    "starter.md": "starter/README.md",
    "gitignore": "starter/gitignore",
    "example.toml": "example/$period.toml",
    "findings.toml": "example/findings.toml",
}
_ISSUED_AFTER = timedelta(days=30)  # from the last day of its period on: the example's day of issue
_DAY = timedelta(days=1)  # it may be a day earlier in the office's time zone
_RESERVED = frozenset({"agency", "facts", "own", "prose", "headings", "accept", "year", "period", "title", "edition"})


class KindPlan(Struct, frozen=True):
    """What a person decides of a new kind: its id, name, language, unit of periods, look, and the label of a table."""

    id: str
    name: str
    language: str
    unit: PeriodUnit
    look: str
    table: str


class CreatedKind(Struct, frozen=True):
    """The files of a new kind, the period of its example, and whether its templates are trusted already."""

    saved: list[SavedFile]
    period: Period
    is_trusted: bool


def create_kind(store: Store, plan: KindPlan, first: Period | None = None, *, today: date | None = None) -> CreatedKind:
    """Write the files of a new kind below the folder's templates, and trust them where the others are trusted.

    A language that has no file yet gets one. The form is in force from the year of its `first` period, which its
    example is about: by default the last one that ended long enough before `today` for its report to be issued. One
    that did not has no day of issue.
    Raises `UserError` for an id that cannot be used or is taken, and for an unknown language, unit or look.
    """
    locale_file = begin_locale(plan.language, store.template_folders)
    _check_plan(store, plan)
    if not locale_file:
        read_locale(plan.language, store.template_folders)
    calendar = Calendar(plan.unit)
    latest = (today or datetime.now(tz=UTC).date()) - _ISSUED_AFTER - _DAY
    period = first or calendar.find_ended(latest)
    if not calendar.has(period):
        why = _("kind-has-no-such-period", kind=plan.id, period=period)
        raise UserError(why, _("write-like-example", example=EXAMPLES[calendar.unit]))
    end = calendar.get_last_day(period)
    values = _make_values(plan, period, end + _ISSUED_AFTER if end <= latest else None)
    source = TEMPLATES / "new-kind" / ("zh" if plan.language.startswith("zh") else "en")
    top = f"templates/{KINDS}/{plan.id}"
    files = locale_file | {
        f"{top}/{Template(name).substitute(values)}": Template((source / file).read_text("utf-8")).substitute(values)
        for file, name in _FILES.items()
    }
    before = trust.read_templates(store.root)
    saved = store.create(files)
    after = trust.read_templates(store.root)
    is_own = after is not None and (before is None or trust.is_trusted(before))
    if after is not None and is_own and not trust.is_trusted(after):
        trust.save_record(after)  # what was just written is ours, and the rest was trusted
    return CreatedKind(saved, period, is_own or after is None)


def _check_plan(store: Store, plan: KindPlan) -> None:
    if not ID.fullmatch(plan.id):
        raise UserError(_("kind-id-should-be", kind=plan.id), _("write-like-example", example="us-foia"))
    for words in (plan.name, plan.table):
        if not words.strip() or not words.isprintable():
            raise UserError(_("name-should-be-one-line", name=words), _("write-like-example", example="Annual Report"))
    folder = store.root / "templates" / KINDS / plan.id
    if folder.exists() or plan.id in store.list_kinds():
        place = display_path(folder) if folder.exists() else _("origin-program")
        raise UserError(_("kind-exists", kind=plan.id, place=place), _("take-other-kind-id"))
    if plan.unit not in EXAMPLES:
        known = list(EXAMPLES)
        raise UserError(_("no-such-period-unit", unit=plan.unit) + suggest(plan.unit, known), join_words(known))
    looks = sorted(store.list_looks())
    if plan.look not in looks:
        raise UserError(
            _("no-such-look", name=plan.look) + suggest(plan.look, looks), _("looks-available", looks=join_words(looks))
        )


def choose_look(language: str) -> str:
    """Return the look that a kind in a language has by default: Chinese ones have that of official documents."""
    return "gongwen" if language.startswith("zh") else "plain"


def make_table_id(label: str) -> str:
    """Make the id of a table from its label: `Requests received` becomes `requests_received`, `Prêts` `prets`."""
    letters = re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", label.lower()))
    id_ = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
    return id_ if _TABLE_ID.fullmatch(id_) and id_ not in _RESERVED else _OTHER_TABLE_ID


def _make_values(plan: KindPlan, period: Period, published: date | None) -> dict[str, str]:
    line = f"year = {period}" if plan.unit == "year" else f'period = "{period}"'
    return {
        "id": plan.id,
        "name": plan.name,
        "name_toml": _quote(plan.name),
        "name_quoted": _quote(plan.name)[1:-1],
        "period_fact": "year" if plan.unit == "year" else "period",
        "language_toml": _quote(plan.language),
        "look_toml": _quote(plan.look),
        "unit": plan.unit,
        "program": ".".join(__version__.split(".")[:2]),
        "table": make_table_id(plan.table),
        "label": _quote(plan.table)[1:-1],
        "label_toml": _quote(plan.table),
        "year": str(period.year),
        "period": str(period),
        "period_line": line,
        "published_line": f"published = {published}\n" if published else "",
    }


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
