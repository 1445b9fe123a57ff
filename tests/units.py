"""Offices above others: registers, data files in both editions, and sums made of these with plain arithmetic."""

import re
from decimal import Decimal

import toml_rs
import tomli_w
from offices import COLUMNS, data

from nianbao.model.period import Period
from nianbao.model.report import fill_form
from nianbao.workspace.store import Store

YEAR = 2024
PERIOD = Period(YEAR)
# Figures of edition 2019, in the data files below, for which edition 2021 has no cell.
ONLY_2019 = re.compile(r"proactive\.(\w+\.(disclosed|public|items|change|projects)|services\..*|procurement\..*)")


def make_2019_file(number, year=YEAR):
    """Make the data file of one office in edition 2019, with the requests that `data` has."""
    tree = toml_rs.loads(data(number, year), parse_float=Decimal)
    kinds = tree["requests"]["outcome"]["other"].values()
    tree["requests"]["outcome"]["other"] = {column: sum(kind[column] for kind in kinds) for column in COLUMNS}
    licences = tree["proactive"]["licences"] | {"items": number + 1, "change": -1}
    normative = {"made": 7, "disclosed": 6, "public": number + 6}
    tree["proactive"] = {
        "normative": normative,
        "licences": licences,
        "services": {"items": 3, "change": 0, "decisions": number % 3},
        "procurement": {"projects": 2, "amount": Decimal("10.0250")},
    }
    tree["facts"].pop("processing_fee")
    return tomli_w.dumps({"edition": "2019"} | tree)


def write_files(root, files):
    for name, text in files.items():
        path = root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Store(root)


def make_register(parents, own=()):
    """Make a register: each office with its parent."""
    lines = []
    for office, parent in parents.items():
        lines += [f"[{office}]", f'name = "{office}局"', f'parent = "{parent}"' if parent else "# 最上级"]
        lines += ["own = true"] if office in own else []
    return "\n".join(lines) + "\n"


def list_leaves(tree, at=""):
    for key, value in tree.items():
        address = f"{at}.{key}" if at else key
        if isinstance(value, dict):
            yield from list_leaves(value, address)
        elif at:
            yield address, value


def add_up(texts):
    """Add data files up with plain arithmetic in edition 2021; return the sums, and how many figures have no cell."""
    sums, unplaced_counts = {}, {}
    for text in texts:
        tree = toml_rs.loads(text, parse_float=Decimal)
        tables = {name: tree[name] for name in ("proactive", "requests", "review_litigation")}
        for address, figure in list_leaves(tables):
            target, is_old = address, tree.get("edition") == "2019"
            if is_old and ONLY_2019.fullmatch(address):
                unplaced_counts[address] = unplaced_counts.get(address, 0) + (1 if figure else 0)
                continue
            if is_old and address.startswith("requests.outcome.other."):
                target = address.replace("outcome.other.", "outcome.other.other.", 1)
            sums[target] = sums.get(target, 0) + figure
    return add_totals(sums), unplaced_counts


def add_totals(sums):
    """Add the totals of edition 2021 as the form prints them."""
    totals = dict(sums)
    rows = {address.rpartition(".")[0] for address in sums if address.startswith("requests.")}
    for column in COLUMNS:
        outcome = [row for row in rows if row.startswith("requests.outcome.")]
        totals[f"requests.outcome.total.{column}"] = sum(sums.get(f"{row}.{column}", 0) for row in outcome)
    for row in [*rows, "requests.outcome.total"]:
        totals[f"{row}.total"] = sum(totals.get(f"{row}.{column}", 0) for column in COLUMNS)
    for group in ("review", "litigation.direct", "litigation.after_review"):
        parts = [f"review_litigation.{group}.{name}" for name in ("upheld", "corrected", "other", "pending")]
        totals[f"review_litigation.{group}.total"] = sum(sums.get(part, 0) for part in parts)
    return totals


def read_figures(store, office, year=YEAR):
    """Return every figure of an office's report, totals computed."""
    parent = store.of_office(office)
    facts = parent.facts(year)
    return fill_form(parent.kind.form(facts, Period(year)), facts).figures
