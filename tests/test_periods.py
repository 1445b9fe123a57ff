"""The periods that reports are about: their names, their order, and the days that they cover."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nianbao.model.period import Calendar, Period, parse_period

UNITS = {"2024": "year", "2024-H1": "half-year", "2024-Q3": "quarter", "2024-07": "month", "2024-07-15": "event"}
PARTS = {
    "year": [""],
    "half-year": ["H1", "H2"],
    "quarter": ["Q1", "Q2", "Q3", "Q4"],
    "month": [f"{month:02}" for month in range(1, 13)],
}
CALENDARS = [Calendar(unit, month, day) for unit in PARTS for month, day in ((1, 1), (4, 1), (10, 1), (4, 6))]


@pytest.mark.parametrize("name", UNITS)
def test_the_name_of_a_period_says_its_unit(name):
    period = parse_period(name)
    assert (str(period), period.unit) == (name, UNITS[name])


@pytest.mark.parametrize(
    "name",
    ["", "24", "02024", "2024-H3", "2024-Q0", "2024-Q5", "2024-13", "2024-7", "2024-02-32", "2024-q3", "２０２４"],
)
def test_no_other_text_is_a_period(name):
    assert parse_period(name) is None


def test_periods_of_one_unit_are_ordered_by_time():
    names = ["2023-Q4", "2024-Q1", "2024-Q2", "2025-Q1"]
    assert sorted(map(parse_period, reversed(names))) == list(map(parse_period, names))


@pytest.mark.parametrize(
    ("name", "following"),
    [("2024", "2025"), ("2024-H2", "2025-H1"), ("2024-Q3", "2024-Q4"), ("2024-12", "2025-01"), ("2024-09", "2024-10")],
)
def test_a_period_follows_the_one_before(name, following):
    assert parse_period(name).get_next() == parse_period(following)
    assert parse_period(following).get_previous() == parse_period(name)


def test_an_event_says_nothing_of_the_one_before():
    event = Period(2024, "07-15")
    assert (event.get_previous(), event.get_next()) == (None, None)


@pytest.mark.parametrize(
    ("calendar", "name", "first", "last"),
    [
        (Calendar(), "2024", "2024-01-01", "2024-12-31"),
        (Calendar("year", 10, 1), "2024", "2023-10-01", "2024-09-30"),  # the fiscal year of the United States
        (Calendar("year", 4, 6), "2024", "2023-04-06", "2024-04-05"),  # the tax year of the United Kingdom
        (Calendar("half-year"), "2024-H2", "2024-07-01", "2024-12-31"),
        (Calendar("quarter"), "2024-Q1", "2024-01-01", "2024-03-31"),
        (Calendar("quarter", 10, 1), "2024-Q2", "2024-01-01", "2024-03-31"),
        (Calendar("month"), "2024-02", "2024-02-01", "2024-02-29"),
        (Calendar("month", 4, 1), "2024-12", "2024-03-01", "2024-03-31"),
        (Calendar("event"), "2024-07-15", "2024-07-15", "2024-07-15"),
    ],
)
def test_a_period_covers_these_days(calendar, name, first, last):
    period = parse_period(name)
    assert calendar.get_first_day(period) == date.fromisoformat(first)
    assert calendar.get_last_day(period) == date.fromisoformat(last)


@given(st.sampled_from(CALENDARS), st.integers(1981, 9000), st.data())
def test_periods_follow_each_other_without_a_gap(calendar, year, draws):
    period = Period(year, draws.draw(st.sampled_from(PARTS[calendar.unit])))
    assert calendar.has(period)
    end = calendar.get_last_day(period)
    assert calendar.get_first_day(period) <= end
    assert calendar.get_first_day(period.get_next()) == end + timedelta(days=1)
    assert calendar.find_ended(end + timedelta(days=1)) == period
    assert calendar.find_ended(end) == period.get_previous()


def test_the_event_that_has_ended_is_that_of_the_day():
    assert Calendar("event").find_ended(date(2024, 7, 15)) == Period(2024, "07-15")


@pytest.mark.parametrize("name", ["2024-H1", "2024-Q1", "2024-01", "2024-01-01", "1979", "9999"])
def test_a_calendar_of_years_has_no_other_period(name):
    assert not Calendar().has(parse_period(name))


def test_a_calendar_may_have_periods_of_two_units():
    calendar = Calendar("year", also=("half-year",))
    year, half = parse_period("2026"), parse_period("2026-H1")
    assert calendar.has(year)
    assert calendar.has(half)
    assert not calendar.has(parse_period("2026-Q1"))
    assert calendar.get_last_day(year) == date(2026, 12, 31)
    assert calendar.get_last_day(half) == date(2026, 6, 30)
    assert calendar.find_ended(date(2026, 8, 1)) == parse_period("2025")  # the usual unit
    assert half.get_previous() == parse_period("2025-H2")


def test_a_day_that_does_not_exist_is_no_event():
    assert not Calendar("event").has(Period(2023, "02-29"))
