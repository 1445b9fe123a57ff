"""What sees that an attack succeeded: text of a file that nobody may read, connections, files, and processes."""

import http.server
import io
import re
import threading
import zipfile
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pypdfium2

SECRET = "canary-7f3a9c51"  # noqa: S105  # stands in a file that no output may contain


def texts_of(path):
    """Give every text that a file holds: its bytes, the members of a package, the streams and the pages of a PDF."""
    content = path.read_bytes()
    yield content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            yield from (package.read(name) for name in package.namelist())
    if content.startswith(b"%PDF"):
        for stream in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
            with suppress(zlib.error):
                yield zlib.decompress(stream[1])
        document = pypdfium2.PdfDocument(content)
        yield "".join(page.get_textpage().get_text_range() for page in document).encode()


def holds(folder, text):
    """Tell whether any file below a folder holds a text."""
    raw = text.encode()
    files = [path for path in Path(folder).rglob("*") if path.is_file() and not path.is_symlink()]
    return any(raw in part for path in files for part in texts_of(path))


@contextmanager
def listening():
    """Serve on a free port of the loopback address; give its address, and the list of paths that were asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def snapshot(folder):
    """Give the content of every file below a folder, by its path, to see afterwards what was changed."""
    paths = (path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def processes(folder):
    """List the processes of ours and of pandoc that work in a folder, or were told its name."""
    found = []
    for process in psutil.process_iter(["pid", "name", "cwd", "cmdline"]):
        with suppress(psutil.Error):
            words = " ".join(process.info["cmdline"] or ())
            if str(folder) in words or str(process.info["cwd"] or "").startswith(str(folder)):
                found.append(process)
    return found
