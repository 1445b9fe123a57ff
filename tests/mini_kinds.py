"""Two small kinds of documents, one English and one Chinese, with values of every type, written into a folder."""

from nianbao.build import outputs
from nianbao.compose import document
from nianbao.model.facts import parse
from nianbao.model.period import parse_period
from nianbao.model.report import fill_form
from nianbao.workspace.store import Store

LANGUAGES = {"en-us": "en", "zh-sheng": "zh-CN"}  # by kind

EDITION = """
name   = "Service report"
title  = "{{ agency.name }} {{ year }}"
author = "{{ agency.name }}"

[[sections]]
id      = "summary"
heading = "Summary of {{ period }}"
text    = "texts/summary.md.j2"

[[sections]]
id      = "service"
heading = "Service"
table   = "service"

[[tables]]
id    = "service"
label = "Service"
blocks = [{ rows = [
  { label = "Desk", id = "desk" },
  { label = "Web", id = "web" },
  { label = "All", id = "all" },
], columns = [
  { label = "Received", id = "received" },
  { label = "Median days", id = "median", type = "decimal", places = 1, optional = true, rollup = "weighted:received" },
  { label = "Longest", id = "longest", type = "decimal", places = 1, optional = true, rollup = "max" },
  { label = "Growth", id = "growth", type = "percent" },
  { label = "Cost", id = "cost", type = "currency", currency = "USD" },
  { label = "Open", id = "open", type = "yes-no" },
  { label = "Rating", id = "rating", type = "choice", choices = ["good", "fair"] },
  { label = "Waiting", id = "waiting", type = "duration", nothing = "-" },
  { label = "Oldest", id = "oldest", type = "date" },
] }]
relations = [
  { rule = "wrong-sum", each = "column", holds = "all = desk + web", at = ["received", "cost"] },
  { rule = "longest-below", each = "row", holds = "longest >= median" },
]

[[facts]]
id       = "agency.name"
label    = "Name"
type     = "text"
required = true

[[facts]]
id    = "agency.site"
label = "Site"
type  = "url"

[[facts]]
id    = "agency.founded"
label = "Founded"
type  = "year"

[[facts]]
id    = "agency.open"
label = "Open to all"
type  = "yes-no"

[[facts]]
id    = "agency.answer"
label = "Time to answer"
type  = "duration"

[[facts]]
id    = "agency.topics"
label = "Topics"
type  = "texts"
"""

DATA = """
{period}
published = 2025-01-15

[agency]
name    = "Office of *Records*"
site    = "https://example.org/a_b"
founded = 1998
open    = true
answer  = "1h30m"
topics  = ["a", "b", "c"]

[service]
desk = {{ received = 1200, median = 2.5, longest = 9, growth = -12.5, cost = 1234.5, open = true, rating = "good" }}
web  = {{ received = 300, longest = 40.5, waiting = "2d", oldest = 2023-12-31 }}
"""


def write_kind(root, kind, *, edition=EDITION, summary="", period="year", settings=""):  # noqa: PLR0913  # what kinds differ in
    """Write a kind and return the store of its folder; its data is for 2024, or the third quarter of 2024."""
    folder = root / f"templates/kinds/{kind}"
    (folder / "editions").mkdir(parents=True)
    (folder / "texts").mkdir()
    (folder / "kind.toml").write_text(
        f'name = "Mini"\nversion = "1"\nlanguages = ["{LANGUAGES[kind]}"]\nlook = "gongwen"\n{settings}\n'
        f'[period]\nunit = "{period}"\n',
        encoding="utf-8",
    )
    (folder / "editions/first.toml").write_text(edition, encoding="utf-8")
    (folder / "texts/summary.md.j2").write_text(summary or "{{ agency.name }}", encoding="utf-8")
    default = "{% for section in sections %}\n# {{ section.heading }}\n\n{{ section.body }}\n\n{% endfor %}\n"
    (folder / "page.md.j2").write_text(default, encoding="utf-8")
    (root / "report.toml").write_text(f'kind = "{kind}"\n', encoding="utf-8")
    key = "year = 2024" if period == "year" else 'period = "2024-Q3"'
    (root / "data").mkdir()
    (root / f"data/{'2024' if period == 'year' else '2024-Q3'}.toml").write_text(DATA.format(period=key), "utf-8")
    return Store(root)


def read_report(store, period="2024", data=None):
    """Fill the form with the data of a period, or with other data."""
    when = parse_period(period)
    facts = store.facts(when) if data is None else parse(data, "data/x.toml")
    return fill_form(store.kind.form(facts, when), facts)


def compose_summary(store, summary, period="2024"):
    """Return the text of the section `summary` that a template gives."""

    def load(name):
        return (summary, "texts/summary.md.j2") if name == "texts/summary.md.j2" else store.kind.template(name)

    composed = document.compose(read_report(store, period), load)
    return str(composed.texts["summary"])


def print_cells(report):
    """Return what each cell of the table prints."""
    return {address: document.format_figure(report, address) for address in report.form.slots}


def build(store, formats, period="2024"):
    """Build files and return their paths by format."""
    done = outputs.build_report(store, parse_period(period), formats)
    assert not [one for one in done.check.findings if one.level == "error"], done.check.findings
    return done
