"""The language of relations: patterns of rows, functions, factors, conditions, alternatives, and blank cells."""

from copy import deepcopy
from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace
from platforms import fill, load_form

from nianbao.checks import relation
from nianbao.checks.context import CheckContext
from nianbao.model.relation_language.parser import Term, parse_sides
from nianbao.model.relation_language.positions import Positions
from nianbao.model.report import fill_form

ROWS = ["total.total", "total.a.total", "total.a.sub.x", "total.a.sub.y", "total.b.total", "state.AT.a.total"]


@pytest.mark.parametrize(
    ("text", "left", "sign", "right"),
    [
        ("all = a + b - c", [("all", 1)], "=", [("a", 1), ("b", 1), ("c", -1)]),
        ("0.5 * a <= b", [("a", Decimal("0.5"))], "<=", [("b", 1)]),
        ("a.<c>.x<=b.*", [("a.<c>.x", 1)], "<=", [("b.*", 1)]),
        ("-2 * *.x != 3", [("*.x", -2)], "!=", [("3", 1)]),
        ("<r..>.a <=> 4.5", [("<r..>.a", 1)], "<=>", [("4.5", 1)]),
        ("a > 0", [("a", 1)], ">", [("0", 1)]),
    ],
)
def test_both_sides_are_read(text, left, sign, right):
    sides = parse_sides(text)
    assert (sides.sign, [(term.path, term.factor) for term in sides.left]) == (sign, left)
    assert [(term.path, term.factor) for term in sides.right] == right


def test_functions_and_figures_of_last_year_are_read():
    sides = parse_sides("max(before.a.*) >= 2 * count( b ) + before.c")
    assert sides.left == (Term("a.*", 1, previous=True, function="max"),)
    assert sides.right == (Term("b", 2, function="count"), Term("c", 1, previous=True))
    assert [Term(text, 1).constant for text in ("45", "0.5", "a")] == [45, Decimal("0.5"), None]


@pytest.mark.parametrize(
    "text", ["a", "a = ", "= b", "a = b = c", "a b = c", "2 a = b", "2 * = b", "a ++ b = c", "a..b = c", "mean(a) = b"]
)
def test_what_is_no_relation_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_sides(text)


def matched(path, lines=ROWS, opened=(), **binding):
    found = Positions(lines, opened).match(Term(path, 1).segments, {name: (id_,) for name, id_ in binding.items()})
    return [
        ([lines[one] for one in match.positions], {name: ".".join(ids) for name, ids in match.binding.items()})
        for match in found
    ]


def test_a_path_means_all_that_is_below_it():
    assert matched("total.a") == [(["total.a.total", "total.a.sub.x", "total.a.sub.y"], {})]
    assert matched("total.c") == []


def test_names_are_bound_to_one_id_or_to_several():
    assert matched("total.<c>.total") == [(["total.a.total"], {"c": "a"}), (["total.b.total"], {"c": "b"})]
    assert matched("total.<c>.sub", c="b") == []
    assert matched("<s..>.a.total") == [(["total.a.total"], {"s": "total"}), (["state.AT.a.total"], {"s": "state.AT"})]
    assert [binding["r"] for _lines, binding in matched("total.<r..>")] == [
        "total",
        "a.total",
        "a.sub.x",
        "a.sub.y",
        "b.total",
    ]


def test_an_open_heading_without_entries_is_there_but_empty():
    assert matched("total.a.other", opened=["total.a.other"]) == [([], {})]
    assert matched("total.b.other", opened=["total.a.other"]) == []


def list_checks(rule, report=None):
    form = report.form if report else load_form()
    return [check for check in form.checks if check.relation.rule == rule]


def test_a_relation_holds_for_each_binding_within_each_state():
    rows = {check.left[0].slots[0].row for check in list_checks("wrong-total", fill())}
    assert rows == {
        "total.total", "total.animals.total", "total.fraud.total",
        "state.AT.animals.total", "state.AT.fraud.total", "state.EL.animals.total", "state.EL.fraud.total",
    }  # fmt: skip  # not of the category without sub-categories
    check = next(one for one in list_checks("wrong-total", fill()) if one.left[0].slots[0].row == "total.animals.total")
    assert [slot.row for part in check.right for slot in part.slots] == [
        "total.animals.sub.harm", "total.animals.sub.sale", "total.animals.other.1", "total.animals.other.2",
    ]  # fmt: skip


