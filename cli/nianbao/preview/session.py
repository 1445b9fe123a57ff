"""The state of a preview: the last view of the report, the last good page, and who waits for changes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct

from nianbao.checks.answers.accepting import Wanted
from nianbao.model.finding import Finding, Place, UserError
from nianbao.model.i18n import N_, _
from nianbao.preview.source_pages import SourcePages
from nianbao.preview.view_process import ViewProcess
from nianbao.preview.views import Source, View, Viewer

_HEARTBEAT_SECONDS = 15  # after which a browser that is gone is noticed


class Commands(Struct, frozen=True):
    """The commands that do the same as the buttons of the page, and the scheme of links that open the user's editor."""

    fix: str
    accept: Callable[[Finding], str]
    editor: str


class Session:
    """One report that is shown, in any number of browser windows; `imported` is the file that it was read from."""

    def __init__(
        self, source: Source, file: str, path: Path, commands: Commands, imported: SourcePages | None = None
    ) -> None:
        self._source, self._file, self._path, self._commands = source, file, path, commands
        self.imported = imported
        self._process = ViewProcess(partial(Viewer, source), N_("shorten-prose-or-check-templates"))
        self._view = View([], "")
        self._page = ""  # the last one that could be made
        self._places: dict[str, tuple[int, int, int]] = {}  # in the last text that could be read
        self._decided = frozenset[str]()  # in the same
        self._official: tuple[int, str] = (0, "")  # of which version, and its pages
        self._changed = asyncio.Event()
        self._condition = asyncio.Condition()
        self._forgets_templates = False
        self._is_closing = False
        self.version = 0  # of the view; 0 before the first one

    @property
    def page(self) -> str:
        """The last web page that could be made; empty before the first one."""
        return self._page

    def request_view(self, *, templates: bool = False) -> None:
        """Ask for a new view, since files have changed; with `templates`, also templates or settings."""
        self._forgets_templates |= templates
        self._process.hurry()
        self._changed.set()

    def retry(self) -> None:
        """Ask for a new view where the last one had no page: its cause may lie elsewhere, as trust in templates."""
        if self.version and self._view.page is None:
            self.request_view(templates=True)

    async def run(self) -> None:
        """Make a view whenever one is asked for, without end."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                if self._forgets_templates:
                    self._forgets_templates = False
                    await self._process.ask("forget_templates")
                view = await self._process.ask("view")
            except UserError as error:
                if self._changed.is_set():  # it was ended, since the files have changed
                    continue
                view = View([_make_finding(error)], self._view.text)
            await self._take(view)

    async def _take(self, view: View) -> None:
        self._view = view
        self._page = view.page or self._page
        self._places = view.places or self._places
        self._decided = self._decided if view.decided is None else view.decided
        async with self._condition:
            self.version += 1
            self._condition.notify_all()

    async def iterate_versions(self) -> AsyncIterator[int]:
        """Yield the number of each new view, and 0 now and then while there is none."""
        seen = 0
        while not self._is_closing:
            try:
                async with asyncio.timeout(_HEARTBEAT_SECONDS):
                    await self._wait_for_other(seen)
            except TimeoutError:
                yield 0
                continue
            if self.version != seen:
                seen = self.version
                yield seen

    async def _wait_for_other(self, version: int) -> None:
        async with self._condition:  # looked at inside, or a view that comes before the lock does would be missed
            await self._condition.wait_for(lambda: self._is_closing or self.version != version)

    async def get_official_pages(self) -> str:
        """Return the pages of the official format of this view; raises `UserError` where there are none."""
        version = self.version
        if self._official[0] != version:
            self._official = (version, await self._process.ask("draw_official_pages"))
        return self._official[1]

    async def accept(self, wanted: Wanted, reason: str) -> str:
        """Accept a finding; return what was done."""
        written = await self._process.ask("accept", wanted, reason, is_change=True)
        return _("preview-accepted", path=written) if written else _("preview-nothing-to-do")

    async def fix(self) -> str:
        """Fix what is certain; return what was done."""
        count = await self._process.ask("fix", is_change=True)
        return _("preview-fixed", count=count) if count else _("preview-nothing-to-do")

    async def end_events(self) -> None:
        """End the streams of events and what is being drawn, so that the server need not wait for the browsers."""
        self._is_closing = True
        await asyncio.to_thread(self.close)
        async with self._condition:
            self._condition.notify_all()

    def close(self) -> None:
        """End the processes."""
        self._process.close()
        if self.imported:
            self.imported.close()

    def describe(self) -> dict[str, Any]:
        """Return all that the page of the preview shows, as plain values."""
        view, levels = self._view, {"error", "warning"} if self._source.strict else {"error"}
        faults = sum(one.level in levels for one in view.findings)
        undecided = self.imported.describe_places(self._decided) if self.imported else []
        to_decide = sum(not one["is_read"] and not one["is_decided"] for one in undecided)
        return {
            "version": self.version,
            "ready": not faults and not to_decide,
            "headline": self._describe_faults(faults, to_decide),
            "findings": [self._describe_finding(one) for one in view.findings],
            "file": self._file,
            "path": self._path.as_posix(),
            "editor": self._commands.editor,
            "fix": self._commands.fix,
            "text": view.text,
            "places": self._places,
            "has_page": bool(self._page),
            "is_stale": view.page is None and self.version > 0,
            "undecided": undecided,
        }

    def _describe_faults(self, faults: int, to_decide: int) -> str:
        if not self.version:
            return _("preview-begins")
        if faults:
            return _("preview-faults-left", count=faults)
        return _("preview-undecided-left", count=to_decide) if to_decide else _("preview-ready")

    def _describe_finding(self, finding: Finding) -> dict[str, Any]:
        place = finding.place
        return {
            "rule": finding.rule,
            "level": finding.level,
            "place": str(place),
            "here": place.file in {self._file, ""},
            "line": place.line,
            "column": place.column,
            "length": place.length,
            "address": finding.address,
            "message": finding.message,
            "label": finding.label,
            "notes": list(finding.notes),
            "fix": finding.fix,
            "accept": self._commands.accept(finding) if finding.accepted_value else "",
        }


def _make_finding(error: UserError) -> Finding:
    return Finding("", "error", Place(""), error.message, fix=error.fix)
