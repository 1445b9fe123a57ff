"""The only door to pandoc and Typst: Markdown goes in, finished files come out."""

import json
import logging
import os
import re
import tempfile
from collections.abc import Container, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from time import sleep
from typing import Any
from unicodedata import category

from nianbao.finding import Stop
from nianbao.language import _
from nianbao.look import PARTS, SURE, derived, fonts, worded
from nianbao.look import faces as named_faces
from nianbao.markdown import DIALECT
from nianbao.printing import Face, Format, Printed, Printing

PRESS = Path(__file__).with_name("press.lua")
BLOCKS = Path(__file__).with_name("readers") / "blocks.lua"
_MEMORY = 1024  # MB that pandoc may take to read a file
_SECONDS = 60  # that it may take
_PAGES = re.compile(rb"/Type\s*/Pages\s*/Count (\d+)")  # the root of Typst's page tree


def print_all(  # noqa: PLR0913  # what one printing is told
    markdown: str,
    formats: Sequence[Format],
    look: Mapping[str, Any],
    *,
    day: date,
    carried: Mapping[str, str] | None = None,
    draft: bool = False,
) -> Printing:
    """Print a page in every format from one reading.

    `day` is the date that the files carry, so that the same facts give the same bytes. `carried` is what
    each file carries with it: `facts` (TOML) and `about` (JSON-LD), as far as given. Raises `Stop` where pandoc
    or Typst fail.
    """
    variables: dict[str, Any] = {
        "look": look,
        "word": worded(look),
        "face": named_faces(look),
        "fonts": fonts(look),
        **derived(look),
        **(carried or {}),
        "day": {"year": day.year, "month": day.month, "day": day.day},
    }
    variables |= {"draft": True} if draft else {}
    embeds = any(part.engine for part in formats)
    stamp = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    with tempfile.TemporaryDirectory(prefix="nianbao-") as work:
        told = [_told(part) for part in sorted(formats, key=lambda part: not part.engine)]
        stand_ins = _stand_ins(markdown, look) if embeds else {}
        job = {
            "formats": told,
            "variables": _worded(variables),
            "epoch": str(stamp),
            "work": work,
            "stand_ins": [list(pair) for pair in stand_ins.items()],
        }
        with ThreadPoolExecutor(1) as beside:  # pandoc is a process of its own: read the fonts meanwhile
            answered = beside.submit(_pandoc, markdown, job, Path(work))
            chosen = faces(look) if embeds else []
            inputs = {"facts": (carried or {}).get("facts", ""), "faces": json.dumps(_families(look, chosen))}
            made = {}
            for part in sorted(formats, key=lambda part: not part.engine):  # Typst works while pandoc goes on
                content = _awaited(Path(work) / f"page.{part.suffix}", answered)
                made[part.suffix] = _finished(part, content, stamp, inputs, Path(work))
            left_out = answered.result()
    return Printing([made[part.suffix] for part in formats], left_out, tuple(chosen))


def faces(look: Mapping[str, Any]) -> list[Face]:
    """Choose a family for each face of the look: the first official one that is installed, else the free one."""
    known = set(_fonts().families())
    chosen = []
    for role, face in look["faces"].items():
        family = next((name for name in face["official"] if name in known), face["free"])
        chosen.append(Face(role, face["name"], family, family in face["official"]))
    return chosen


def _families(look: Mapping[str, Any], chosen: Sequence[Face]) -> dict[str, list[str]]:
    """Return, for each part of the page, the families that draw it, best first; none where none were chosen."""
    drawn = {face.role: face.family for face in chosen}
    free = [face["free"] for face in look["faces"].values()]
    return {part: list(dict.fromkeys([drawn[look[part]["face"]], *free])) for part in PARTS if drawn}


def undrawable(signs: frozenset[str], look: Mapping[str, Any]) -> frozenset[str]:
    """Return those of some signs that no face can draw: empty boxes in the PDF.

    The faces of the look come first; Typst falls back on any other that is installed.
    """
    answers = _answers()
    left = signs - answers.keys()
    if left:  # else no font need be read
        wanted = {face.family for face in faces(look)} | {face["free"] for face in look["faces"].values()}
        installed = {font.family: font for font in _fonts().fonts() if font.path}
        for family in sorted(installed, key=lambda family: family not in wanted):
            drawn = _signs_of(installed[family].path, installed[family].index)
            found = {sign for sign in left if ord(sign) in drawn}
            answers.update(dict.fromkeys(found, True))
            left -= found
            if not left:
                break
        answers.update(dict.fromkeys(left, False))
    return frozenset(sign for sign in signs if not answers[sign])


@cache
def _answers() -> dict[str, bool]:
    """Keep which signs can be drawn: looking through every font takes a while."""
    return {}


def _signs_of(path: str, index: int) -> Container[int]:
    from fontTools.ttLib import TTFont  # noqa: PLC0415  # heavy; asked for by rare signs only

    with TTFont(path, fontNumber=index, lazy=True) as font:
        font.setGlyphOrder([str(at) for at in range(font["maxp"].numGlyphs)])  # their real names take long to read
        signs: dict[int, str] = font.getBestCmap()
        return signs


