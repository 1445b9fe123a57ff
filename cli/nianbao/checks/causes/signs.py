"""Negative values of figures that are never negative: whether the other figures fit the value without its sign."""

from dataclasses import replace
from typing import Literal

from nianbao.checks.causes.evidence import Known
from nianbao.checks.context import CheckContext
from nianbao.model.facts import Facts, parse
from nianbao.model.finding import Place
from nianbao.model.report import fill_form


def judge_without_sign(context: CheckContext, address: str, place: Place, value: str) -> Literal["fits", "may", "no"]:
    """Judge a report with another value at a place: whether all equations of its figure hold, or there are none."""
    report = context.report
    lines = report.facts.text.split("\n")
    lines[place.line - 1] = place.replace_text(value)
    facts = parse("\n".join(lines), report.facts.file)
    if not isinstance(facts, Facts):
        return "no"
    known = Known(replace(context, report=fill_form(report.form, facts, report.previous)))
    equations = [one for one in known.equations if one.is_equality and address in one.factors]
    if not all(one.holds for one in equations):
        return "no"
    return "fits" if equations else "may"
