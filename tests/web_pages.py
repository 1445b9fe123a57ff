"""Web pages judged by the checker of the W3C (Nu Html Checker)."""

import json
import subprocess

import pytest

needs_checker = pytest.mark.needs("vnu", package="npm; npm install --global vnu-jar")


def find_html_faults(path):
    """Ask the checker what is wrong in a web page, or in those of a folder."""
    done = subprocess.run(
        ["vnu", "--skip-non-html", "--errors-only", "--format", "json", path],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return [fault["message"] for fault in json.loads(done.stderr)["messages"]]
