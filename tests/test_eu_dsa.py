"""The kind eu-dsa: who owes what and when, what must hold between figures, and what is printed."""

import csv
import json
import re
from datetime import date
from functools import cache
from pathlib import Path

import pages
import pdfplumber
import pytest
import toml_rs

from nianbao.build import outputs
from nianbao.checks.check import check_report, judge_report
from nianbao.compose.document import compose, make_markdown
from nianbao.compose.printed_tables import lay_out_table
from nianbao.export.excel_form.draft import FormRequest
from nianbao.model.facts import parse
from nianbao.model.finding import UserError
from nianbao.model.period import parse_period
from nianbao.model.report import fill_form
from nianbao.workspace.folder import SentFolder
from nianbao.workspace.shipped import TEMPLATES
from nianbao.workspace.store import Store

KIND = TEMPLATES / "kinds/eu-dsa"
EXAMPLES = {"vlop": "nordmarkt/2026-H1", "hosting": "kaskade/2025-H2"}
TABLES = ("categories", "orders", "notices", "illegal", "terms", "appeals", "automated", "staff", "recipients")


@cache
def load_kind():
    return Store(Path(__file__).parent).of_kind("eu-dsa").kind


@cache
def read_example(name):
    return (KIND / f"example/data/{EXAMPLES[name]}.toml").read_text(encoding="utf-8")


def fill(text, edition):
    return fill_form(load_kind().edition(edition), parse(text, "data.toml"))


def find(text, period):
    """Return what is found in a data file: rule, level and address."""
    store, period = Store(Path(__file__).parent).of_kind("eu-dsa").of_office(""), parse_period(period)
    store = store.with_folder(SentFolder("office", {store.name(period): text.encode()}))
    result = check_report(store, period, today=date(2026, 9, 1))
    assert not result.crashes
    return [(one.rule, one.level, one.address) for one in result.findings if one.rule != "no-last-year"]


def write(figures, kind="vlop", more=""):
    """Write a data file with little in it."""
    tables = "".join(f"\n[{table}]\n" for table in TABLES if not re.search(rf"^\[+{table}\b", figures, re.MULTILINE))
    return (
        f'period = "2025-H2"\npublished = 2026-02-27\n{more}\n[provider]\nname = "Example AG"\nkind = "{kind}"\n'
        f'[service]\nname = "Example"\n{figures}\n{tables}'
    )


def find_rules(figures, **more):
    """Return the rules that find something, but for cells that are blank."""
    found = find(write(figures, **more), "2025-H2")
    return {(rule, level) for rule, level, _address in found if rule not in {"blank-cell", "prompt-left"}}


# ── periods ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("period", "edition", "kinds"),
    [
        ("2025-H2", "2025", ["intermediary", "hosting", "platform", "vlop", "vlose"]),
        ("2026", "2026", ["intermediary", "hosting", "platform"]),
        ("2027-H1", "2026-half-years", ["vlop", "vlose"]),
    ],
)
def test_the_period_chooses_the_edition_and_who_reports_so(period, edition, kinds):
    form = load_kind().form_in_force(parse_period(period))
    assert form.edition == edition
    assert list(next(fact for fact in form.facts if fact.id == "provider.kind").choices) == kinds


@pytest.mark.parametrize("period", ["2024", "2025", "2024-H2"])
def test_there_is_no_edition_before_the_templates_are_binding(period):
    with pytest.raises(UserError):
        load_kind().form_in_force(parse_period(period))


@pytest.mark.parametrize(
    ("period", "day"),
    [
        ("2025-H2", date(2026, 2, 28)),
        ("2026", date(2027, 2, 28)),
        ("2027", date(2028, 2, 29)),
        ("2026-H1", date(2026, 8, 31)),
    ],
)
def test_a_report_is_due_two_months_after_the_end_of_its_period(period, day):
    period = parse_period(period)
    form = load_kind().form_in_force(period)
    assert form.get_due_day(form.find_due("Example AG"), period) == day


def test_a_late_report_is_a_warning():
    text = write("").replace("2026-02-27", "2026-03-01")
    assert ("late", "warning", "published") in find(text, "2025-H2")


