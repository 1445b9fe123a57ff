"""Explain to a person why a text is not TOML: each slip of the pen by itself, else what the parser says."""

import re
from collections.abc import Iterable, Iterator, Sequence
from unicodedata import category

import toml_rs
from msgspec.structs import replace

from nianbao.model.finding import Finding, Place
from nianbao.model.i18n import N_, _, join_words
from nianbao.model.parsing.scanner import find_slips
from nianbao.model.parsing.signs import Slip, correct

_LONGEST_TEXT = 2_000_000  # characters that are searched for slips: no data file may be longer
_LONGEST_LINE = 160  # characters of a line that is shown as it should be
_MOST_TOLD = 20  # slips of one file
_MANY_LINES = 5  # with slips of one kind, which are told together
_CONTROL = "Cc"  # the Unicode category of control characters
_PROSE = "slip-prose"
_ERROR_PLACE = re.compile(r"TOML parse error at line (\d+), column (\d+)")
_REASONS = (
    ("duplicate key", N_("toml-key-twice")),
    ("key with no value", N_("toml-key-without-value")),
    ("string values must be quoted", N_("toml-value-missing-or-unquoted")),
    ("unquoted key", N_("toml-key-needs-quotes")),
    ("unclosed", N_("toml-bracket-open")),
    ("invalid date", N_("toml-no-such-date")),
    ("leading zero", N_("toml-leading-zero")),
    ("invalid boolean", N_("toml-word-unquoted")),
    ("escaped value", N_("toml-wrong-escape")),
    ("extra assignment", N_("toml-comma-missing")),
    ("basic string", N_("toml-quote-open")),
    ("literal string", N_("toml-quote-open")),
)


def explain_error(text: str, file: str, error: str, *, is_data: bool = True) -> Finding:
    """Explain why a text is not TOML; `error` is the message of the parser. Further findings are in `others`.

    Of slips in data files it says that a command mends them.
    """
    slips = find_slips(text, is_data=is_data) if len(text) <= _LONGEST_TEXT else []
    found = _gather_alike(_describe_slips(slips, text, file, is_data=is_data))
    told = {finding.place.line for finding in found}
    rest = _find_rest(correct(text, slips, certain=False, known=False)) if slips else error
    if rest:
        finding = _describe_error(text, file, rest)
        found += [] if found and finding.place.line in told else [finding]
    found.sort(key=lambda finding: (finding.place.line, finding.place.column))
    if len(found) > _MOST_TOLD:
        more = Finding("broken-toml", "error", Place(file), _("slips-more", count=len(found) - _MOST_TOLD))
        found = [*found[:_MOST_TOLD], more]
    return replace(found[0], others=tuple(found[1:]))


def _find_rest(text: str) -> str:
    """Return what the parser says of a text whose slips are corrected; nothing if it is TOML."""
    try:
        toml_rs.loads(text)
    except toml_rs.TOMLDecodeError as error:
        return str(error)
    return ""


def _describe_error(text: str, file: str, error: str) -> Finding:
    """Describe an error of the parser; its columns are used as characters."""
    why = error.splitlines()[-1]
    reason = _(next((words for start, words in _REASONS if start in why), N_("toml-unreadable-here")))
    lines = text.split("\n")
    found = _ERROR_PLACE.match(error)
    line, column = (int(found[1]), int(found[2])) if found else (0, 0)
    place = Place(file, line, column, 1, lines[line - 1].rstrip("\r")) if 0 < line <= len(lines) else Place(file)
    if category(place.source[column - 1 : column] or " ") == _CONTROL:
        message = _("unprintable-character", code=ord(place.source[column - 1]))
        return Finding("broken-toml", "error", place, message, fix=_("delete-character"))
    return Finding("broken-toml", "error", place, _("toml-not-valid", why=reason))


# ── slips ────────────────────────────────────────────────────────────────────


