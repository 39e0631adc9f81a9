"""Periods follow one another without gap or overlap, whatever the calendar does."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thorbis_ops.core import partitions
from thorbis_ops.core.partitions import EVER, PERIODS, Existing, KeyType, Period, Range

BERLIN, ZULU = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
periods = st.sampled_from(PERIODS)
moments = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def span(lower: str, upper: str) -> Range:
    return Range(lower=at(lower), upper=at(upper))


def held(name: str, lower: str, upper: str) -> Existing:
    return Existing(name=name, range=span(lower, upper))


@given(periods, moments, st.integers(0, 40))
def test_wanted_periods_touch_and_begin_with_the_present_one(
    period: Period, now: datetime, ahead: int
) -> None:
    found = list(partitions.wanted(period, now, ahead))
    assert len(found) == ahead + 1
    assert found[0].lower <= now < found[0].upper
    assert all(a.upper == b.lower for a, b in pairwise(found))


@given(periods, moments, st.integers(-50, 50))
def test_shifting_there_and_back_is_nothing(period: Period, now: datetime, count: int) -> None:
    begin = partitions.start(period, now)
    there = partitions.shift(period, begin, count)
    assert partitions.start(period, there) == there
    assert partitions.shift(period, there, -count) == begin


@given(periods, moments, st.sampled_from([ZULU, BERLIN]), st.sampled_from(["date", "timestamp"]))
def test_a_bound_reads_back_as_it_was_written(
    period: Period, now: datetime, zone: ZoneInfo, key: KeyType
) -> None:
    lower = partitions.start(period, now)
    need = Range(lower=lower, upper=partitions.shift(period, lower, 1))
    for kind in (key, "timestamptz"):
        texts = [partitions.literal(m, kind, zone) for m in (need.lower, need.upper)]
        text = "FOR VALUES FROM ('{}') TO ('{}')".format(*texts)
        assert partitions.parse_bound(text, zone) == need


def test_a_month_in_a_zone_keeps_local_midnight_through_a_change_of_clocks() -> None:
    assert (
        partitions.literal(at("2025-03-01"), "timestamptz", BERLIN) == "2025-02-28 23:00:00+00:00"
    )
    assert (
        partitions.literal(at("2025-04-01"), "timestamptz", BERLIN) == "2025-03-31 22:00:00+00:00"
    )


@pytest.mark.parametrize(
    "text", ["DEFAULT", "FOR VALUES IN ('a')", "FOR VALUES FROM ('x') TO ('y')"]
)
def test_other_bounds_are_not_read_as_times(text: str) -> None:
    assert partitions.parse_bound(text, ZULU) is None


def test_open_bounds_reach_for_ever() -> None:
    text = "FOR VALUES FROM (MINVALUE) TO ('2025-01-01')"
    assert partitions.parse_bound(text, ZULU) == Range(lower=EVER[0], upper=at("2025-01-01"))


def test_a_need_is_covered_in_whole_in_part_or_not() -> None:
    need = span("2025-04-01", "2025-07-01")
    months = [held(f"t{m}", f"2025-0{m}-01", f"2025-0{m + 1}-01") for m in (4, 5, 6)]
    assert partitions.covered(need, months)
    assert partitions.crossing(need, months) == []
    assert [e.name for e in partitions.crossing(need, months[:2])] == ["t4", "t5"]
    assert partitions.crossing(need, []) == []
    assert not partitions.covered(need, [])


@given(moments, st.integers(1, 60))
def test_what_expired_is_older_than_the_retention_and_the_rest_is_not(
    now: datetime, retention: int
) -> None:
    edge = partitions.expiry("day", now, retention)
    assert now - edge >= timedelta(days=retention)
    assert now - edge < timedelta(days=retention + 1)


@pytest.mark.parametrize(
    ("ranges", "period"),
    [
        ([("2025-01-01", "2025-02-01"), ("2025-02-01", "2025-03-01")], "month"),
        ([("2025-01-01", "2025-01-02")], "day"),
        ([("2025-01-06", "2025-01-13")], "week"),
        ([("2025-01-01", "2026-01-01")], "year"),
        ([("2025-01-01", "2025-04-01")], None),
        ([("2025-01-01", "2025-02-01"), ("2025-02-01", "2025-02-02")], None),
        ([], None),
    ],
)
def test_the_period_is_what_all_partitions_span(
    ranges: list[tuple[str, str]], period: Period | None
) -> None:
    assert partitions.inferred([held("x", *one) for one in ranges]) == period


@pytest.mark.parametrize(
    ("sibling", "name"),
    [
        ("jobs_2025_01", "jobs_2025_02"),
        ("jobs_p202501", "jobs_p202502"),
        ("Jobs y2025m01", "Jobs y2025m02"),
        ("january", "jobs_2025_02"),
    ],
)
def test_a_new_partition_is_named_as_its_siblings_are(sibling: str, name: str) -> None:
    existing = [held(sibling, "2025-01-01", "2025-02-01")]
    need = span("2025-02-01", "2025-03-01")
    assert partitions.name_for("jobs", "month", need, existing) == name


@given(st.text(min_size=1, max_size=63), st.integers(0, 11))
def test_names_fit_and_differ_by_period(table: str, month: int) -> None:
    need = Range(lower=datetime(2025, month + 1, 1), upper=datetime(2026, 1, 1))
    name = partitions.name_for(table, "month", need, [])
    assert len(name.encode()) <= 63
    assert name.endswith(f"2025_{month + 1:02}")


def test_an_instant_bound_is_read_in_its_own_zone() -> None:
    text = "FOR VALUES FROM ('2025-02-28 23:00:00+00') TO ('2025-03-31 22:00:00+00')"
    assert partitions.parse_bound(text, BERLIN) == span("2025-03-01", "2025-04-01")
    assert partitions.parse_bound(text, ZULU) == Range(
        lower=datetime(2025, 2, 28, 23, tzinfo=UTC).replace(tzinfo=None),
        upper=at("2025-03-31T22:00"),
    )