def test_a_vlop_in_the_file_of_a_year_is_an_error(report, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "report.toml").write_text('kind = "eu-dsa"\n', encoding="utf-8")
    done = report("new", "2026", "--fact", "provider.kind=vlop", cwd=tmp_path)
    assert done.returncode == 2
    assert "intermediary" in done.stderr


# ── the form ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("table", "codes", "own"),
    [("categories", 85, 15), ("notices", 77, 14), ("illegal", 76, 14), ("terms", 83, 15)],
)
def test_the_rows_are_those_of_the_template(table, codes, own):
    form = load_kind().edition("2025")
    table = next(one for one in form.tables if one.id == table)
    rows = {slot.row: slot.rows[-1].code for slot in table.slots}
    assert len(rows) == codes
    assert all(re.fullmatch(r"TOTAL|STATEMENT_CATEGORY_[A-Z_]+|KEYWORD_[A-Z_]+", code) for code in rows.values())
    assert sum(heading.code == "KEYWORD_OTHER" for heading in table.open_rows.values()) == own


def test_axes_are_the_states_and_the_official_languages():
    axes = load_kind().edition("2025").axes
    assert [len(axes[name].codes) for name in ("states", "languages")] == [27, 24]
    assert axes["states"].by_name["GR"].id == "EL"


APPLIES = {
    "orders.total.total.received": "intermediary hosting platform vlop vlose",
    "notices.total.received": "hosting platform vlop",
    "appeals.complaints.all.total.value": "intermediary hosting platform vlop vlose",
    "appeals.complaints.all.upheld.value": "platform vlop",
    "appeals.disputes.all.implemented.value": "platform vlop",
    "automated.solely.own.value": "intermediary hosting platform vlop vlose",
    "automated.accuracy.notices.value": "hosting platform vlop",
    "automated.recall.notices_trusted.value": "platform vlop",
    "automated.solely.language.de.value": "vlop",
    "staff.internal.total.value": "vlop",
    "recipients.total.value": "vlop vlose",
    "qualitative.safeguards": "intermediary hosting platform vlop vlose",
    "qualitative.training": "vlop",
}


@pytest.mark.parametrize("kind", ["intermediary", "hosting", "platform", "vlop", "vlose"])
def test_each_kind_of_provider_fills_in_its_rows(kind):
    report = fill(write("[automated]\nsolely.language.de = { value = 1 }\n", kind=kind), "2025")
    excluded = {address for address, kinds in APPLIES.items() if kind not in kinds.split()}
    assert {address for address in APPLIES if address in report.excluded} == excluded


def test_a_figure_that_does_not_apply_is_an_error():
    assert ("not-applicable", "error") in find_rules("[staff]\ninternal.total = { value = 3 }", kind="platform")


# ── relations ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_have_notes_only(name):
    found = find(read_example(name), EXAMPLES[name].partition("/")[2])
    assert found
    assert {level for _rule, level, _address in found} == {"note"}


def test_one_wrong_figure_in_a_sum_is_one_finding():
    """4,515 for 4,519 in a sub-category breaks its category; the category breaks the total only where it is wrong."""
    text = read_example("vlop")
    row = "unsafe_and_prohibited_products.sub.unsafe_products "
    start = text.index(row, text.index("[notices]"))
    changed = text[:start] + re.sub(r"(received = *)2260", r"\g<1>2264", text[start:], count=1)
    assert changed != text
    found = [one for one in find(changed, "2026-H1") if one not in find(text, "2026-H1")]
    assert [(rule, level) for rule, level, _address in found] == [("category-differs", "error")]


