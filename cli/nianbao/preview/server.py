"""The server of a preview: for one report, one user and this machine only."""

import asyncio
import errno
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable
from functools import cache
from pathlib import Path

import msgspec
import uvicorn
from jinja2 import Environment, FileSystemLoader, Template
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from nianbao.checks.answers.accepting import Wanted
from nianbao.model.finding import UserError
from nianbao.model.i18n import _
from nianbao.preview.session import Session
from nianbao.preview.source_drawing import MEDIA_TYPE
from nianbao.preview.watching import Watch
from nianbao.preview.words import list_words

HOST = "127.0.0.1"
DEFAULT_PORT = 8020
_TRIED_PORTS = 20
_STATIC = Path(__file__).with_name("static")
_ASSETS = {
    "preview.js": "text/javascript",
    "source.js": "text/javascript",
    "preview.css": "text/css",
    "paint.css": "text/css",
    "source.css": "text/css",
}
_MAX_BODY = 20_000  # bytes of what a browser sends
_END_SECONDS = 20  # that open connections have when the server ends, on a machine that has stopped for a while, too
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; frame-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
# The report itself runs nothing and asks nobody.
_REPORT_POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:; font-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
}
# Nor does the file that it was imported from, whose pages are pictures of this server.
_SOURCE_POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
}
_PAINT = '<link rel="stylesheet" href="paint.css">'


class _AcceptRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    line: int
    column: int
    rule: str
    address: str
    because: str


def make_app(session: Session, token: str, hosts: frozenset[str]) -> ASGIApp:
    """Make the application; it answers requests for one of the `hosts` ("127.0.0.1:8020") below `/<token>/` only."""
    return _Guard(Starlette(routes=[Mount(f"/{token}", routes=_Pages(session).list_routes())]), token, hosts)


class _Guard:
    """Refuses whoever does not know the token, other names of this machine, and pages of other origins."""

    def __init__(self, app: ASGIApp, token: str, hosts: frozenset[str]) -> None:
        self._app, self._token, self._hosts = app, token, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._may_answer(Request(scope)):
            response = PlainTextResponse("", 404 if scope["type"] == "http" else 403, headers=_HEADERS)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may_answer(self, request: Request) -> bool:
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        token = request.url.path.split("/")[1]
        return (
            host in self._hosts
            and secrets.compare_digest(token.encode(), self._token.encode())
            and origin in {f"http://{host}", *([] if request.method == "POST" else [None])}
            and request.headers.get("sec-fetch-site", "none") in {"same-origin", "none"}
        )


