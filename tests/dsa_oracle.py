"""An independent check of published sets: the CSV files alone, in plain Python, by the wording of Annex II.

It shares nothing with the toolkit, so that what both find can be compared cell by cell. Rules have short names of their
own; a place is the number of a part, the record (the head is 1) and the letter of the column.
"""

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

STATES = set(re.findall("..", "ATBEBGCYCZDEDKEEELESFIFRHRHUIEITLTLULVMTNLPLPTROSESISK"))
LANGUAGES = set(re.findall("..", "bgcsdadeelenesetfifrgahrhuitltlvmtnlplptroskslsv"))
PROMPT = 'Text to detail the "Other" keyword.'
CODE, DESCRIPTION, SCOPE = 3, 4, 5
COUNTS = {3: "GHK", 4: "FGHILMNO", 5: "FGHIJKLMNOPQRSTU", 6: "FGHIJKLMNOPQRSTU"}
ITEMS = {3: "H", 4: "HI", 5: "", 6: ""}  # what may be named under several categories
MEDIANS = {3: {"I": "G", "J": "G", "L": "K", "M": "K"}, 4: {"J": "F", "K": "G"}, 5: {}, 6: {}}
ACTIONS = {3: {}, 4: {"J": "LN", "K": "MO"}, 5: {}, 6: {}}  # a median of none of these may be blank
SHARES = ("Accuracy", "Precision", "Recall")


class Failure(NamedTuple):
    """A constraint that fails, at a cell."""

    part: int
    rule: str
    row: int
    column: str


class Row(NamedTuple):
    """A record of parts 3 to 6: its number, code, category and figures by column."""

    number: int
    code: str
    category: str
    description: str
    figures: dict


def letter(position):
    return chr(ord("A") + position) if position < 26 else f"A{chr(ord('A') + position - 26)}"


def read_figure(text):
    """Return the number that a cell holds, also with separators of thousands; None for anything else."""
    plain = text.strip()
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    return Decimal(plain) if re.fullmatch(r"-?\d+(\.\d+)?", plain) else None


def read_parts(folder):
    """Read the files of a set by the numbers of their parts: the records, and what is unusual about the bytes."""
    found = {}
    for path in sorted(Path(folder).glob("*.csv")):
        number = int(re.search(r"(?:^|- )0?(\d+)_", path.name)[1])
        content = path.read_bytes()
        try:
            text, is_utf8 = content.decode("utf-8"), True
        except UnicodeDecodeError:
            text, is_utf8 = content.decode("gb18030"), False
        records = list(csv.reader(io.StringIO(text, newline="")))
        found[number] = records, is_utf8, "\r\n" in text
    return found


def find_failures(folder):
    """Find all that fails in a set; rows without a code are no rows, though blank may mean the code above."""
    parts = read_parts(folder)
    found = list(_check_bytes(parts))
    totals = {}
    for number in (3, 4, 5, 6):
        if number in parts:
            blocks = _read_blocks(number, parts[number][0])
            found += _check_blocks(number, blocks)
            totals |= {(number, column): figure for column, figure in _get_total(blocks).items()}
    if 7 in parts:
        found += _check_appeals(parts[7][0])
    if 8 in parts:
        found += _check_automated(parts[8][0], totals)
    if 9 in parts:
        found += _check_staff(parts[9][0])
    if 10 in parts:
        found += _check_recipients(parts[10][0])
    if 11 in parts:
        found += [
            Failure(11, "too-long", number, "E") for number, row in _rows(parts[11][0]) if len(row[4].strip()) > 5000
        ]
    return found


def _rows(records):
    return [(number, row) for number, row in enumerate(records[1:], 2) if any(cell.strip() for cell in row)]


def _check_bytes(parts):
    for number, (_records, is_utf8, has_crlf) in parts.items():
        if not is_utf8:
            yield Failure(number, "encoding", 0, "")
        if not has_crlf:
            yield Failure(number, "line-ends", 0, "")
    for number, row in _rows(parts[1][0]):
        if "ate" in row[2] and not re.fullmatch(r"\d{4}-\d\d-\d\d", row[3]):
            yield Failure(1, "date-form", number, "D")


