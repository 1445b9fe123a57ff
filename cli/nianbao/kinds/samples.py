"""Sample reports of a form: with as little as it requires, and with everything that it may hold."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import tomli_w

from nianbao.model.facts import Facts
from nianbao.model.form import Form
from nianbao.model.i18n import N_
from nianbao.model.open_rows.filling import expand_with_samples, make_arrays
from nianbao.model.period import Period
from nianbao.model.report import Report, fill_form, nest_values
from nianbao.model.value_types import choose_value

# One of these is a value of each type; numbers are other ones than 0, so that conditions on them are true.
_CANDIDATES = (3, Decimal("1.5"), "Sample", ["First", "Second"], date(2024, 1, 31), True, "https://example.org/", "3d")
EXAMPLE = N_("filled-with-example")
REQUIRED, NOTHING_OPTIONAL, EVERYTHING = (
    N_("filled-with-required-facts"),
    N_("filled-without-optional-facts"),
    N_("filled-with-everything"),
)


def make_samples(form: Form) -> dict[str, Report]:
    """Make three sample reports of a form, by the key of what they hold; each open row has one entry or code."""
    form = expand_with_samples(form)
    period = find_period(form)
    required = {fact.id: make_value(form, fact.id, period) for fact in form.facts if fact.required}
    figures = {address: make_value(form, address, period) for address in form.slots}
    optional = {address: make_value(form, address, period) for address in form.value_types}
    return {
        REQUIRED: fill_sample(form, required),
        NOTHING_OPTIONAL: fill_sample(form, required | figures),
        EVERYTHING: fill_sample(form, optional | figures),
    }


def fill_sample(form: Form, values: Mapping[str, object], previous: Report | None = None) -> Report:
    """Fill a form with values by address, for a period in which it is in force."""
    period = find_period(form)
    named: dict[str, object] = {
        form.kind.period_fact: form.kind.write_period(period),
        "edition": form.edition,
    }
    tree = nest_values({address: value for address, value in (dict(values) | named).items() if value is not None})
    tree = make_arrays(form, tree)
    return fill_form(form, Facts("example", tomli_w.dumps(tree), tree), previous)


def find_period(form: Form) -> Period:
    """Return a period for which a form is in force: the last one that has ended, else one of its last year."""
    ended = form.calendar.find_ended(datetime.now(tz=UTC).date())
    if form.is_in_force(ended):
        return ended
    return Period(form.first_year if form.last_year is None else form.last_year, ended.part)


def make_value(form: Form, address: str, period: Period) -> object:
    """Make a value of the type that a form has at an address; None where none of the candidates is one."""
    named = (period.year, str(period))
    first = named if address == form.kind.period_fact else ()
    return choose_value(form.value_types[address], (*first, *_CANDIDATES, *named))
