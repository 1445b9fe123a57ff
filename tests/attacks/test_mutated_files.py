"""Published files changed at random: an import reads each or says why it cannot, and has no internal error.

A failure names the seed that repeats it.
"""

import io
import random
import zipfile
import zlib

import pytest
from cases import bring

from nianbao.importer import pipeline
from nianbao.model.finding import UserError
from nianbao.workspace.store import Store

WORDS = [
    b"<table ", b"<td rowspan=9999>", b"</table>", b"<tr>", b"|", b"\t", b"\n\n", b"---\n", b":::", b"{{ x }}", b"{%",
    b"\0", b"\xff\xfe", b"\x1b[31m", b"&#0;", b"&amp;", b"<![CDATA[", b"]]>", b"<!--", b"-1", b"0", b"1,234", b"9" * 30,
    b"1e999", "合计".encode(), "（一）".encode(), "三、".encode(), "２０２３".encode(), "𠮷".encode(), b"\xe4\xb8",
]  # fmt: skip


@pytest.fixture(scope="module")
def originals(root, built):
    """Return published files of every format: pairs of suffix and content."""
    found = [path for path in sorted((root / "tests/published").iterdir()) if path.suffix != ".json"]
    found += [built / f"2020.{suffix}" for suffix in ("html", "docx", "pdf")]
    return [(path.suffix, path.read_bytes()) for path in found]


def mutate(content, rng):
    """Change a file: its bytes, or those of a part of a package or of a stream of a PDF."""
    if content.startswith(b"PK") and rng.random() < 0.9:
        return mutate_package(content, rng)
    if content.startswith(b"%PDF") and rng.random() < 0.8:
        return mutate_pdf_stream(content, rng)
    return mutate_bytes(content, rng)


def mutate_bytes(content, rng):
    for _ in range(rng.choice([1, 2, 5, 30])):
        at = rng.randrange(len(content) + 1)
        length = rng.choice([0, 1, 5, 100, 5000])
        part = content[at : at + length]
        inserted = rng.choice([b"", rng.choice(WORDS), rng.randbytes(rng.randrange(5)), part * 2, part * 50])
        content = content[:at] + inserted + content[at + length :]
        if len(content) > 2**20:
            break
    return content


def mutate_package(content, rng):
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            is_chosen = rng.random() < (0.5 if "document" in name or "custom" in name else 0.1)
            new.writestr(name, mutate_bytes(part, rng) if is_chosen else part)
    return output.getvalue()


def mutate_pdf_stream(content, rng):
    """Change a stream of a PDF and compress it again; the cross-reference table is wrong then, which readers repair."""
    start = content.find(b"stream\n", rng.randrange(len(content))) + 7
    end = content.find(b"endstream", start)
    if start < 7 or end < 0:
        return mutate_bytes(content, rng)
    try:
        stream = zlib.compress(mutate_bytes(zlib.decompress(content[start:end].strip()), rng))
    except zlib.error:
        return mutate_bytes(content, rng)
    return content[:start] + stream + b"\n" + content[end:]


def import_file(store, path, rng):
    """Import a file; return the message of an internal error, or an empty text."""
    try:
        bring(store, str(path), pipeline.ImportOptions(dry_run=True, trust=rng.random() < 0.3))
    except UserError as stop:
        return stop.message if "自己出错" in stop.message else ""
    return ""


@pytest.mark.slow
def test_a_mutated_file_is_read_or_refused(originals, tmp_path, seeds):
    (tmp_path / "data").mkdir()
    for seed in range(seeds("mutated files")):
        rng = random.Random(seed)
        suffix, content = originals[seed % len(originals)]
        path = tmp_path / f"sent{suffix}"
        path.write_bytes(mutate(content, rng))
        wrong = import_file(Store(tmp_path), path, rng)
        assert not wrong, f"seed {seed}: {wrong}"
