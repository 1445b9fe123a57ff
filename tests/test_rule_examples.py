"""Pages of rules: the examples of each are judged, and files with mistakes are refused with the place of each."""

import pytest

from nianbao.checks import examples, rules
from nianbao.model.rule_page import split_page
from nianbao.workspace.store import Store

ELSEWHERE = {"not-text", "too-large"}  # found by the store, tested there
GENERAL = [rule for rule in rules.list_names() if rule not in ELSEWHERE]


def edition_of(store, rule):
    """Return the edition for which the examples of a general rule are written."""
    return (rules.list_editions(rule, store.kind.forms()) or ("2019",))[0]


def parse_examples(page):
    wrong, right = (examples.dedent(part) for part in split_page(page) if part.startswith(" "))
    return wrong + "\n", right + "\n"


@pytest.mark.parametrize("rule", GENERAL)
def test_the_examples_of_a_general_rule_are_wrong_and_right(rule, root):
    store = Store(root)
    edition = edition_of(store, rule)
    wrong, right = (
        examples.judge_example(store.kind, edition, one) for one in parse_examples(rules.load_rule(rule).page)
    )
    assert list(examples.find_example_faults(rule, edition, wrong, right)) == []


@pytest.mark.parametrize(
    "kind", Store(rules.__file__ and __import__("pathlib").Path(__file__).parent.parent).list_kinds()
)
def test_the_examples_of_a_kinds_rules_are_wrong_and_right(kind, root):
    folder = Store(root).find_kind(kind)
    assert {name: list(examples.find_rule_faults(folder, name)) for name in folder.rules} == dict.fromkeys(
        folder.rules, []
    )
