"""Negative values of figures that are never negative: whether the other figures fit the value without its sign."""

from typing import Literal

from msgspec.structs import replace

from nianbao.checks.causes.evidence import Known
from nianbao.checks.causes.mending import mend_value
from nianbao.checks.context import CheckContext
from nianbao.model.finding import Place


def judge_without_sign(context: CheckContext, address: str, place: Place, value: str) -> Literal["fits", "may", "no"]:
    """Judge a report with another value at a place: whether all equations of its figure hold, or there are none."""
    mended = mend_value(context.report, place, value)
    if mended is None:
        return "no"
    known = Known(replace(context, report=mended))
    equations = [one for one in known.equations if one.is_equality and address in one.factors]
    if not all(one.holds for one in equations):
        return "no"
    return "fits" if equations else "may"
