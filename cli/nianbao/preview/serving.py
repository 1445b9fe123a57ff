"""A preview put together: the session, the watched folders, and the server with its secret address."""

import secrets
import webbrowser
from collections.abc import Callable
from pathlib import Path
from threading import Timer

from msgspec import Struct

from nianbao.importer.undecided_places import ShownFile
from nianbao.model.finding import UserError
from nianbao.model.period import Period
from nianbao.preview.server import HOST, Server, make_app, open_socket
from nianbao.preview.session import Commands, Session
from nianbao.preview.source_pages import SourcePages
from nianbao.preview.views import Source
from nianbao.preview.watching import Watch
from nianbao.workspace.origins.sources import list_added_folders
from nianbao.workspace.store import Store

OPEN_SECONDS = 0.5  # until the browser is opened: the server starts meanwhile


class Options(Struct, frozen=True):
    """The options of a preview; with port 0 it takes the first free one."""

    port: int = 0
    look: str = ""
    strict: bool = False
    poll: bool = False  # look at the files again and again, where the system reports no changes


class Preview:
    """A preview of one report, whose address is known before it runs; `imported` is the file that it was read from."""

    def __init__(
        self, store: Store, period: Period, options: Options, commands: Commands, imported: ShownFile | None = None
    ) -> None:
        shipped_only = store.own is None and bool(store.list_own_templates())
        undecided = (
            tuple(address for place in imported.places for address, _column in place.figures) if imported else ()
        )
        source = Source(store.root, store.key(period), options.look, options.strict, shipped_only, undecided)
        store.content(period)  # raises `UserError` where there is no such file
        pages = SourcePages(imported) if imported else None
        self._session = Session(source, store.data(period), store.path(period).absolute(), commands, pages)
        self._socket = open_socket(options.port)
        token, port = secrets.token_urlsafe(24), self._socket.getsockname()[1]
        self.url = f"http://{HOST}:{port}/{token}/"
        hosts = frozenset({f"{HOST}:{port}", f"localhost:{port}"})
        watch = Watch(store.root, _find_added_folders(store), self._on_change, poll=options.poll)
        self._server = Server(self._session, make_app(self._session, token, hosts), watch)

    def _on_change(self, *, templates: bool) -> None:
        self._session.request_view(templates=templates)

    def run(self, *, should_open: bool = False, on_no_browser: Callable[[], None] | None = None) -> None:
        """Serve until Ctrl-C; with `should_open`, open the page in the browser, or say that there is none."""
        if should_open:
            timer = Timer(OPEN_SECONDS, self._open, (on_no_browser,))
            timer.daemon = True
            timer.start()
        try:
            self._server.run(sockets=[self._socket])
        except KeyboardInterrupt:  # uvicorn raises it again once it has ended
            pass
        finally:
            self._session.close()
            self._socket.close()

    def _open(self, on_no_browser: Callable[[], None] | None) -> None:
        if not webbrowser.open(self.url) and on_no_browser:
            on_no_browser()

    def end(self) -> None:
        """End a preview that runs in another thread."""
        self._server.should_exit = True


def _find_added_folders(store: Store) -> list[Path]:
    try:
        return list_added_folders(store.root, store.settings())
    except UserError:  # which the view says
        return []
