"""The questions of docs/questions.md: each answer is that of plain Python, which reads the same data files."""

import re
import statistics
import tomllib
from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pages
import pytest
from offices import data

from nianbao.export import querying
from nianbao.export.querying import prepare
from nianbao.workspace.store import Store

COLUMNS = ("person", "business", "research", "charity", "legal", "other")
APPLICANTS = ("自然人", "商业企业", "科研机构", "社会公益组织", "法律服务机构", "其他")
TABLES = ("proactive", "requests", "review_litigation")
RESULTS = ("upheld", "corrected", "other", "pending")
CASES = ("review", "litigation.direct", "litigation.after_review")
DUE, TODAY = date(2025, 1, 31), date(2025, 2, 10)
PARENTS = {
    "city": ("", "市"),
    "city-hall": ("city", "本级"),
    "dist-1": ("city", "区"),
    "street-1": ("dist-1", "街道"),
    "street-2": ("dist-1", "街道"),
    "dist-2": ("city", "区"),
    "dist-3": ("city", "区"),
    "dist-4": ("city", "区"),
    "dist-5": ("city", "区"),
    "dist-6": ("city", "区"),
}
LEVELS = {"city": 1, "street-1": 3, "street-2": 3}  # of the others it is 2
ABOVE = ("dist-1", "city")  # the order in which they are added up
LEAVES = [office for office in PARENTS if office not in ABOVE]


def change(text, old, new):
    assert re.search(old, text)
    return re.sub(old, new, text, count=1)


