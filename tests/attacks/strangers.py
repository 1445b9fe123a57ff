"""What the samples of strangers' data files are made from."""

from nianbao.model.finding import Finding
from nianbao.workspace.store import Store

FACTS = """year = 2024
published = 2025-01-20
[agency]
name = "某市某局"
[proactive]
[requests]
received = { person = 5 }
outcome.granted = { person = 5 }
[review_litigation]
"""


def put(folder, files):
    """Write texts below a folder by their names."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def raise_findings(monkeypatch):
    """Raise what is wrong with a whole file, where the guard makes a finding of it."""

    def raising(read):
        def raised(*about, **more):
            found = read(*about, **more)
            if isinstance(found, Finding):
                raise TypeError(found.message)
            return found

        return raised

    for name in ("facts", "report"):
        monkeypatch.setattr(Store, name, raising(getattr(Store, name)))