# ── parts 3 to 6 ──


def _read_blocks(part, records):
    """Read the rows by scope; parts 4 to 6 have one."""
    blocks, category = {}, ""
    for number, row in _rows(records):
        code = row[CODE].strip()
        if not code:
            continue
        if not code.startswith("KEYWORD_"):
            category = code
        scope = row[SCOPE].strip() if part == 3 else "TOTAL"
        scope = "EL" if scope == "GR" else scope
        if scope != "TOTAL" and scope not in STATES:
            continue
        columns = [*COUNTS[part], *MEDIANS[part]]
        figures = {one: read_figure(row[ord(one) - ord("A")]) for one in columns if ord(one) - ord("A") < len(row)}
        figures = {one: figure for one, figure in figures.items() if figure is not None}
        blocks.setdefault(scope, []).append(Row(number, code, category, row[DESCRIPTION], figures))
    return blocks


def _get_total(blocks):
    return next((row.figures for row in blocks.get("TOTAL", ()) if row.code == "TOTAL"), {})


def _check_blocks(part, blocks):
    for scope, rows in blocks.items():
        yield from _check_sums(part, scope, rows)
        yield from _check_medians(part, rows)
        for row in rows:
            yield from _check_row(part, scope, row)
    if part == 3:
        yield from _check_states(blocks)


def _check_sums(part, scope, rows):
    for column in COUNTS[part]:
        total = next((row for row in rows if row.code == "TOTAL"), None)
        tops = [row for row in rows if row.code.startswith("STATEMENT_")]
        for top in tops:
            below = [row for row in rows if row.category == top.code and row is not top]
            said = [row.figures[column] for row in below if column in row.figures]
            own = top.figures.get(column)
            if own is None and said and scope == "TOTAL":
                yield Failure(part, "category-blank", top.number, column)
            elif own and below and not said:
                yield Failure(part, "subs-blank", top.number, column)
            elif own is not None and said and own != sum(said):
                yield Failure(part, "subs-differ", top.number, column)
        said = [row.figures[column] for row in tops if column in row.figures]
        if total and column in total.figures and said and total.figures[column] != sum(said):
            yield Failure(part, "total-differs", total.number, column)


def _check_medians(part, rows):
    """A median of a whole lies between those of its parts, where no part is missing."""
    for column in MEDIANS[part]:
        tops = [row for row in rows if row.code.startswith("STATEMENT_")]
        wholes = [(row, [one for one in rows if one.category == row.code and one is not row]) for row in tops]
        wholes += [(row, tops) for row in rows if row.code == "TOTAL"]
        for whole, below in wholes:
            said = [row.figures[column] for row in below if column in row.figures]
            own = whole.figures.get(column)
            if own is not None and said and not min(said) <= own <= max(said):
                yield Failure(part, "median-outside", whole.number, column)


def _check_row(part, scope, row):
    figures, number = row.figures, row.number
    if row.code == "KEYWORD_OTHER" and row.description.strip() in {"", PROMPT}:
        shown = {3: "GHK", 4: "FGHILMNO", 5: "FG", 6: "FG"}[part]
        if any(figures.get(column) for column in shown):
            yield Failure(part, "other-undescribed", number, "E")
    for column, count in MEDIANS[part].items():
        if figures.get(column) and figures.get(count) == 0:
            yield Failure(part, "median-of-none", number, column)
        needed = ACTIONS[part].get(column, count)
        if column not in figures and all(one in figures for one in needed) and any(figures[one] for one in needed):
            yield Failure(part, "median-missing", number, column)
    bounds = [("trusted-exceeds", pair) for pair in ("GF", "IH", "ML", "ON") if part == 4]
    bounds += [("automated-exceeds", "GF")] if part in {5, 6} else []
    if row.code == scope == "TOTAL":
        bounds += [("items-fewer", pair) for pair in {3: ("GH",), 4: ("FH", "GI")}.get(part, ())]
    for rule, (less, more) in bounds:
        if less in figures and more in figures and figures[less] > figures[more]:
            yield Failure(part, rule, number, less)
    if part in {5, 6} and "F" in figures:
        yield from _check_restrictions(part, row)