def test_a_row_is_the_sum_of_the_states_that_are_there():
    check = list_checks("states-differ", fill())[0]
    assert [part.addresses for part in check.right] == [
        ("orders.state.AT.total.received",), ("orders.state.EL.total.received",),
    ]  # fmt: skip
    assert list_checks("states-differ") == []


def find_broken(*changes):
    return {(check.relation.rule, check.left[0].slots[0].address) for check in fill(*changes).broken}


HARM, SALE = "harm = { received = 3, items = 9 }", "sale = { received = 2, items = 6 }"
TOTAL = "orders.total.total"
BROKEN = {  # a change of the data -> what it breaks
    ("received = 12,", "received = 11,"): {
        ("states-differ", f"{TOTAL}.received"),
        ("wrong-total", f"{TOTAL}.received"),
    },
    ("received = 12, items = 30", "received = 12, items = 11"): {
        ("items-below-orders", f"{TOTAL}.items"),
        ("states-differ", f"{TOTAL}.items"),
    },
    ("median = 2.5 }\nanimals", "median = 4.1 }\nanimals"): {("median-out-of-range", f"{TOTAL}.median")},
    ("items = 20, median = 2.5,", "items = 20,"): {("median-missing", "orders.total.animals.total.median")},
    ("bg.value = 1 ", "bg.value = 11 "): {("more-than-all", "staff.all.value")},
    ("external.value = 3", "external.value = 6"): {("few-of-all", "staff.external.value")},
    ("external.value = 3", "external.value = 0"): set(),
    ("asked   = 1\ndecided = 1", "asked = 1\ndecided = 2"): {("more-decided", "bodies.2.decided")},
    ("asked   = 2", "asked   = 20"): {("bodies-differ", "bodies.2.asked")},
    (f"{HARM}, {SALE}", HARM): {
        ("wrong-total", "orders.total.animals.total.received"),
        ("wrong-total", "orders.total.animals.total.items"),
    },
}


@pytest.mark.parametrize("change", BROKEN)
def test_each_relation_breaks_where_its_figure_is_changed(change):
    assert not find_broken()
    assert find_broken(change) == BROKEN[change]


def test_blank_cells_count_nothing_where_the_relation_says_so():
    """A category without sub-categories is incomplete, not wrong; one with some must be their sum."""
    sub, total = f"animals.sub   = {{ {HARM}, sale = {{ received = 2, items = 3 }} }}", "state.AT.animals.total"
    report = fill((sub, ""))
    assert total not in {one.left[0].slots[0].row for one in report.judged if one.relation.rule == "wrong-total"}
    assert ("wrong-total", f"orders.{total}.received") in find_broken((sub, f"animals.sub = {{ {HARM} }}"))


def test_a_total_of_which_blanks_count_nothing_is_not_computed():
    report = fill(("animals.total = { received = 5, items = 12 }\n", ""))
    assert "orders.state.AT.animals.total.received" not in report.figures
    assert not report.computed


@pytest.mark.parametrize("level", ["error", "warning"])
def test_one_wrong_figure_is_one_finding_that_names_it(level):
    """A figure breaks its category, the total of its state and that of all states: these are effects of one cause."""
    states = [
        replace(one, level=level) if one.rule == "states-differ" else one for one in load_form().relations["orders"]
    ]
    form = replace(load_form(), relations={**load_form().relations, "orders": tuple(states)})
    right = fill(form=form)
    judged = [one for one in right.figures if one.startswith("orders.") and one.endswith((".received", ".items"))]
    for address in judged:
        tree = deepcopy(right.facts.tree)
        node = tree
        *keys, last = address.split(".")
        for key in keys:
            node = node[key]
        node[last] += 4515
        report = fill_form(form, replace(right.facts, tree=tree))
        findings = list(relation.judge(CheckContext(report, date.max)))
        effects = {key for finding in findings for key in finding.effects}
        causes = [finding for finding in findings if finding.key not in effects]
        assert len(causes) == 1, address
        assert address in {causes[0].address, *causes[0].candidates}
        assert causes[0].level == min((finding.level for finding in findings), key=["error", "warning"].index)
    assert len(judged) > 40


def test_a_finding_gives_the_reason_and_its_source():
    report = fill(
        ("received = 12, items = 30", "received = 12, items = 11"), ("median = 2.5 }\nanimals", "median = 9 }\nanimals")
    )
    fixes = {finding.rule: finding.fix for finding in relation.judge(CheckContext(report, date.max))}
    assert fixes["items-below-orders"].startswith("Each order names an item")
    assert "Annex II, p. 14" in fixes["items-below-orders"]
    assert fixes["median-out-of-range"] == "Art. 15(1)(a)"