CHANGES = {  # of the data files of 2024: what is wrong, late, accepted or otherwise worth a question
    "city-hall": (r"(?m)^short .*$", r'\g<0>\nphone = "024-1234"'),
    "dist-4": (r"year .*", "year = ["),
    "dist-5": (r"received = \{", "received = { total = 7,"),
    "dist-6": (r"published = \S+", "published = 2025-02-03"),
    "street-1": (r"supervision .*\n", ""),
    "street-2": (r"(?s)\[requests\].*?\n\n", "[requests]\n\n"),
}
ACCEPTED = """
[[accept]]
rule = "wrong-total"
at = "review_litigation.review.total"
value = 99
because = "一件撤回后又提出"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory, report):
    """A city on three levels in January: one unit is missing, one broken, one wrong, one late, one sum out of date."""
    root = tmp_path_factory.mktemp("city")
    (root / "data").mkdir()
    entries = []
    for office, (above, kind) in PARENTS.items():
        entries += [f"[{office}]", f'name = "{office}局"', f'kind = "{kind}"']
        entries += [f'parent = "{above}"'] if above else []
        entries += ["own = true"] if kind == "本级" else []
    (root / "data/offices.toml").write_text("\n".join(entries), encoding="utf-8")
    for number, office in enumerate(LEAVES):
        for year in (2023, 2024):
            if (office, year) == ("dist-3", 2024):
                continue
            text = data(number, year)
            if year == 2024 and office in CHANGES:
                text = change(text, *CHANGES[office])
            if (office, year) == ("dist-2", 2024):
                text = change(text, r"review = \{", "review = { total = 99,") + ACCEPTED
            path = root / f"data/{office}/{year}.toml"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for year in (2023, 2024):
        for office in ABOVE:
            done = report("rollup", str(year), "--into", office, cwd=root)
            assert (root / f"data/{office}/{year}.toml").exists(), done.stderr + done.stdout
    street = root / "data/street-1/2024.toml"  # after it was added up
    street.write_text(change(street.read_text("utf-8"), r"(licences .*decisions = )\d+", r"\g<1>77777"), "utf-8")
    return root


# ── plain Python over the same files ─────────────────────────────────────────────────


def read(path):
    """Return the values of a data file; None where it is no TOML."""
    try:
        return tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError:
        return None


class Files:
    """The data files of a folder by office and year: every one, and those that can be read."""

    def __init__(self, root):
        paths = sorted(root.glob("data/*/[0-9]*.toml"))
        self.all = {(path.parent.name, int(path.stem)): read(path) for path in paths}
        self.read = {key: tree for key, tree in self.all.items() if tree}

    def of(self, year, offices=LEAVES):
        return {office: tree for (office, at), tree in self.read.items() if at == year and office in offices}


def flat(tree, above=""):
    found = {}
    for key, value in tree.items():
        found |= flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return found


def figure(tree, address):
    """Return a figure: as written, a total that is left out as the sum of its parts, else 0."""
    known = flat(tree)
    if address in known:
        return known[address]
    row, column = address.rsplit(".", 1)
    if row == "requests.outcome.total" and column != "total":
        rows = [at for at in known if at.startswith("requests.outcome.") and not at.startswith(row)]
        return sum(known[at] for at in rows if at.endswith(f".{column}"))
    if column == "total":
        return sum_parts(tree, address)
    return 0


def received(tree):
    return figure(tree, "requests.received.total")


def one_place(number):
    return number.quantize(Decimal("0.1"), ROUND_HALF_UP)


def state(files, office):
    if (office, 2024) not in files.all:
        return "missing"
    if (office, 2024) not in files.read:
        return "broken"
    tree = files.read[office, 2024]
    accepted_totals = {one["at"] for one in tree.get("accept", ())}
    wrong_totals = [
        address
        for address, total in flat(tree).items()
        if address.endswith(".total") and address.split(".")[0] in TABLES and total != sum_parts(tree, address)
    ]
    return "errors" if set(wrong_totals) - accepted_totals else "right"


def sum_parts(tree, total):
    row = total.removesuffix(".total")
    return sum(figure(tree, f"{row}.{column}") for column in (COLUMNS if row.startswith("requests") else RESULTS))


def missing(files):
    return [(office, f"{office}局") for office in sorted(PARENTS) if state(files, office) == "missing"]


def wrong(files):
    return [(office, said) for office in sorted(PARENTS) if (said := state(files, office)) in {"errors", "broken"}]


def late(files):
    """Who has no day of issue is late until then."""
    days = {office: tree.get("published") for office, tree in files.of(2024, PARENTS).items()}
    rows = [(office, DUE, day, ((day or TODAY) - DUE).days) for office, day in days.items()]
    return sorted((row for row in rows if row[3] > 0), key=lambda row: (-row[3], row[0]))


def levels(files):
    rows = []
    for level in (1, 2, 3):
        offices = [office for office in PARENTS if LEVELS.get(office, 2) == level]
        states = [state(files, office) for office in offices]
        right = sum(said == "right" and is_sum(files, office) for office, said in zip(offices, states, strict=True))
        rows.append((level, len(states), len(states) - states.count("missing"), right))
    return rows


def is_sum(files, office):
    """Tell whether an office has no units, or the figures of those that are right, added up."""
    units = [unit for unit, (above, _kind) in PARENTS.items() if above == office and state(files, unit) == "right"]
    return not units or not differing(files, office, units)


def out_of_date(files):
    rows = []
    for office in ABOVE:
        units = [unit for unit, (above, _kind) in PARENTS.items() if above == office]
        rows += differing(files, office, units)
    return sorted(rows)


def differing(files, office, units):
    """List the figures of an office that are not the sum of those of units, with both."""
    trees = files.of(2024, PARENTS)
    addresses = {at for tree in trees.values() for at in flat(tree) if at.split(".")[0] in TABLES}
    addresses |= {f"requests.{row}.total" for row in ("received", "carried_in", "carried_forward")}
    addresses |= {f"requests.outcome.total.{column}" for column in (*COLUMNS, "total")}
    addresses |= {f"{at.rsplit('.', 1)[0]}.total" for at in addresses if at.startswith("requests.outcome.")}
    addresses |= {f"review_litigation.{case}.total" for case in CASES}
    pairs = [
        (address, figure(trees[office], address), sum(figure(trees[unit], address) for unit in units if unit in trees))
        for address in addresses
    ]
    return [(office, address, said, reckoned) for address, said, reckoned in pairs if said != reckoned]


def each_year(files):
    return [(year, sum(map(received, files.of(year).values()))) for year in (2023, 2024)]


def most(files):
    rows = [(office, received(tree)) for office, tree in files.of(2024).items()]
    return sorted(rows, key=lambda row: (-row[1], row[0]))[:5]


def none(files):
    return sorted(
        (office, year) for year in (2023, 2024) for office, tree in files.of(year).items() if not received(tree)
    )


def changes(files):
    last = files.of(2023)
    rows = [
        (office, received(last[office]), received(tree), received(tree) - received(last[office]))
        for office, tree in files.of(2024).items()
    ]
    return sorted(rows, key=lambda row: (-abs(row[3]), row[0]))[:5]


def applicants(files):
    sums = [
        (label, sum(figure(tree, f"requests.received.{column}") for tree in files.of(2024).values()))
        for column, label in zip(COLUMNS, APPLICANTS, strict=True)
    ]
    return sorted(sums, key=lambda row: -row[1])


def granted(files):
    rows = []
    for office, tree in files.of(2024).items():
        done = figure(tree, "requests.outcome.total.total")
        if done:
            share = Decimal(100 * figure(tree, "requests.outcome.granted.total")) / done
            rows.append((office, float(one_place(share))))
    return sorted(rows, key=lambda row: (-row[1], row[0]))


REASONS = {
    "secret": "1.属于国家秘密",
    "forbidden": "2.其他法律行政法规禁止公开",
    "stability": "3.危及“三安全一稳定”",
    "third_party": "4.保护第三方合法权益",
    "internal": "5.属于三类内部事务信息",
    "process": "6.属于四类过程性信息",
    "enforcement": "7.属于行政执法案卷",
    "inquiry": "8.属于行政查询事项",
}


def reasons(files):
    rows = []
    for reason, label in REASONS.items():
        found = sum(figure(tree, f"requests.outcome.refused.{reason}.total") for tree in files.of(2024).values())
        rows.append((f"三、本年度办理结果 · （三）不予公开 · {label}", found))
    return sorted((row for row in rows if row[1]), key=lambda row: (-row[1], row[0]))


def carried(files):
    last = files.of(2023)
    rows = []
    for office, tree in files.of(2024).items():
        for column, label in zip((*COLUMNS, "total"), (*APPLICANTS, "总计"), strict=True):
            handed = figure(last[office], f"requests.carried_forward.{column}")
            taken = figure(tree, f"requests.carried_in.{column}")
            if handed != taken:
                rows.append((office, label, handed, taken))
    return sorted(rows)


def quartiles(files):
    found = sorted(map(received, files.of(2024).values()))
    return [(statistics.median(found), statistics.quantiles(found, n=4, method="inclusive")[2])]


def kinds(files):
    groups = defaultdict(list)
    for office, tree in files.of(2024).items():
        groups[PARENTS[office][1]].append(received(tree))
    return [(kind, len(own), sum(own), one_place(Decimal(sum(own)) / len(own))) for kind, own in sorted(groups.items())]


def side_by_side(files):
    years = [files.of(2023), files.of(2024)]
    offices = sorted({office for year in years for office in year})
    return [(office, *(received(year[office]) if office in year else None for year in years)) for office in offices]


def corrected(files):
    rows = []
    for office, tree in files.of(2024).items():
        counted, cases = (
            sum(figure(tree, f"review_litigation.{case}.{column}") for case in CASES)
            for column in ("corrected", "total")
        )
        rows.append((office, counted, cases))
    return sorted((row for row in rows if row[1]), key=lambda row: (-row[1], row[0]))


def without_phone(files):
    return sorted(key for key, tree in files.read.items() if "phone" not in tree["agency"])


def training(files):
    rows = []
    for office, tree in files.of(2024, PARENTS).items():
        facts = tree.get("facts", {})
        own = [facts.get("management", ""), facts.get("supervision", "")]
        texts = {"overview": own, "problems": [*facts.get("problems", []), *facts.get("improvements", [])]}
        rows += [(office, section) for section, said in texts.items() if any("培训" in text for text in said)]
    return sorted(rows)


def accepted(files):
    return [
        (office, one["rule"], one["at"], one["because"])
        for office, tree in sorted(files.of(2024, PARENTS).items())
        for one in tree.get("accept", ())
    ]


ANSWERS = (
    missing,
    wrong,
    late,
    levels,
    out_of_date,
    each_year,
    most,
    none,
    changes,
    applicants,
    granted,
    reasons,
    carried,
    quartiles,
    kinds,
    side_by_side,
    corrected,
    without_phone,
    training,
    accepted,
)
QUESTIONS = pages.blocks(pages.read("docs/questions.md"), "sql")


def test_both_languages_ask_the_same_questions():
    assert pages.blocks(pages.read("docs/zh/questions.md"), "sql") == QUESTIONS
    assert len(QUESTIONS) == len(ANSWERS) == 20


def ask(folder, question):
    work = prepare(Store(folder), question, TODAY)
    read = [one for one in work.read(1) if isinstance(one, querying.ReportRows)]
    return work.answer(read, work.judge(1), work.list_states(1))


@pytest.mark.parametrize(
    ("question", "reckon"), [*zip(QUESTIONS, ANSWERS, strict=True)], ids=[one.__name__ for one in ANSWERS]
)
def test_a_question_is_answered_as_plain_python_does(folder, question, reckon):
    answer, expected = ask(folder, question), reckon(Files(folder))
    rows = [row[: len(expected[0])] for row in answer.rows]
    assert rows == expected
    assert expected, "a question whose answer is empty shows nothing"
    assert all(row[-1] for row in answer.rows) or answer.columns[-1] != "why"
