"""`report site`: reports built, read and put on pages; only what has changed is written."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from nianbao.build.cache import BuildCache
from nianbao.build.fingerprints import program_fingerprints, template_fingerprints
from nianbao.build.output_folder import describe_times
from nianbao.build.outputs import output_name
from nianbao.build.worker import BuildOptions
from nianbao.checks.results import BuildResult
from nianbao.export.tables import get_keys
from nianbao.model.finding import UserError
from nianbao.model.form import Form
from nianbao.model.i18n import _
from nianbao.model.offices import REGISTER_FILE
from nianbao.model.period import Period
from nianbao.site import dataset, pages
from nianbao.site.dataset import DataFile
from nianbao.site.entries import (
    REPORTS,
    ReportFacts,
    SiteFile,
    SiteOffice,
    StoredFacts,
    list_asked,
    make_offices,
    read_facts,
)
from nianbao.site.folder import SiteFolder
from nianbao.site.pages import Part
from nianbao.workspace.files import display_path, fingerprint, write, write_by
from nianbao.workspace.selection import ReportRef
from nianbao.workspace.store import ReportKey, Store

_Read = Iterable[tuple[ReportKey, ReportFacts] | UserError]
_COMMAND = "site"  # whose results the cache keeps
Track = Callable[[_Read, int], _Read]  # shows progress


class SiteOptions(Struct, frozen=True):
    """The options of a site: its folder, title, and the address where it will be, with a slash at its end or empty."""

    out: Path
    title: str = ""
    address: str = ""


class SiteResult(Struct, frozen=True):
    """What a run made: how many files the site has, how many of them have changed, and which were removed.

    `unpublished` is how many reports of the offices are missing or withheld.
    """

    files: int
    changed: int
    removed: list[str]
    unpublished: int
    errors: list[UserError]


def check_address(address: str) -> str:
    """Return an address with a slash at its end; raises `UserError` for one that is not of the web."""
    if address and not address.startswith(("https://", "http://")):
        raise UserError(
            _("not-a-web-address", address=address), _("write-like-example", example="https://example.org/")
        )
    return address.rstrip("/") + "/" if address else ""


def claim_folder(
    store: Store, options: SiteOptions, reports: Sequence[ReportRef], formats: Sequence[str]
) -> SiteFolder:
    """Open the folder of a site; raises `UserError` where it has files of somebody else that would be replaced.

    It may not be that of the data files either, which has a folder `data` of its own.
    """
    out, root = options.out.resolve(), store.root.resolve()
    if out == root or out.is_relative_to(root / "data"):
        raise UserError(_("site-among-data-files", folder=display_path(options.out)), _("name-folder-for-site"))
    folder = SiteFolder(options.out)
    outputs = (
        f"{REPORTS}/{output_name(of_office, period, suffix)}" for of_office, period in reports for suffix in formats
    )
    offices = {*store.register().units, *(of_office.office for of_office, _period in reports)}
    assets = (f"assets/{name}" for name in pages.ASSETS)
    lists = ["index.html", pages.FEED, pages.SITEMAP, pages.SEARCH_INDEX, dataset.DESCRIPTION]
    folder.claim(chain(outputs, lists, assets, map(pages.name_office_page, sorted(offices))))
    return folder


def make_site(  # noqa: PLR0913, PLR0917  # all that a site is made of
    store: Store,
    options: SiteOptions,
    build: BuildOptions,
    folder: SiteFolder,
    selected: Sequence[ReportRef],
    results: Sequence[BuildResult],
    cache: BuildCache,
    track: Track,
    jobs: int = 0,
) -> SiteResult:
    """Put built reports on a site; `track` shows the progress of reading so many of them.

    Raises `UserError` where a file cannot be written or a template fails.
    """
    periods = sorted({period for _store, period in selected})
    form = store.kind.form_in_force(periods[-1])
    options = replace(options, title=options.title or _make_title(form, periods))
    with closing(StoredFacts()) as facts:
        site = _Site(store, options, folder, cache, form, facts)
        errors = site.read_facts(results, track, jobs)
        with site.write_tables():
            offices = make_offices(store, build, results, facts, list_asked(store, periods, selected))
            site.write_assets()
            site.write_offices(offices)
        site.describe_data()
        site.write_lists(offices)
    changed = site.changed | {file.name: file.changed for file in _list_files(offices)}
    removed = folder.finish(changed)
    reports = [report for top in offices for office in top.walk() for report in office.reports]
    unpublished = sum(report.state != "published" for report in reports)
    return SiteResult(len(changed), sum(changed.values()), removed, unpublished, errors)


class _Site:
    """Writes the files of a site.

    `facts` has what it says of each report; `changed` each file by its name, and whether this run has changed it.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # all that a site is made of
        self,
        store: Store,
        options: SiteOptions,
        folder: SiteFolder,
        cache: BuildCache,
        form: Form,
        facts: StoredFacts,
    ) -> None:
        self.store, self.options, self.folder, self.cache, self.form = store, options, folder, cache, form
        self.facts = facts
        fingerprints = template_fingerprints(store) | program_fingerprints()
        self._context = fingerprint(json.dumps(fingerprints, sort_keys=True))
        self._inputs: dict[ReportKey, str] = {}  # fingerprints of reports
        self.changed: dict[str, bool] = {}
        self.data_files: list[DataFile] = []
        names = [name for name in store.files() if name.startswith(f"{pages.TEMPLATES}/")]
        templates = {name: store.load(name)[0] for name in names}
        texts = (part for item in sorted(templates.items()) for part in item)
        self._common_inputs = fingerprint(*texts, options.title, options.address, form.locale.language)
        self.pages = pages.SitePages(templates, form.locale, self.facts, options.title, options.address)

    def read_facts(self, results: Sequence[BuildResult], track: Track, jobs: int) -> list[UserError]:
        """Read what the site says of each built report, anew only where its inputs have changed; return the errors."""
        stale: list[ReportRef] = []
        for key, facts in ((result.check.key, result.facts) for result in results if result.files):
            self._inputs[key] = fingerprint(self._context, facts)
            known, content = self.cache.find_made(_COMMAND, f"report {key}")
            if known == self._inputs[key]:
                self.facts.add(key, content)
            else:
                stale.append((self.store.of_report(key), key.period))
        errors: list[UserError] = []
        for found in track(read_facts(stale, jobs), len(stale)):
            if isinstance(found, UserError):
                errors.append(found)
                continue
            key, read = found
            content = read.format()
            self.facts.add(key, content)
            self.cache.save_made(_COMMAND, f"report {key}", self._inputs[key], content)
        return errors

    def write_assets(self) -> None:
        """Write the style sheet and the script of the search."""
        self._write(
            {f"assets/{name}": self.pages.templates[f"{pages.TEMPLATES}/{name}"].encode() for name in pages.ASSETS}
        )

    @contextmanager
    def write_tables(self) -> Iterator[None]:
        """Write the figures in every format beside other work, unless none has changed."""
        figures = (part for one in self.facts.list_rows() for part in (*map(str, get_keys(one)), one.figures))
        all_inputs = fingerprint(self._context, *figures, self.store.state(f"data/{REGISTER_FILE}"))
        known, content = self.cache.find_made(_COMMAND, "data")
        names = json.loads(content) if known == all_inputs else []
        if names and all((self.options.out / name).is_file() for name in names):
            self.changed |= dict.fromkeys(names, False)
            yield
            return
        databases = dataset.make_databases(self.store, self.facts.list_rows(), self.facts.editions)
        thread = ThreadPoolExecutor(1)
        try:
            tables = thread.submit(dataset.write_tables, databases, self.options.out)
            yield
            changed = tables.result()
        except BaseException:
            for database in databases.values():
                database.interrupt()
            raise
        finally:
            thread.shutdown()
        self.changed |= changed
        self.cache.save_made(_COMMAND, "data", all_inputs, json.dumps(list(changed)))

    def describe_data(self) -> None:
        """Write the description of the figures."""
        editions = {edition: self.store.kind.edition(edition) for edition in self.facts.editions}
        self.data_files = [
            self._describe_file(name, edition, suffix)
            for (edition, suffix), name in dataset.name_files(sorted(editions)).items()
        ]
        package = dataset.describe(
            editions, self.data_files, self.options.title, self.form.locale, self.options.address
        )
        self._write({dataset.DESCRIPTION: dataset.format_description(package)})

    def _describe_file(self, name: str, edition: str, suffix: str) -> DataFile:
        path = self.options.out / name
        return DataFile(
            name, edition, suffix, path.stat().st_size, self.folder.digest(name, changed=self.changed[name])
        )

    def write_offices(self, offices: Sequence[SiteOffice]) -> None:
        """Write the page of each office."""
        for top in offices:
            self._write_offices(top, ())

    def write_lists(self, offices: Sequence[SiteOffice]) -> None:
        """Write the first page, the search index, the feed and the list of pages."""
        self._write(
            {"index.html": self.pages.fill_index(offices, self.data_files), pages.FEED: self.pages.make_feed(offices)}
        )
        self._write_parts(pages.list_parts(offices, pages.INDEX_PARTS), ())
        index = self.options.out / pages.SEARCH_INDEX
        (saved,) = write_by({index: partial(self.pages.write_search_index, offices)}, self.options.out)
        self.changed[pages.SEARCH_INDEX] = saved.changed
        if self.options.address:
            names = ["", *(name for name in self.changed if name.endswith(".html") and name != "index.html")]
            self._write({pages.SITEMAP: self.pages.make_sitemap(names)})

    def _write_offices(self, office: SiteOffice, above: tuple[SiteOffice, ...]) -> None:
        name, description = pages.name_page(office), self.pages.describe_office(office, above)
        inputs = fingerprint(self._common_inputs, msgspec.json.encode(description))
        path = self.options.out / name
        if self.cache.find_made(_COMMAND, f"page {name}") == (inputs, describe_times(path)):
            self.changed[name] = False
        else:
            self._write({name: self.pages.fill_office(description)})
            self.cache.save_made(_COMMAND, f"page {name}", inputs, describe_times(path))
        self._write_parts(pages.list_parts(office.below, pages.name_parts(office)), (*above, office))
        for below in office.below:
            self._write_offices(below, (*above, office))

    def _write_parts(self, parts: Sequence[Part], above: Sequence[SiteOffice]) -> None:
        """Write the pages of a long list of offices."""
        for part in parts:
            self._write({part.page: self.pages.fill_part(part, parts, above)})

    def _write(self, contents: Mapping[str, bytes]) -> None:
        saved = write({self.options.out / name: content for name, content in contents.items()}, self.options.out)
        self.changed |= {name: file.changed for name, file in zip(contents, saved, strict=True)}


def _list_files(offices: Sequence[SiteOffice]) -> Iterable[SiteFile]:
    return (file for top in offices for office in top.walk() for report in office.reports for file in report.files)


def _make_title(form: Form, periods: Sequence[Period]) -> str:
    names = dict.fromkeys(form.locale.format_period(period) for period in (periods[0], periods[-1]))
    return f"{form.name} {'–'.join(names)}"
