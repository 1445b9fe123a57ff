"""Seeded mistakes: reports that are right, and what happens to their figures under a person's hands."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from nianbao.checks import relation
from nianbao.checks.causes.effects import fold_effects
from nianbao.checks.context import CheckContext
from nianbao.model.facts import parse
from nianbao.model.report import fill_form
from nianbao.model.value_types import format_number
from nianbao.workspace.store import Store

HERE = Path(__file__).parent


class Base(Struct, frozen=True):
    """A report without a mistake: its form, its figures, those of last year's report, and its own prose."""

    form: object
    figures: dict
    before: object
    prose: str = ""
    zeros: bool = True  # whether figures that are 0 are written

    def fill(self, figures=None, *, totals, left_out=()):
        """Fill the form with figures, as a data file has them, with or without totals."""
        text = write(
            self.form,
            self.figures if figures is None else figures,
            totals=totals,
            left_out=left_out,
            zeros=self.zeros or totals,
        )
        prose = f'[prose]\noverview = "{self.prose}"\n' if self.prose else ""
        return fill_form(self.form, parse(f"{text}{prose}", "data/now.toml"), self.before)

    def list_cells(self, *, totals):
        """List the figures that a data file has."""
        return [cell for cell in self.figures if totals or cell not in self.form.totals]


def write(form, figures, *, totals=True, left_out=(), zeros=True):
    """Write the tables of a data file, one row a line."""
    lines = []
    for table in form.tables:
        lines.append(f"[{table.id}]")
        rows = {}
        for slot in table.slots:
            value = figures.get(slot.address)
            if value is not None and (totals or slot.address not in form.totals) and (zeros or value):
                rows.setdefault(slot.row, []).append(f"{slot.column} = {format_number(value)}")
        lines += [
            f"{row} = {{ {', '.join(cells)} }}" for row, cells in rows.items() if f"{table.id}.{row}" not in left_out
        ]
    return "\n".join(lines) + "\n"


def read(path, form):
    return fill_form(form, parse(path.read_text(encoding="utf-8"), "data/before.toml"))