def _gather_alike(described: Iterable[tuple[str, Finding]]) -> list[Finding]:
    """Make one finding of slips of one kind that a command mends, where they stand on many lines."""
    by_key: dict[str, list[Finding]] = {}
    found: list[Finding] = []
    for key, finding in described:
        if key:
            by_key.setdefault(key, []).append(finding)
        else:
            found.append(finding)
    for alike in by_key.values():
        if len(alike) < _MANY_LINES:
            found += alike
            continue
        lines = join_words([str(finding.place.line) for finding in alike[1:]])
        found.append(replace(alike[0], notes=(_("slips-alike-on-lines", lines=lines),), fix=_("run-fix-for-all")))
    return found


def _describe_slips(slips: Sequence[Slip], text: str, file: str, *, is_data: bool) -> Iterator[tuple[str, Finding]]:
    """Describe slips: those of one kind on one line together, and lines of words that follow each other.

    With each comes the key of its message where a command mends them.
    """
    prose_line = -1
    for number, source, of_line in split_by_line(slips, text):
        known = all(slip.after is not None for slip in of_line)
        is_mended = is_data and all(slip.certain for slip in of_line)
        right = correct(source, of_line, certain=False).strip().replace("\t", " ") if known else ""
        by_key: dict[str, list[Slip]] = {}
        for slip in of_line:
            by_key.setdefault(slip.key, []).append(slip)
        for key, group in by_key.items():
            is_more_prose = key == _PROSE and prose_line == number - 1
            prose_line = number if key == _PROSE else prose_line
            if key and not is_more_prose:
                finding = _describe_group(group, source, Place(file, number))
                yield key if is_mended else "", replace(finding, fix=_describe_fix(right, is_mended=is_mended))


def split_by_line(slips: Sequence[Slip], text: str) -> Iterator[tuple[int, str, list[Slip]]]:
    """Split slips by the lines where they begin: the number of the line, its text, and its slips with places in it."""
    start = at = 0
    for number, line in enumerate(text.split("\n"), 1):
        first = at
        while at < len(slips) and slips[at].start <= start + len(line):
            at += 1
        if at > first:
            yield number, line.rstrip("\r"), [slip.move(-start) for slip in slips[first:at]]
        start += len(line) + 1


def describe_slip(slip: Slip, parts: Iterable[str]) -> str:
    """Say what is wrong at a slip, or several of its kind, by the parts of the text."""
    named = dict.fromkeys(_name_part(part) for part in parts if part)
    return _(slip.key, value=" ".join(named), **dict(slip.values))


def _name_part(part: str) -> str:
    """Name a part of a text for people: a blank or an invisible sign by its number."""
    if not part.strip():
        return _name_sign(part[0])
    return "".join(sign if sign.isprintable() else _name_sign(sign) for sign in part.replace("\t", " "))


def _name_sign(sign: str) -> str:
    return _("blank-sign", code=f"{ord(sign):04X}")


def _describe_group(slips: Sequence[Slip], source: str, place: Place) -> Finding:
    """Describe slips of one kind on one line, of which the first is pointed at."""
    first = slips[0]
    length = max(1, min(first.end, len(source)) - first.start)
    place = replace(place, column=first.start + 1, length=length, source=source)
    message = describe_slip(first, (source[slip.start : slip.end] for slip in slips))
    return Finding("broken-toml", "error", place, message, label=_label(first))


def _describe_fix(right: str, *, is_mended: bool) -> str:
    """Say how a line should be, without its comment where it is long, and whether a command mends it."""
    if len(right) > _LONGEST_LINE:
        right = right.rpartition("  #")[0].rstrip()
    if not right or len(right) > _LONGEST_LINE:
        return ""
    return _("write-line-or-run-fix", line=right) if is_mended else _("write-line", line=right)


def _label(slip: Slip) -> str:
    """Say what belongs at the place that is pointed at."""
    if slip.after is None:
        return ""
    if not slip.after.strip():
        return _("should-be-blank") if slip.after else _("delete-this")
    if slip.start == slip.end:
        return _("sign-is-missing", sign=slip.after.strip())
    return _("expected-value", value=slip.after.strip())
