"""A preview that runs while a test asks it, and saves files."""

import http.client
import json
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep
from urllib.parse import urlsplit

from nianbao.model.period import Period
from nianbao.preview.serving import Options, Preview
from nianbao.preview.session import Commands
from nianbao.workspace.store import Store

WAIT = 600  # s, until something must have happened; other tests may take all of the machine


class Site:
    """A preview that runs, as a browser sees it."""

    def __init__(self, url, file):
        self.url, self.file = url, file
        self.host, self.path = urlsplit(url).netloc, urlsplit(url).path

    def ask(self, name="", method="GET", body=None, **headers):
        connection = http.client.HTTPConnection(self.host, timeout=WAIT)
        given = {"Host": self.host, "Origin": f"http://{self.host}"} | {
            key.replace("_", "-"): value for key, value in headers.items()
        }
        path = name if name.startswith("/") else self.path + name
        connection.request(method, path, body, {key: value for key, value in given.items() if value})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content if answer.headers.get_content_maintype() == "image" else content.decode()

    def state(self):
        return json.loads(self.ask("state")[1])

    def wait(self, is_there):
        """Wait for a state; return it."""
        end = monotonic() + WAIT
        while not is_there(state := self.state()):
            assert monotonic() < end, state
            sleep(0.02)
        return state

    def save(self, old="", new=""):
        """Replace words of the data file."""
        write_whole(self.file, self.file.read_text(encoding="utf-8").replace(old, new, 1))


def write_whole(path, text):
    """Write a file as an editor saves it, a new one in its place: else a preview may find one that is still empty."""
    beside = path.with_name(f".{path.name}.tmp")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


@contextmanager
def run_preview(office, year=2020, imported=None, **options):
    preview = Preview(
        Store(office),
        Period(year),
        Options(**options),
        Commands(f"report validate {year} --fix", lambda _one: "accept", "vscode"),
        imported,
    )
    thread = Thread(target=preview.run)
    thread.start()
    site = Site(preview.url, office / "data" / f"{year}.toml")
    try:
        site.wait(lambda state: state["version"])
        yield site
    finally:
        preview.end()
        thread.join(WAIT)
        assert not thread.is_alive()