def _stand_ins(text: str, look: Mapping[str, Any]) -> dict[str, str]:
    """Give for each sign that no face draws what is printed in the PDF: its number, and for a joiner nothing."""
    missing = undrawable(frozenset(SURE.sub("", text)), look)
    return {sign: "" if category(sign) == "Cf" else f"〔U+{ord(sign):04X}〕" for sign in sorted(missing)}


def versions() -> dict[str, str]:
    """Return the versions of pandoc and Typst's package that would be used."""
    from importlib.metadata import version  # noqa: PLC0415  # only the doctor asks

    try:
        found = _pypandoc().get_pandoc_version()
    except OSError:
        found = _("没有找到；重新安装 pypandoc_binary")
    return {"pandoc": found, "typst": version("typst")}


def blocks(content: bytes, reader: str) -> tuple[str, list[dict[str, Any]]]:
    """Read a file with one of pandoc's readers: its title, and its blocks as `readers/blocks.lua` tells them.

    Pandoc runs in its sandbox, so that no file fetches, includes or executes anything, with bounded memory
    and time. Raises ValueError where it cannot read the file, MemoryError where it has not enough for it.
    """
    import subprocess  # noqa: PLC0415  # only an import asks

    command = [_pypandoc().get_pandoc_path(), "+RTS", f"-M{_MEMORY}m", "-A32m", "-RTS", "--sandbox", "--quiet"]
    with tempfile.NamedTemporaryFile(prefix="nianbao-") as source:
        source.write(content)
        source.flush()
        try:
            done = subprocess.run(  # noqa: S603  # the bundled pandoc, no shell
                [*command, "--from", reader, "--to", str(BLOCKS), "--variable", f"dialect={DIALECT}", source.name],
                capture_output=True,
                check=True,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise ValueError(_("{seconds} 秒还没有读完", seconds=_SECONDS)) from error
        except subprocess.CalledProcessError as error:
            if re.search(b"[Hh]eap exhausted|not enough memory", error.stderr):
                raise MemoryError from error
            said = error.stderr.decode(errors="replace").strip().splitlines()
            raise ValueError(said[-1] if said else str(error)) from error
    told = json.loads(done.stdout)
    return told["title"], list(told["blocks"])


def _told(part: Format) -> dict[str, Any]:
    fields = {
        name: getattr(part, name)
        for name in ("suffix", "folder", "writer", "template", "reference", "filter", "finish")
    }
    return {name: value for name, value in fields.items() if value} | {"options": dict(part.options or {})}


def _worded(value: Any) -> Any:  # noqa: ANN401  # any tree of plain values
    """Turn numbers into text, since pandoc's templates print 37 as 37.0 otherwise."""
    if isinstance(value, Mapping):
        return {key: _worded(item) for key, item in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    return value


def _pandoc(markdown: str, job: Mapping[str, Any], work: Path) -> list[str]:
    told = work / "press.json"
    told.write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")
    try:
        text = _pypandoc().convert_text(
            markdown,
            to=str(PRESS),
            format=DIALECT,
            extra_args=["--quiet", "--variable", f"press={told}"],
            verify_format=False,
        )
    except (RuntimeError, OSError) as error:
        raise Stop(_("pandoc 没有写成：{error}", error=error), _("运行 report doctor 看 pandoc 是否装好")) from error
    left_out: list[str] = json.loads(text)
    return left_out


def _pypandoc() -> Any:  # noqa: ANN401  # a module without types
    import pypandoc  # noqa: PLC0415  # heavy; imported where it is used

    # Of several pandocs pypandoc takes the newest; the bundled one prints the same on every machine.
    bundled = Path(pypandoc.__file__).parent / "files" / ("pandoc.exe" if os.name == "nt" else "pandoc")
    if bundled.exists():
        os.environ.setdefault("PYPANDOC_PANDOC", str(bundled))
    logging.getLogger("pypandoc").setLevel(logging.CRITICAL + 1)  # what goes wrong is said once, by us
    return pypandoc


def _awaited(path: Path, answered: Future[list[str]]) -> bytes:
    """Read a file as soon as pandoc has put it in place; raises what stopped pandoc where it never does."""
    while not path.exists():
        if answered.done():
            answered.result()
            break
        sleep(0.002)
    return path.read_bytes()


def _finished(part: Format, content: bytes, stamp: int, inputs: dict[str, str], work: Path) -> Printed:
    if part.engine != "typst":
        return Printed(part.suffix, content)
    import typst  # noqa: PLC0415  # heavy; imported where it is used

    try:
        made = typst.compile(
            content,
            root=str(work),  # the page needs no file and may read none but the job
            font_paths=_fonts(),
            sys_inputs=inputs,
            pdf_standards=list(part.standards),
            timestamp=stamp,
        )
    except typst.TypstError as error:
        raise Stop(
            _("typst 没有排成：{message}", message=error.message), _("若改过 templates/formats/pdf，请检查模板")
        ) from error
    pages = _PAGES.search(made)
    return Printed(part.suffix, made, int(pages[1]) if pages else 0)


@cache
def _fonts() -> Any:  # noqa: ANN401  # typst.Fonts, imported where it is used
    import pylopdf_fonts_zh_cn  # noqa: PLC0415  # see above
    import typst  # noqa: PLC0415  # heavy; imported where it is used

    return typst.Fonts(
        include_system_fonts=True,
        include_embedded_fonts=False,
        font_paths=[str(pylopdf_fonts_zh_cn.serif_path().parent)],
    )
