"""Web pages judged by the checker of the W3C (Nu Html Checker), and in a browser by axe."""

import json
import subprocess

import pytest

needs_checker = pytest.mark.needs("vnu", package="npm; npm install --global vnu-jar")


def find_html_faults(*paths):
    """Ask the checker once what is wrong in web pages, or in those of folders."""
    done = subprocess.run(
        ["vnu", "--skip-non-html", "--errors-only", "--format", "json", *paths],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return [f"{fault['url']}: {fault['message']}" for fault in json.loads(done.stderr)["messages"]]


def find_axe_faults(page):
    """Ask axe what is wrong in a page of a browser: rules, and the first element of each."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  # slow to import

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(fault["id"], fault["nodes"][0]["html"]) for fault in found]


def note_changes(page, frame):
    """Note from now on which places of a view are marked as changed together, which they are for a moment only."""
    page.evaluate(
        """(frame) => {
            window.noted = [];
            const isMarked = (element) => element.dataset?.changed !== undefined;
            new MutationObserver((records) => {
                const marked = new Set(records.map((record) => record.target).filter(isMarked));
                if (marked.size) window.noted.push([...marked].map((one) => one.dataset.address || one.id));
            }).observe($(frame).contentDocument, { attributeFilter: ["data-changed"], subtree: true });
        }""",
        frame,
    )


def wait_for_changes(page):
    """Wait until places of a view are marked as changed; give the addresses of those that were marked together."""
    return page.wait_for_function("() => window.noted[0]").json_value()