class _Pages:
    """What the server answers."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def list_routes(self) -> list[Route]:
        """List its routes."""
        return [
            Route("/", self.show),
            Route("/state", self.send_state),
            Route("/events", self.send_events),
            Route("/page", self.send_page),
            Route("/official", self.send_official),
            Route("/source", self.send_source),
            Route("/source/{number:int}", self.send_source_page),
            Route("/accept", self.accept, methods=["POST"]),
            Route("/fix", self.fix, methods=["POST"]),
            Route("/{name}", self.send_asset),
        ]

    async def show(self, _request: Request) -> Response:
        """Send the page of the preview."""
        self._session.retry()
        imported = self._session.imported
        html = _load_template("index.html").render(
            words=list_words(), language=_("preview-language"), source=imported.name if imported else ""
        )
        return HTMLResponse(html, headers=_HEADERS)

    async def send_asset(self, request: Request) -> Response:
        """Send a file of the page; no other file has a name here."""
        name = request.path_params["name"]
        if name not in _ASSETS:
            return PlainTextResponse("", 404, headers=_HEADERS)
        return Response((_STATIC / name).read_bytes(), media_type=_ASSETS[name], headers=_HEADERS)

    async def send_state(self, _request: Request) -> Response:
        """Send the findings, the text of the file, and where each fact stands in it."""
        if self._session.imported:
            await self._session.imported.measure()  # on which it depends where a place is shown
        return JSONResponse(self._session.describe(), headers=_HEADERS)

    async def send_events(self, _request: Request) -> Response:
        """Send the number of each new view, as server-sent events."""

        async def iterate() -> AsyncIterator[str]:
            async for version in self._session.iterate_versions():
                yield f"data: {version}\n\n" if version else ":\n\n"

        return StreamingResponse(iterate(), media_type="text/event-stream", headers=_HEADERS)

    async def send_page(self, _request: Request) -> Response:
        """Send the web page of the report."""
        return HTMLResponse(
            self._session.page.replace("</head>", f"{_PAINT}</head>", 1), headers=_HEADERS | _REPORT_POLICY
        )

    async def send_official(self, _request: Request) -> Response:
        """Send the pages of the official format."""
        try:
            pages = await self._session.get_official_pages()
        except UserError as error:
            return JSONResponse({"message": error.message, "fix": error.fix}, 409, headers=_HEADERS)
        html = _load_template("official.html").render(
            pages=pages, language=_("preview-language"), title=_("preview-official")
        )
        return HTMLResponse(html, headers=_HEADERS | _REPORT_POLICY)

    async def send_source(self, _request: Request) -> Response:
        """Send the file that the report was imported from: frames for pictures of its pages, or its text."""
        imported = self._session.imported
        if not imported:
            return PlainTextResponse("", 404, headers=_HEADERS)
        sizes = await imported.measure()
        pages = [
            (number, width, height, _("place-page", number=number)) for number, (width, height) in enumerate(sizes, 1)
        ]
        parts = [] if pages else await asyncio.to_thread(imported.list_parts)
        html = await asyncio.to_thread(
            _load_template("source.html").render,
            pages=pages,
            parts=parts,
            name=imported.name,
            language=_("preview-language"),
        )
        return HTMLResponse(html, headers=_HEADERS | _SOURCE_POLICY)

    async def send_source_page(self, request: Request) -> Response:
        """Send the picture of one of its pages."""
        imported = self._session.imported
        if not imported:
            return PlainTextResponse("", 404, headers=_HEADERS)
        try:
            picture = await imported.draw(request.path_params["number"])
        except UserError as error:
            return JSONResponse({"message": error.message, "fix": error.fix}, 409, headers=_HEADERS)
        return Response(picture, media_type=MEDIA_TYPE, headers=_HEADERS)

    async def accept(self, request: Request) -> Response:
        """Accept a finding, as `report accept` does."""
        try:
            asked = msgspec.json.decode(await _read_body(request), type=_AcceptRequest)
        except (ValueError, msgspec.MsgspecError):
            return PlainTextResponse("", 400, headers=_HEADERS)
        wanted = Wanted(asked.line, asked.column, asked.rule, asked.address)
        return await _answer(self._session.accept(wanted, asked.because))

    async def fix(self, _request: Request) -> Response:
        """Fix what is certain, as `report validate --fix` does."""
        return await _answer(self._session.fix())


async def _answer(work: Awaitable[str]) -> Response:
    try:
        return JSONResponse({"message": await work, "fix": ""}, headers=_HEADERS)
    except UserError as error:
        return JSONResponse({"message": error.message, "fix": error.fix}, 409, headers=_HEADERS)


async def _read_body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MAX_BODY:
            raise ValueError(len(body))
    return body


@cache
def _load_template(name: str) -> Template:
    return Environment(loader=FileSystemLoader(_STATIC), autoescape=True).get_template(name)


def open_socket(port: int) -> socket.socket:
    """Open a port of this machine: the one asked for, or with 0 the first free one from the usual one on.

    Raises `UserError` where it is in use.
    """
    for tried in [port] if port else range(DEFAULT_PORT, DEFAULT_PORT + _TRIED_PORTS):
        opened = socket.socket()
        if os.name == "posix":  # elsewhere it would let two servers share a port
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((HOST, tried))
            opened.listen()
        except (OSError, OverflowError) as error:
            opened.close()
            if getattr(error, "errno", 0) in {errno.EACCES, errno.EPERM} and port:
                break
        else:
            return opened
    raise UserError(_("port-in-use", port=port or DEFAULT_PORT), _("choose-other-port"))


class Server(uvicorn.Server):
    """Serves a session until Ctrl-C, which ends the streams of events at once: browsers would keep them open."""

    def __init__(self, session: Session, app: ASGIApp, watch: Watch) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=_END_SECONDS,
            )
        )
        self._session, self._watch = session, watch

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal ends it."""
        work = [asyncio.create_task(self._session.run()), asyncio.create_task(self._watch.run())]
        try:
            await super().serve(sockets)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            self._session.close()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams of events, then the server."""
        await self._session.end_events()
        await super().shutdown(sockets)