@pytest.mark.parametrize(
    ("figures", "rule"),
    [
        (
            "[notices]\nviolence.other = [{ received = 3 }]\nviolence.total = { received = 3 }",
            "own-sub-category-undescribed",
        ),
        (
            (
                '[notices]\nviolence.other = [{ description = "Text to detail the \\"Other\\" keyword.", law = 0 }]\n'
                "violence.total = { received = 0 }"
            ),
            "wrong-text",
        ),
        (
            (
                '[notices]\nviolence.other = [{ description = "a", trusted = 0 }, { description = "A", trusted = 0 }]\n'
                "violence.total = { received = 0 }"
            ),
            "repeated-value",
        ),
        ("[recipients]\nstate.XX = { value = 3 }", "unknown-key"),
        ("[orders]\ntotal.fake_news.total = { received = 3 }", "unknown-key"),
        ("[automated]\naccuracy.total = { value = 97.55 }", "wrong-type"),
        ('[recipients]\ntotal = { value = "> 45" }', "wrong-type"),
        (f'[qualitative]\nsummary = "{"word " * 1600}"', "wrong-text"),
        ('[qualitative]\nsummary = "Free text"', "wrong-text"),
    ],
    ids=["undescribed", "prompt", "twice", "state", "category", "share", "range", "too-long", "free-text"],
)
def test_bad_input_is_an_error(figures, rule):
    assert (rule, "error") in find_rules(figures)


def test_gr_counts_as_el_and_is_told():
    report = fill(write("[recipients]\ntotal = { value = 5 }\nstate.GR = { value = 5 }"), "2025")
    assert report.figures["recipients.state.EL.value"] == 5
    assert ("code-alias", "warning") in find_rules("[recipients]\ntotal = { value = 5 }\nstate.GR = { value = 5 }")


@pytest.mark.parametrize("inside", [True, False])
def test_both_ways_of_counting_trusted_flaggers_complaints_are_accepted(inside):
    total = 16 if inside else 19
    grounds = "\n".join(
        f"{ground}.total = {{ value = {count} }}" for ground, count in (("visibility", 10), ("notice", 6))
    )
    figures = (
        f"[appeals.complaints]\nall.total = {{ value = {total} }}\n{grounds}\nnotice_trusted.total = {{ value = 3 }}"
    )
    assert ("grounds-differ", "warning") not in find_rules(figures)
    wrong = figures.replace(f"all.total = {{ value = {total} }}", "all.total = { value = 21 }")
    assert ("grounds-differ", "warning") in find_rules(wrong)


def find_messages(figures):
    """Return what is said of a data file, by rule."""
    store = Store(Path(__file__).parent).of_kind("eu-dsa")
    facts = parse(write(figures), "data.toml")
    found = judge_report(store, store.kind.fill(facts, parse_period("2025-H2"))).findings
    return {one.rule: one for one in found}


def test_a_broken_sum_names_the_category_and_its_candidates_by_theirs():
    rows = "animal_welfare.total = { measures = 5 }\nviolence.total = { measures = 4 }\nviolence.sub.human_trafficking"
    found = find_messages(f"[terms]\ntotal = {{ measures = 19 }}\n{rows} = {{ measures = 3 }}")
    assert "Violence · Measures at own initiative: Total 4 " in found["category-differs"].message
    assert any(
        "Animal welfare · Measures at own initiative（terms.animal" in one for one in found["total-differs"].notes
    )


def test_how_many_cells_are_filled_in_is_said_in_words_and_blames_no_figure_in_them():
    found = find_messages("[recipients]\ntotal = { value = 90 }\nstate.AT = { value = 20 }\nstate.BE = { value = 30 }")
    assert found["states-missing"].message.endswith("已填的格数（从 Austria 到 Belgium） 2 小于 27")
    assert "recipients-differ" in found
    assert "state.AT" not in found["recipients-differ"].address


# ── print, new files ──────────────────────────────────────────────────


def lay_out(name, table):
    report = fill(read_example(name), "2026-half-years" if name == "vlop" else "2025")
    return lay_out_table(report, next(one for one in report.form.tables if one.id == table))


def test_tables_are_printed_in_outline_with_totals_first_and_without_empty_rows():
    laid_out = lay_out("vlop", "notices")
    (table,) = laid_out.tables
    labels = [heading.label for heading in table.blocks[0].rows]
    assert labels[:3] == [
        "All categories",
        "Consumer information infringements",
        "\u2003Misleading information about the characteristics of the goods and services",
    ]
    assert "\u2003Batteries without a mark of their capacity" in labels
    assert laid_out.left_out == 60
    assert laid_out.notes == (
        "Items of information in them: Items that several notices name are counted in each of them.",
    )
    assert "\u2003Trademark infringements [1]" in labels
    grid = table.make_grid()
    assert (grid.label_columns, grid.columns, len(table.widths)) == (1, 11, 11)


