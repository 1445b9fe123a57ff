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
        timeout=300,
    )
    return [f"{fault['url']}: {fault['message']}" for fault in json.loads(done.stderr)["messages"]]


def find_axe_faults(page):
    """Ask axe what is wrong in a page of a browser: rules, and the first element of each."""
    from axe_playwright_python.sync_playwright import Axe  # noqa: PLC0415  # slow to import

    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(fault["id"], fault["nodes"][0]["html"]) for fault in found]