def make_bases(root):
    """Make the reports: both editions of one kind, with and without prose, and two other kinds."""
    kind = Store(root).find_kind("cn-disclosure")
    of_2021, of_2019 = kind.edition("2021"), kind.edition("2019")
    now = dict(read(HERE / "samples/shuyang-2025.toml", of_2021).figures)
    before = {cell: max(0, value * 7 // 8 if isinstance(value, int) else value / 2) for cell, value in now.items()}
    before |= {cell.replace("carried_in", "carried_forward"): now[cell] for cell in now if ".carried_in." in cell}
    before |= {"proactive.normative.in_force": 27}
    before = balance(before)
    yield "2021", Base(of_2021, now, fill_form(of_2021, parse(write(of_2021, before), "data/before.toml")))
    prose = (
        "全年新收到政府信息公开申请713件，上年结转36件，办结718件，结转下年度继续办理31件。"
        "予以公开294件，部分公开101件。"
    )
    yield (
        "2021 prose",
        Base(of_2021, now, fill_form(of_2021, parse(write(of_2021, before), "data/before.toml")), prose),
    )
    now = dict(read(HERE / "samples/shanghai-office-2019.toml", of_2019).figures)
    now |= {cell: 0 for cell in now if cell.startswith("proactive.regulations.")}
    now |= {"proactive.licences.items": 13, "proactive.licences.change": 2, "proactive.licences.decisions": 847}
    now |= {"proactive.penalties.items": 72, "proactive.penalties.change": -3, "proactive.penalties.decisions": 322}
    before = {cell: max(0, value * 5 // 6) for cell, value in now.items()}
    before |= {cell.replace("carried_in", "carried_forward"): now[cell] for cell in now if ".carried_in." in cell}
    for row in ("licences", "services", "penalties", "coercion", "fees"):
        before |= {f"proactive.{row}.items": now[f"proactive.{row}.items"], f"proactive.{row}.change": 0}
    before = balance(before)
    yield (
        "2019",
        Base(of_2019, now, fill_form(of_2019, parse(write(of_2019, before), "data/before.toml")), zeros=False),
    )
    foia = Store(root).find_kind("us-foia")
    folder = root / "templates/kinds/us-foia/example"
    form = foia.edition(next(iter(foia.editions())))
    yield "us-foia", Base(form, dict(read(folder / "2024.toml", form).figures), read(folder / "2023.toml", form))
    kpi = Store(root).find_kind("kpi")
    form = kpi.edition("2024")
    yield "kpi", Base(form, dict(read(root / "templates/kinds/kpi/example/2024-Q3.toml", form).figures), None)


def balance(figures):
    """Make the received applications of each column what the others need, and every total the sum of its parts."""
    found = dict(figures)
    columns = ("person", "business", "research", "charity", "legal", "other")
    for column in columns:
        own = [cell for cell in found if cell.startswith("requests.outcome.") and cell.endswith(f".{column}")]
        done = sum(found[cell] for cell in own if ".outcome.total." not in cell)
        found[f"requests.outcome.total.{column}"] = done
        rest = done + found[f"requests.carried_forward.{column}"]
        found[f"requests.carried_in.{column}"] = min(found[f"requests.carried_in.{column}"], rest)
        found[f"requests.received.{column}"] = rest - found[f"requests.carried_in.{column}"]
    for cell in found:
        if cell.startswith("requests.") and cell.endswith(".total") and cell.count(".") > 1:
            row = cell.removesuffix("total")
            if f"{row}person" in found:
                found[cell] = sum(found[f"{row}{column}"] for column in columns)
        elif cell.startswith("review_litigation.") and cell.endswith(".total"):
            row = cell.removesuffix("total")
            found[cell] = sum(found[f"{row}{part}"] for part in ("upheld", "corrected", "other", "pending"))
    return found


def judge(report):
    """Judge the relations of a report; every mistake is told once."""
    return fold_effects(list(relation.judge(CheckContext(report, date.max))))


# ── mistakes in one figure: each gives another value, or None ───────────────────


def change_digit(rng, value, _base, _cell):
    digits = list(str(value))
    at = rng.choice([number for number, one in enumerate(digits) if one.isdigit()])
    digits[at] = rng.choice("0123456789")
    return digits


def swap_digits(rng, value, _base, _cell):
    digits = list(str(value))
    if len(digits) < 2:
        return None
    at = rng.randrange(len(digits) - 1)
    digits[at], digits[at + 1] = digits[at + 1], digits[at]
    return digits


def lose_digit(rng, value, _base, _cell):
    digits = list(str(value))
    if len(digits) < 2:
        return None
    del digits[rng.randrange(len(digits))]
    return digits


def add_digit(rng, value, _base, _cell):
    digits = list(str(value))
    digits.insert(rng.randrange(len(digits) + 1), rng.choice("0123456789"))
    return digits


def miss_by_some(rng, value, _base, _cell):
    return value + rng.choice([-9, -3, -2, -1, 1, 2, 3, 9])


def write_zero(_rng, _value, _base, _cell):
    return 0


def take_neighbours(rng, _value, base, cell):
    cells = list(base.figures)
    return base.figures[cells[(cells.index(cell) + rng.choice([-1, 1])) % len(cells)]]


def take_last_years(_rng, _value, base, cell):
    return base.before.figures.get(cell) if base.before else None


def change_unit(rng, value, _base, _cell):
    return value * 10_000 if rng.random() < 0.5 or value % 10_000 else value // 10_000


def change_sign(_rng, value, _base, _cell):
    return -value


MISTAKES = [
    change_digit,
    swap_digits,
    lose_digit,
    add_digit,
    miss_by_some,
    write_zero,
    take_neighbours,
    take_last_years,
    change_unit,
    change_sign,
]


def make_mistake(rng, base, *, totals):
    """Make a mistake in one figure: its address, the value that it gets, and the name of the mistake."""
    cells = base.list_cells(totals=totals)
    filled = [cell for cell in cells if base.figures[cell]]
    while True:
        cell = rng.choice(filled if rng.random() < 0.8 else cells)
        mistake = rng.choice(MISTAKES)
        value = mistake(rng, base.figures[cell], base, cell)
        if isinstance(value, list):
            value = read_number("".join(value))
        if value is not None and value != base.figures[cell] and not base.form.slots[cell].value_type.find_fault(value):
            return cell, value, mistake.__name__


def read_number(text):
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return int(number) if number == int(number) else number


# ── mistakes in rows ────────────────────────────────────────────────────────────


def list_rows(base, *, totals, zeros=False):
    """List the rows that a data file has, without those of zeros: the address of each, and its figures."""
    rows = {}
    for table in base.form.tables:
        for slot in table.slots:
            if slot.address in base.figures and (totals or slot.address not in base.form.totals):
                rows.setdefault(f"{table.id}.{slot.row}", []).append(slot.address)
    return {row: cells for row, cells in rows.items() if zeros or any(base.figures[cell] for cell in cells)}


def leave_out(base, *, totals):
    """Leave out each row."""
    for row in list_rows(base, totals=totals):
        yield (row,), base.fill(totals=totals, left_out=(row,))


def shift(base, *, totals):
    """Write each row one column too far to the right or left, so that its last figure is lost, or without its total."""
    for row, cells in list_rows(base, totals=totals).items():
        parts = [cell for cell in cells if cell not in base.form.totals]
        for moved in (parts, parts[::-1]) if len(parts) > 1 else ():
            values = [0, *(base.figures[cell] for cell in moved[:-1])]
            shifted = dict(zip(moved, values, strict=True))
            if all(not base.form.slots[c].value_type.find_fault(v) for c, v in shifted.items()):
                yield (row,), base.fill({**base.figures, **shifted}, totals=totals)


def swap(base, *, totals):
    """Swap each row with the next one of the same columns."""
    rows = list(list_rows(base, totals=totals, zeros=base.zeros or totals).items())
    for (row, cells), (other, other_cells) in pairwise(rows):
        columns = [[cell.rpartition(".")[2] for cell in one] for one in (cells, other_cells)]
        if columns[0] == columns[1] and row.split(".")[0] == other.split(".")[0]:
            pairs = list(zip(cells, other_cells, strict=True))
            swapped = {one: base.figures[two] for one, two in pairs} | {two: base.figures[one] for one, two in pairs}
            if all(not base.form.slots[c].value_type.find_fault(v) for c, v in swapped.items()):
                yield (row, other), base.fill({**base.figures, **swapped}, totals=totals)


def take_row_of_last_year(base, *, totals):
    """Fill each row with last year's figures."""
    for row, cells in list_rows(base, totals=totals).items() if base.before else ():
        values = {cell: base.before.figures[cell] for cell in cells if cell in base.before.figures}
        if any(values.values()):
            yield (row,), base.fill({**base.figures, **values}, totals=totals)


ROW_MISTAKES = [leave_out, shift, swap, take_row_of_last_year]
