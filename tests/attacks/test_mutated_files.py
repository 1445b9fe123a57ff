"""Published files changed at random: whatever they hold, an import reads them or says why not, and is no mistake.

NIANBAO_FUZZ says for how many seconds; a failure names the seed that repeats it.
"""

import io
import logging
import os
import random
import time
import zipfile
import zlib

import pytest

from nianbao.importer import pipeline
from nianbao.model.finding import Stop
from nianbao.workspace.store import Store

LOG = logging.getLogger(__name__)
SECONDS = float(os.environ.get("NIANBAO_FUZZ", "10"))
WORDS = [
    b"<table ", b"<td rowspan=9999>", b"</table>", b"<tr>", b"|", b"\t", b"\n\n", b"---\n", b":::", b"{{ x }}", b"{%",
    b"\0", b"\xff\xfe", b"\x1b[31m", b"&#0;", b"&amp;", b"<![CDATA[", b"]]>", b"<!--", b"-1", b"0", b"1,234", b"9" * 30,
    b"1e999", "合计".encode(), "（一）".encode(), "三、".encode(), "２０２３".encode(), "𠮷".encode(), b"\xe4\xb8",
]  # fmt: skip


@pytest.fixture(scope="module")
def originals(root, built):
    """Give published files of every kind by suffix and name."""
    found = [path for path in sorted((root / "tests/published").iterdir()) if path.suffix != ".json"]
    found += [built / f"2020.{suffix}" for suffix in ("html", "docx", "pdf")]
    return [(path.suffix, path.read_bytes()) for path in found]


def mutated(content, dice):
    """Change a file: its bytes, or those of a part of a package or of a stream."""
    if content.startswith(b"PK") and dice.random() < 0.9:
        return packed(content, dice)
    if content.startswith(b"%PDF") and dice.random() < 0.8:
        return restreamed(content, dice)
    return changed(content, dice)


def changed(content, dice):
    for _ in range(dice.choice([1, 2, 5, 30])):
        at = dice.randrange(len(content) + 1)
        length = dice.choice([0, 1, 5, 100, 5000])
        some = content[at : at + length]
        put = dice.choice([b"", dice.choice(WORDS), dice.randbytes(dice.randrange(5)), some * 2, some * 50])
        content = content[:at] + put + content[at + length :]
        if len(content) > 2**20:
            break
    return content


def packed(content, dice):
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            hit = dice.random() < (0.5 if "document" in name or "custom" in name else 0.1)
            new.writestr(name, changed(part, dice) if hit else part)
    return made.getvalue()


def restreamed(content, dice):
    """Change a stream of a PDF and pack it again; the table of places is wrong then, which readers mend."""
    start = content.find(b"stream\n", dice.randrange(len(content))) + 7
    end = content.find(b"endstream", start)
    if start < 7 or end < 0:
        return changed(content, dice)
    try:
        stream = zlib.compress(changed(zlib.decompress(content[start:end].strip()), dice))
    except zlib.error:
        return changed(content, dice)
    return content[:start] + stream + b"\n" + content[end:]


def brought(store, path, dice):
    """Import a file; return what is wrong with how that ended, or nothing."""
    try:
        pipeline.import_file(store, str(path), pipeline.ImportOptions(dry_run=True, trust=dice.random() < 0.3))
    except Stop as stop:
        return stop.message if "自己出错" in stop.message else ""
    return ""


def test_a_changed_file_is_read_or_refused(originals, tmp_path):
    (tmp_path / "data").mkdir()
    end, seed, slowest = time.monotonic() + SECONDS, 0, (0.0, 0)
    while time.monotonic() < end:
        seed += 1
        dice = random.Random(seed)
        suffix, content = dice.choice(originals)
        path = tmp_path / f"sent{suffix}"
        path.write_bytes(mutated(content, dice))
        began = time.monotonic()
        wrong = brought(Store(tmp_path), path, dice)
        slowest = max(slowest, (time.monotonic() - began, seed))
        assert not wrong, f"seed {seed}: {wrong}"
    LOG.info("%d files, the slowest took %.1f s (seed %d)", seed, *slowest)
    assert seed > 1
