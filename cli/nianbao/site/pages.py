"""The pages of a site, filled from `templates/site/`: HTML in which every value is escaped."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from heapq import nlargest
from math import ceil
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape as escape_xml

from jinja2 import FunctionLoader, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from msgspec import Struct

from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.model.locale import Locale
from nianbao.site.dataset import DESCRIPTION, DataFile
from nianbao.site.entries import ReportFacts, SiteOffice, SiteReport, StoredFacts

TEMPLATES = "site"  # the folder of the templates
ASSETS = ("style.css", "search.js")
INDEX_PARTS = "index"  # the folder of the pages of a long list on the first page
SEARCH_INDEX = "assets/search-index.js"
FEED, SITEMAP = "feed.xml", "sitemap.xml"
STATES = ("published", "withheld", "missing")
_FEED_SIZE = 50  # reports
PART_SIZE = 200  # offices that one page lists: a table of more is slow on a phone
_OWN = "_own"  # the page of the office whose data files lie in `data/` itself


class SitePages(Struct, frozen=True, dict=True):
    """Fills the pages of a site: `templates` has the texts of its templates by name, `address` is where it will be.

    `facts` has what it says of each published report.
    """

    templates: Mapping[str, str]
    locale: Locale
    facts: StoredFacts
    title: str
    address: str = ""

    @cached_property
    def _environment(self) -> ImmutableSandboxedEnvironment:
        def load(name: str) -> str | None:
            return self.templates.get(name)

        environment = ImmutableSandboxedEnvironment(
            loader=FunctionLoader(load), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        environment.globals |= {
            "say": self.locale.say,
            "language": self.locale.language,
            "site_title": self.title,
            "states": STATES,
        }
        environment.filters |= {"url": quote, "date": self._format_day, "number": self.locale.format_number}
        return environment

    def fill_index(self, offices: Sequence[SiteOffice], files: Sequence[DataFile]) -> bytes:
        """Fill the first page: offices by level, kind and period with the states of their reports, and the data."""
        all_offices = [office for top in offices for office in top.walk()]
        reports = [report for office in all_offices for report in office.reports]
        return self._fill(
            "index.html.j2",
            root="",
            offices=self._describe_rows(offices, list_parts(offices, INDEX_PARTS)),
            periods=_count((self.locale.format_period(report.period), report) for report in reports),
            levels=_count(
                (self.locale.say("site-level", level=level), report)
                for level, office in _list_levels(offices)
                for report in office.reports
            ),
            kinds=_count((office.unit.kind, report) for office in all_offices for report in office.reports),
            files=files,
            description=DESCRIPTION,
            feed=FEED,
            dataset=self._format_dataset(offices, files),
        )

    def describe_office(self, office: SiteOffice, above: Sequence[SiteOffice]) -> dict[str, Any]:
        """Return what the page of an office shows, as plain values: reports, offices below it and above it."""
        return {
            "root": "../",
            "office": {"name": office.unit.name or self.title, "kind": office.unit.kind},
            "above": [{"name": one.unit.name, "page": name_page(one)} for one in above],
            "reports": [self._describe_report(report) for report in office.reports],
            "below": self._describe_rows(office.below, list_parts(office.below, name_parts(office))),
        }

    def fill_part(self, part: "Part", parts: Sequence["Part"], above: Sequence[SiteOffice]) -> bytes:
        """Fill the page of a part of a long list: offices at the first level, or below the last one of `above`."""
        at = parts.index(part)
        return self._fill(
            "list.html.j2",
            root="../" * part.page.count("/"),
            part=self._name_part(part),
            above=[{"name": one.unit.name, "page": name_page(one)} for one in above],
            offices=list(map(self._describe_row, part.offices)),
            previous=parts[at - 1].page if at else "",
            following=parts[at + 1].page if at + 1 < len(parts) else "",
        )

    def fill_office(self, description: Mapping[str, Any]) -> bytes:
        """Fill the page of an office, of which `describe_office` says what it shows."""
        return self._fill("office.html.j2", **description)

    def write_search_index(self, offices: Sequence[SiteOffice], path: Path) -> None:
        """Write the script with the entries of the search: a name, its page, and the text that is searched."""
        # A script instead of JSON: pages that are opened as files may not fetch any.
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write("window.searchIndex = [\n")
            for number, office in enumerate(office for top in offices for office in top.walk()):
                file.write(",\n" * bool(number) + json.dumps(self._make_search_entry(office), ensure_ascii=False))
            file.write("\n];\n")

    def _make_search_entry(self, office: SiteOffice) -> tuple[str, str, str]:
        words = [office.unit.name, office.unit.kind, office.unit.id]
        for _report, facts in self._list_published(office):
            figures = (f"{label} {figure}" for label, figure in facts.key_figures)
            words += [facts.rows.title, facts.published, *figures]
        return office.unit.name or self.title, name_page(office), " ".join(filter(None, words))

    def _list_published(self, office: SiteOffice) -> Iterator[tuple[SiteReport, ReportFacts]]:
        """List the published reports of an office with what is said of them."""
        return ((report, self.facts.get(report.key)) for report in office.reports if report.state == "published")

    def make_feed(self, offices: Sequence[SiteOffice]) -> bytes:
        """Return the newest reports as a feed (Atom, RFC 4287)."""
        found = (
            (facts.published, facts.rows.title, office, report)
            for top in offices
            for office in top.walk()
            for report, facts in self._list_published(office)
            if facts.published
        )
        newest = nlargest(_FEED_SIZE, found, key=lambda entry: (entry[0], entry[2].unit.id))
        updated = newest[0][0] if newest else "1970-01-01"
        base = self.address or "urn:nianbao:"
        entries = "".join(
            f"<entry><id>{escape_xml(base + quote(name_page(office)))}#{report.period}</id>"
            f"<title>{escape_xml(title)}</title><updated>{published}T00:00:00Z</updated>"
            f"<author><name>{escape_xml(office.unit.name or self.title)}</name></author>"
            f'<link href="{escape_xml(self.address + quote(name_page(office)))}#{report.period}"/></entry>\n'
            for published, title, office, report in newest
        )
        link = f'<link rel="self" href="{escape_xml(self.address)}{FEED}"/>'
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
            f"<id>{escape_xml(base)}{FEED}</id><title>{escape_xml(self.title)}</title>"
            f"<updated>{updated}T00:00:00Z</updated>{link}\n{entries}</feed>\n"
        ).encode()

    def make_sitemap(self, names: Iterable[str]) -> bytes:
        """Return the list of all pages for search engines; they want whole addresses."""
        lines = "".join(f"<url><loc>{escape_xml(self.address + quote(name))}</loc></url>\n" for name in names)
        schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
        return f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="{schema}">\n{lines}</urlset>\n'.encode()

    def _fill(self, name: str, **names: object) -> bytes:
        try:
            return self._environment.get_template(f"{TEMPLATES}/{name}").render(**names).encode()
        except TemplateError as error:
            at = f"{getattr(error, 'name', None) or name}:{getattr(error, 'lineno', '')}".rstrip(":")
            raise UserError(_("template-error", at=at, error=error)) from error

    def _format_day(self, day: str) -> str:
        return self.locale.format_date(date.fromisoformat(day)) if day else ""

    def _describe_rows(self, offices: Sequence[SiteOffice], parts: Sequence["Part"]) -> list[dict[str, Any]]:
        """Describe the rows of a list of offices: one for each, or for each part of a long list."""
        return [
            {"name": self._name_part(part), "kind": "", "page": part.page, "counts": _count_states(part.offices)}
            for part in parts
        ] or list(map(self._describe_row, offices))

    def _name_part(self, part: "Part") -> str:
        first, last = (one.unit.name or self.title for one in (part.offices[0], part.offices[-1]))
        numbers = {"start": part.start, "end": part.start + len(part.offices) - 1}
        return self.locale.say("site-part", **numbers, first=first, last=last)

    def _describe_row(self, office: SiteOffice) -> dict[str, Any]:
        return {
            "name": office.unit.name or self.title,
            "kind": office.unit.kind,
            "page": name_page(office),
            "counts": _count_states([office]),
            "state": office.reports[0].state if office.reports else "",
        }

    def _describe_report(self, report: SiteReport) -> dict[str, Any]:
        facts = self.facts.get(report.key) if report.state == "published" else None
        return {
            "id": str(report.period),
            "period": self.locale.format_period(report.period),
            "state": report.state,
            "draft": report.draft,
            "title": facts.rows.title if facts else "",
            "published": facts.published if facts else "",
            "key_figures": facts.key_figures if facts else (),
            "files": [{"name": file.name, "format": file.format, "size": file.size} for file in report.files],
        }

    def _format_dataset(self, offices: Sequence[SiteOffice], files: Sequence[DataFile]) -> dict[str, Any]:
        """Describe the data for search engines, as a Dataset of schema.org."""
        periods = [report.period for top in offices for office in top.walk() for report in office.reports]
        return {
            "@context": "https://schema.org",
            "@type": "Dataset",
            "name": self.title,
            "description": self.locale.say("site-data-described"),
            "inLanguage": self.locale.language,
            **({"url": self.address} if self.address else {}),
            **({"temporalCoverage": f"{min(periods)}/{max(periods)}"} if periods else {}),
            "distribution": [
                {"@type": "DataDownload", "encodingFormat": file.suffix, "contentUrl": self.address + quote(file.name)}
                for file in files
            ],
        }


def name_page(office: SiteOffice) -> str:
    """Name the page of an office below the site."""
    return name_office_page(office.unit.id)


def name_office_page(office: str) -> str:
    """Name the page of an office, by its folder."""
    return f"offices/{office or _OWN}.html"


class Part(Struct, frozen=True):
    """A part of a long list of offices, on a page of its own; `start` is the number of its first office, from 1."""

    page: str
    start: int
    offices: Sequence[SiteOffice]


def name_parts(office: SiteOffice) -> str:
    """Name the folder of the pages of a long list of the offices below one."""
    return f"lists/{office.unit.id}"


def list_parts(offices: Sequence[SiteOffice], folder: str) -> list[Part]:
    """Divide a long list of offices into parts of one size, with pages in a folder; a short one into none."""
    if len(offices) <= PART_SIZE:
        return []
    size = ceil(len(offices) / ceil(len(offices) / PART_SIZE))
    return [
        Part(f"{folder}/{number}.html", start + 1, offices[start : start + size])
        for number, start in enumerate(range(0, len(offices), size), 1)
    ]


def _count_states(offices: Iterable[SiteOffice]) -> Counter[str]:
    """Count the states of the reports of offices, and of those on every level below them."""
    return Counter(report.state for office in offices for one in office.walk() for report in one.reports)


def _list_levels(offices: Sequence[SiteOffice], level: int = 1) -> Iterable[tuple[int, SiteOffice]]:
    for office in offices:
        yield level, office
        yield from _list_levels(office.below, level + 1)


def _count(pairs: Iterable[tuple[str, SiteReport]]) -> dict[str, Counter[str]]:
    """Count the states of reports by a label; those without one are left out."""
    counts: dict[str, Counter[str]] = {}
    for label, report in pairs:
        if label:
            counts.setdefault(label, Counter())[report.state] += 1
    return counts