def _check_restrictions(part, row):
    measures = row.figures["F"]
    restrictions = {column: row.figures[column] for column in COUNTS[part][2:] if column in row.figures}
    for column, figure in restrictions.items():
        if figure > measures:
            yield Failure(part, "restriction-exceeds", row.number, column)
    total = sum(restrictions.values())
    if restrictions and total != measures:
        yield Failure(part, "restrictions-more" if total > measures else "restrictions-fewer", row.number, "F")


def _check_states(blocks):
    states = [rows for scope, rows in blocks.items() if scope != "TOTAL"]
    others = {}
    for row in blocks.get("TOTAL", ()):
        if row.code == "KEYWORD_OTHER":
            others.setdefault(row.category, []).append(row)
            continue
        same = [one for rows in states for one in rows if one.code == row.code]
        yield from _compare_states([row], same)
    for category, rows in others.items():
        same = [one for block in states for one in block if (one.code, one.category) == ("KEYWORD_OTHER", category)]
        yield from _compare_states(rows, same)


def _compare_states(rows, same):
    for column in COUNTS[3]:
        own = [row.figures[column] for row in rows if column in row.figures]
        said = [row.figures[column] for row in same if column in row.figures]
        if own and said and sum(own) != sum(said):
            yield Failure(3, "states-differ", rows[0].number, column)


# ── what a file has that the template has not ──

FORMS = {3: "GHIJKLM", 4: "FGHIJKLMNO", 5: "FGHIJKLMNOPQRSTU", 6: "FGHIJKLMNOPQRSTU", 7: "G", 8: "G", 9: "G", 10: "G"}
WIDTHS = {1: 4, 2: 4, 3: 20, 4: 25, 5: 37, 6: 37, 7: 8, 8: 8, 9: 8, 10: 7, 11: 5}
SCOPES = {"Total number", "Own-initiative", "NAM Total", "NAM Trusted Flagger", "[...]", "TOTAL"}


def find_oddities(folder, blanks):
    """Find cells that are not as the template has them; `blanks` is the folder of the official blanks."""
    heads = {}
    for path in Path(blanks).glob("*.csv"):
        records = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8"), newline="")))
        heads[int(re.search(r"_Part_(\d+)_", path.name)[1])] = records[0]
    parts = read_parts(folder)
    period = next(_read_day(row[3]) for _number, row in _rows(parts[1][0]) if row[2].startswith("Starting"))
    period += "/" + next(_read_day(row[3]) for _number, row in _rows(parts[1][0]) if row[2].startswith("Ending"))
    found = []
    for number, (records, *_rest) in parts.items():
        found += _find_head_oddities(number, records[0], heads[number])
        for row, cells in enumerate(records[1:], 2):
            found += _find_row_oddities(number, row, cells, period)
    return found


def _find_head_oddities(part, records, expected):
    for at, text in enumerate(records):
        if at >= len(expected):
            yield Failure(part, "extra-column", 1, letter(at))
        elif fold(text) != fold(expected[at]):
            yield Failure(part, "head", 1, letter(at))


def _read_day(text):
    return "-".join(f"{int(part):02}" for part in re.findall(r"\d+", text)[:3])


def fold(text):
    return " ".join(text.split()).casefold().replace(chr(0x2019), "'")