def test_columns_that_do_not_apply_are_named_below_the_table():
    laid_out = lay_out("hosting", "terms")
    assert len(laid_out.columns_left_out) == 11
    assert laid_out.columns_left_out[0] == "Visibility restriction Removal"
    assert lay_out("hosting", "recipients").tables == ()


def test_orders_have_a_block_for_each_member_state_whose_name_stands_on_each_page():
    rows = "total.total = { received = 3 }\nstate.BE.total = { received = 1 }\nstate.EL.total = { received = 2 }"
    report = fill(write(f"[orders]\n{rows}"), "2025")
    (table,) = lay_out_table(report, next(one for one in report.form.tables if one.id == "orders")).tables
    assert [block.banner for block in table.blocks] == ["All Member States", "Belgium", "Greece"]


@pytest.mark.parametrize(
    ("row", "of_zeros"),
    [
        ("measures = 3, visibility_removal = 3, visibility_demoted = 0", ("Visibility restriction Demoted",)),
        ("measures = 0, visibility_removal = 0", ()),  # there is no other column
    ],
)
def test_columns_without_a_figure_other_than_0_are_named_below_the_table(row, of_zeros):
    report = fill(write(f"[terms]\ntotal = {{ {row} }}"), "2025")
    laid_out = lay_out_table(report, next(one for one in report.form.tables if one.id == "terms"))
    assert laid_out.columns_of_zeros == of_zeros
    assert len(laid_out.tables[0].widths) == 3


def test_rows_without_a_text_are_said_to_have_none():
    report = fill(write('[categories]\nviolence.total = { context = "Threats, too." }'), "2025")
    page = make_markdown(compose(report, load_kind().template))
    assert "Rows without text are left out" in page


def test_automated_means_tell_what_does_not_apply_from_what_nobody_knows():
    rows = "solely = { total = { value = 7 }, language.de = { value = 5 } }\naccuracy.total = { value = 0.9 }"
    page = make_markdown(compose(fill(write(f"[automated]\n{rows}"), "2025"), load_kind().template))
    cells = {line.split("|")[1].strip(): line.split("|")[2:-1] for line in page.splitlines() if line.count("|") > 5}
    cells = {label: [cell.replace("\\", "").strip() for cell in row] for label, row in cells.items()}
    assert cells["Measures taken solely by automated means"] == ["7", "N/A", "–", "–"]
    assert cells["Accuracy"] == ["0.9", "N/A", "N/A", "N/A"]
    assert cells["German"] == ["5", "N/A", "N/A", "N/A", "N/A"]


def test_a_long_code_as_a_label_stays_in_its_cell(tmp_path):
    """A provider describes its own sub-categories by codes, which no hyphen parts."""
    columns = ["measures", "automated"]
    columns += [f"visibility_{name}" for name in ("removal", "disable", "demoted", "age", "interaction", "labelled")]
    columns += [f"{part}_{end}" for part in ("monetary", "service", "account") for end in ("suspension", "termination")]
    row = ", ".join(f"{column} = 12345678" for column in columns)
    code = "KEYWORD_INFORMATION_LEAKAGE_ABROAD"
    own = f'other = [{{ description = "{code}", {row} }}]'
    (tmp_path / "data").mkdir()
    (tmp_path / "report.toml").write_text('kind = "eu-dsa"\n', encoding="utf-8")
    text = write(f"[terms.violence]\ntotal = {{ {row} }}\n{own}")
    (tmp_path / "data/2025-H2.toml").write_text(text, encoding="utf-8")
    outputs.build_report(Store(tmp_path), parse_period("2025-H2"), ["pdf"], draft=True)
    with pdfplumber.open(tmp_path / "build/2025-H2.pdf") as pdf:
        without_draft = [page.filter(lambda item: item.get("size", 0) < 12) for page in pdf.pages]
        rows = [(page, row.cells[0]) for page in without_draft for table in page.find_tables() for row in table.rows]
        labels = {re.sub(r"[\s\u200b]", "", page.crop(cell).extract_text()) for page, cell in rows if cell}
    assert code in labels


