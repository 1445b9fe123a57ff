"""What sees that an attack succeeded: text of a file that nobody may read, connections, files, and processes."""

import http.server
import io
import os
import re
import threading
import zipfile
import zlib
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pypdfium2
from lxml import etree, html

FACTS = """year = 2024
published = 2025-01-20
[agency]
name = "某市某局"
[proactive]
[requests]
[review_litigation]
"""
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


NOT_BUILT = "the report was not built"  # by a sample, or by a mistake of the test
FORMATS = "html,epub,docx,odt,pdf"  # those that `bites` looks into


ADDRESS = re.compile(r"https?://\w|mailto:|#[A-Za-z][\w-]*$")
INSIDE = re.compile(r"text/\w+\.xhtml(?:#\S*)?$")  # of an e-book
PARTS = {"signature", "form", "scroll"}  # classes that the renderer gives


def web(content):
    """Say what in a web page runs code, leads elsewhere, or imitates a part of the page."""
    nodes = [node for node in html.fromstring(content).iter() if isinstance(node.tag, str)]
    places = Counter(node.get("id") for node in nodes if node.get("id"))
    yield from (f"the place {name} {count} times" for name, count in places.items() if count > 1)
    for node in nodes:
        yield from (f"{name} {value}" for name, value in node.attrib.items() if acts(node, name, value))
        classes = set(node.get("class", "").split())
        if node.tag == "script" and node.get("type") not in {"application/toml", "application/ld+json"}:
            yield "a script"
        elif node.tag in {"img", "iframe", "object", "embed", "base", "form"}:
            yield node.tag
        elif classes & PARTS and (
            node.tag == "span" or (node.tag == "div" and "仿冒" in node.text_content() and not scrolls(node))
        ):
            yield "a part of the page"


def scrolls(node):
    """Tell whether a division is what the renderer puts around each table that is no form's."""
    plain = [child.tag for child in node] == ["table"] and not node[0].get("class")
    return plain and node.get("class") in {"scroll", "scroll wide"} and node.get("style", "").startswith("--labels: 0;")


def acts(node, name, value):
    """Tell whether an attribute runs code, leads elsewhere, or sends the reader away."""
    if INSIDE.match(value) or name == "id":
        return False
    leads = name in {"href", "src", "formaction"} and node.tag != "link"
    return (
        name.lower().startswith("on")
        or (leads and not ADDRESS.match(value))
        or (name, value) == ("role", "alert")
        or name == "http-equiv"
        or ("evil.example" in value and node.tag != "meta")
    )


def package(path):
    """Say what of a package leads elsewhere, runs code, or names a style that the look does not have."""
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            content = parts.read(name)
            if name.endswith(".xhtml"):
                yield from web(content)
            elif name.endswith((".xml", ".rels", ".opf")) and content:
                for node in etree.fromstring(content).iter():
                    for key, value in node.attrib.items():
                        target = key.endswith("}href") or (key == "Target" and node.get("TargetMode") == "External")
                        if target and not re.match(r"https?://\w|mailto:|#|\w+\.xml$|\.\./", value):
                            yield f"link {value}"
                        if value == "Smuggled":
                            yield "a style"


def pdf(path):
    document = pypdfium2.PdfDocument(path)
    words = "".join(page.get_textpage().get_text_range() for page in document)
    if "PWNED" in words:
        yield "code of Typst"
    if "standards =" in words:
        yield "a file in the PDF"
    for target in re.findall(rb"/URI ?\(([^)]*)", path.read_bytes()):
        if not re.match(rb"https?://\w|mailto:", target):
            yield f"link {target!r}"


FORGED = re.compile(r'<title>FORGED|name="author" content="FORGED"|<html lang="zh"')


def bites(folder):
    """Say what a report's files do that they must not: nothing where the guards hold."""
    page = folder / "2024.html"
    if not page.exists():
        return {NOT_BUILT}
    found = set(web(page.read_bytes())) | set(pdf(folder / "2024.pdf"))
    for suffix in ("epub", "docx", "odt"):
        found |= set(package(folder / f"2024.{suffix}"))
    found |= {"a forged head"} if FORGED.search(page.read_text("utf-8")) else set()
    return found | ({"text of another file"} if holds(folder, SECRET) else set())


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


def count_seconds():
    """Return the seconds that the processor has worked for this process and for those that it has started and ended."""
    return sum(os.times()[:4])


def snapshot(folder):
    """Give the content of every file below a folder, by its path, to see afterwards what was changed."""
    paths = (path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def processes(folder):
    """List the processes of ours and of pandoc, but this one, that work in a folder, or were told its name."""
    found = []
    for process in psutil.process_iter(["pid", "name", "cwd", "cmdline"]):
        with suppress(psutil.Error):
            words = " ".join(process.info["cmdline"] or ())
            if process.pid == os.getpid():
                continue
            if str(folder) in words or str(process.info["cwd"] or "").startswith(str(folder)):
                found.append(process)
    return found