def _find_row_oddities(part, row, cells, period):
    if not any(cell.strip() for cell in cells):
        yield Failure(part, "empty-row", row, "")
        return
    scope = cells[SCOPE].strip() if part in (3, 7, 8, 9, 10) and len(cells) > SCOPE else ""
    if part == 3 and not cells[CODE].strip():
        yield Failure(part, "no-code", row, "D")
    if (part in (3, 10) and scope == "GR") or (part == 8 and scope not in LANGUAGES | SCOPES):
        yield Failure(part, "scope", row, "F")
    if (
        part == 8
        and re.fullmatch(r"[\d/-]+", cells[2])
        and "/".join(map(_read_day, re.findall(r"[-\d]+" if "-" in cells[2] else r"\d+/\d+/\d+", cells[2]))) != period
    ):
        yield Failure(part, "period", row, "C")
    is_told = False
    for column in FORMS.get(part, ()):
        text = cells[ord(column) - ord("A")].strip()
        figure = read_figure(text)
        is_share = part == 8 and cells[4].rpartition(" - ")[2].strip() in SHARES
        if part == 3 and len(scope) > 2 and "AT" in scope and figure and not is_told:
            is_told = True
            yield Failure(part, "placeholder-scope", row, "")
        if "," in text and figure is not None:
            yield Failure(part, "thousands-separator", row, column)
        if text and figure is None:
            yield Failure(part, "share-form" if is_share else "not-a-number", row, column)
        if part in (7, 8) and not is_share and not re.match("Median|Percentage", scope) and re.search(r"\.0+$", text):
            yield Failure(part, "written-as-decimal", row, column)


# ── parts 7 to 10 ──


def _read_values(records, keep=lambda text: text):
    """Read the values by indicator and scope: the number of the record, and the figure."""
    found = {}
    for number, row in _rows(records):
        if len(row) > 6 and (figure := read_figure(row[6])) is not None:
            found.setdefault((keep(" ".join(row[4].split())), row[5].strip()), (number, figure))
    return found


def _shorten(indicator):
    for name, start in {
        "all": "Number of complaints",
        "disputes": "Number of disputes",
        "visibility": "Complaint regarding a decision to remove",
        "service": "Complaint regarding a decision to suspend or terminate the",
        "account": "Complaint regarding a decision to suspend or terminate an",
        "monetary": "Complaint regarding a decision to restrict",
        "notice": "Complaint regarding a decision not to take action on a notice submitted in",
        "trusted": "Complaint regarding a decision not to take action on a notice submitted by",
        "solely": "Number of measures solely",
        "not": "Number of measures not",
        "notices solely": "Number of notices solely",
        "notices not": "Number of notices not",
        "internal": "Number of internal",
        "external": "Number of external",
        "expertise": "Number of total moderators",
    }.items():
        if indicator.startswith(start):
            return name
    return indicator.rpartition(" - ")[2]


DECISIONS = ("Decisions upheld", "Decisions partially reversed", "Decisions reversed")
GROUNDS = ("visibility", "service", "account", "monetary", "notice", "trusted")


def _check_appeals(records):
    values = _read_values(records, _shorten)
    for one in ("all", "disputes", *GROUNDS):
        if (one, "Total number") in values:
            yield from _check_decisions(values, one)
    for scope in ("Total number", *DECISIONS):
        if ("all", scope) in values:
            yield from _check_grounds(values, scope)
    reversed_ = [values["disputes", scope][1] for scope in DECISIONS[1:] if ("disputes", scope) in values]
    share = values.get(("disputes", "Percentage of outcomes implemented"))
    if len(reversed_) == len(DECISIONS[1:]) and not sum(reversed_) and share:
        yield Failure(7, "share-of-none", share[0], "G")


def _check_decisions(values, one):
    row, total = values[one, "Total number"]
    scopes = DECISIONS if one in GROUNDS else (*DECISIONS, "Decision omitted")
    decided = [values[one, scope][1] for scope in scopes if (one, scope) in values]
    if decided and sum(decided) != total:
        yield Failure(7, "decided-more" if sum(decided) > total else "decided-fewer", row, "G")
    if total == 0 and values.get((one, "Median time"), (0, 0))[1]:
        yield Failure(7, "median-of-none", values[one, "Median time"][0], "G")