@pytest.mark.parametrize(("kind", "tables"), [("intermediary", 6), ("platform", 7)])
def test_a_new_file_leaves_out_what_does_not_apply(kind, tables, report, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "report.toml").write_text('kind = "eu-dsa"\n', encoding="utf-8")
    done = report("new", "2026", "--fact", f"provider.kind={kind}", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "data/2026.toml").read_text(encoding="utf-8")
    assert sum(f"\n[{table}]\n" in text for table in TABLES) == tables
    assert 'period    = "2026"' in text
    assert "language." not in text
    assert "training" not in text
    done = report("validate", "2026", "--json", cwd=tmp_path)
    errors = {one["rule"] for one in json.loads(done.stdout)["reports"][0]["findings"] if one["level"] == "error"}
    assert not errors


def test_a_new_file_names_the_day_of_the_report_before(report, tmp_path):
    report("init", ".", "--kind", "eu-dsa", "--year", "2026-H1", cwd=tmp_path)
    path = tmp_path / "data/2026-H1.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("# published = ", "published = "), encoding="utf-8")
    report("new", "2026-H2", cwd=tmp_path)
    tree = toml_rs.loads((tmp_path / "data/2026-H2.toml").read_text(encoding="utf-8"))
    published = toml_rs.loads(path.read_text(encoding="utf-8"))["published"]
    assert tree["report"]["previous"] == published
    last = Store(tmp_path).report(parse_period("2026-H1"))
    assert FormRequest(last.form, parse_period("2026-H2"), last_report=last).known_facts["report.previous"] == published
    assert "report.previous" not in FormRequest(last.form, parse_period("2027-H1"), last_report=last).known_facts


def test_figures_are_exported_with_their_states(report, tmp_path):
    target = tmp_path / "data"
    target.mkdir()
    (tmp_path / "report.toml").write_text('kind = "eu-dsa"\n', encoding="utf-8")
    (target / "2025-H2.toml").write_text(read_example("hosting"), encoding="utf-8")
    done = report("export", "2025-H2", "--out", tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    path = next((tmp_path / "out").rglob("figures*.csv"))
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["address"]: row for row in csv.DictReader(file)}
    assert rows["notices.total.received"]["value"] == "196"


def test_labels_in_another_language_need_no_code_and_leave_the_set_as_it_is(tmp_path, report):
    """As `docs/eu-dsa.md` says: three files of the folder, with what differs."""
    (block,) = [one for one in pages.blocks(pages.read("docs/eu-dsa.md"), "toml") if "Bien-être" in one]
    parts = dict(
        re.findall(r"^# (templates/\S+?toml)[^\n]*\n(.*?)(?=^# templates|\Z)", block, re.MULTILINE | re.DOTALL)
    )
    kind = (KIND / "kind.toml").read_text(encoding="utf-8")
    own = parts["templates/kinds/eu-dsa/kind.toml"]
    parts["templates/kinds/eu-dsa/kind.toml"] = own + re.sub(r"^languages.*\n", "", kind, flags=re.MULTILINE)
    for name, text in parts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "report.toml").write_text('kind = "eu-dsa"\n', encoding="utf-8")
    data = tmp_path / "data/2026-H1.toml"
    data.parent.mkdir()
    made = {}
    for edition in ("2026-half-years", "2026-half-years-fr"):
        text = re.sub(r"^edition .*$", f'edition = "{edition}"', read_example("vlop"), flags=re.MULTILINE)
        data.write_text(text, encoding="utf-8")
        done = report("build", "2026-H1", "--to", "html,csv", "--draft", "--force", cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        page = (tmp_path / "build/2026-H1.html").read_text(encoding="utf-8")
        made[edition] = (tmp_path / "build/2026-H1.csv.zip").read_bytes()
        assert ("Bien-être animal" in page) == edition.endswith("-fr")
        assert ("Animal welfare" in page) == (not edition.endswith("-fr"))
    assert made["2026-half-years"] == made["2026-half-years-fr"]