def _check_grounds(values, scope):
    row, total = values["all", scope]
    grounds = {one: values[one, scope][1] for one in GROUNDS if (one, scope) in values}
    inside = sum(grounds.values()) - grounds.get("trusted", 0)
    if grounds and total not in {sum(grounds.values()), inside}:
        rule = "grounds-exceed" if inside > total else "grounds-differ"
        yield Failure(7, rule if scope == "Total number" else "grounds-decided", row, "G")
    elif scope == "Total number" and total == inside and grounds.get("trusted"):
        yield Failure(7, "trusted-flagger-inside", values["trusted", scope][0], "G")


def _check_automated(records, totals):
    values = _read_values(records, _shorten)
    for number, row in _rows(records):
        indicator, figure = _shorten(" ".join(row[4].split())), read_figure(row[6])
        if indicator in SHARES and figure is not None and not 0 <= figure <= 1:
            yield Failure(8, "share-range", number, "G")
    for one in ("solely", "not"):
        if (one, "Total number") in values:
            yield from _check_scopes(values, one)
    for scope, column in (("NAM Total", "F"), ("NAM Trusted Flagger", "G")):
        said = [values[one, scope] for one in ("notices solely", "notices not") if (one, scope) in values]
        done, received = sum(one[1] for one in said), totals.get((4, column))
        if said and received is not None and done > received:
            yield Failure(8, "notices-exceed", said[0][0], "G")
        elif said and received is not None and done < received and scope == "NAM Total":
            yield Failure(8, "notices-differ", said[0][0], "G")
    yield from _check_own(values, totals)


def _check_scopes(values, one):
    row, total = values[one, "Total number"]
    scopes = {scope: place for (indicator, scope), place in values.items() if indicator == one}
    for scope, (number, figure) in scopes.items():
        if figure > total and (scope == "Own-initiative" or scope in LANGUAGES):
            yield Failure(8, "part-exceeds", number, "G")
    said = [figure for scope, (_row, figure) in scopes.items() if scope in LANGUAGES]
    if said and sum(said) != total:
        yield Failure(8, "languages-differ", row, "G")


def _check_own(values, totals):
    own = [values.get((one, "Own-initiative")) for one in ("solely", "not")]
    automated = [totals[part, "G"] for part in (5, 6) if (part, "G") in totals]
    measures = [totals[part, "F"] for part in (5, 6) if (part, "F") in totals]
    if own[0] and automated and own[0][1] != sum(automated):
        yield Failure(8, "own-automated-differs", own[0][0], "G")
    said = [one for one in own if one]
    done = sum(one[1] for one in said)
    if said and measures and done != sum(measures):
        yield Failure(8, "own-exceeds" if done > sum(measures) else "own-differs", said[0][0], "G")


def _check_staff(records):
    values = _read_values(records, _shorten)
    total = values.get(("expertise", "Total number"))
    sides = [values.get((one, "Total number")) for one in ("internal", "external")]
    languages = {scope: one for (indicator, scope), one in values.items() if scope in LANGUAGES}
    for row, figure in languages.values():
        if total and figure > total[1]:
            yield Failure(9, "part-exceeds", row, "G")
    if total and None not in sides and total[1] > sides[0][1] + sides[1][1]:
        yield Failure(9, "staff-exceeds", total[0], "G")
    if total and total[1] and languages and len(languages) < len(LANGUAGES):
        yield Failure(9, "languages-missing", total[0], "G")


def _check_recipients(records):
    values = {("EL" if scope == "GR" else scope): one for (_, scope), one in _read_values(records).items()}
    states = [one[1] for scope, one in values.items() if scope in STATES]
    if "TOTAL" in values and states:
        row, total = values["TOTAL"]
        if abs(total - sum(states)) > 14:
            yield Failure(10, "states-differ", row, "G")
        if total and len(states) < len(STATES):
            yield Failure(10, "states-missing", row, "G")


def count(failures) -> Iterator[tuple[int, str, int]]:
    """Count failures by part and rule."""
    keys = [(one.part, one.rule) for one in failures]
    return sorted({(*key, keys.count(key)) for key in keys})
