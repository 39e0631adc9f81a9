"""Partitions of the store are always there before they are needed, and go when they are old."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from thorbis_ops.store.rotate import Partition, Series, plan_rotation, start_of_period

YEARS = timedelta(days=3650)
MOMENTS = st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
SERIES = st.builds(
    Series,
    name=st.just("sizes"),
    period=st.sampled_from(("day", "month")),
    ahead=st.integers(1, 9),
    keep=st.none() | st.integers(1, 9),
)


def months(ahead: int = 1, keep: int | None = None) -> Series:
    return Series(name="sizes", period="month", ahead=ahead, keep=keep)


def partition(lower: datetime, upper: datetime) -> Partition:
    return Partition(series="sizes", name="other", lower=lower, upper=upper)


def test_this_month_and_the_next_are_made() -> None:
    made = plan_rotation(months(), [], datetime(2026, 12, 31, 23, 59, tzinfo=UTC)).create
    assert [p.name for p in made] == ["sizes_202612", "sizes_202701"]
    assert made[1].upper == datetime(2027, 2, 1, tzinfo=UTC)


def test_a_local_time_belongs_to_its_day_in_utc() -> None:
    east = datetime(2026, 3, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    assert start_of_period("day", east) == datetime(2026, 2, 28, tzinfo=UTC)


def test_what_the_catalogue_covers_under_another_name_is_left_alone() -> None:
    whole = partition(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert not plan_rotation(months(), [whole], datetime(2026, 5, 5, tzinfo=UTC)).create


def test_a_partition_goes_when_its_last_row_may() -> None:
    old = partition(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    keep_two = months(keep=2)
    assert not plan_rotation(keep_two, [old], datetime(2026, 3, 31, tzinfo=UTC), YEARS).drop
    assert plan_rotation(keep_two, [old], datetime(2026, 4, 1, tzinfo=UTC), YEARS).drop == (old,)


def test_the_general_retention_limits_what_has_no_limit() -> None:
    old = partition(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    at = datetime(2026, 2, 11, tzinfo=UTC)
    assert plan_rotation(months(), [old], at, timedelta(days=10)).drop == (old,)
    assert not plan_rotation(months(), [old], at, timedelta(days=11)).drop


@given(SERIES, MOMENTS)
def test_now_is_covered_without_gap_or_overlap_and_a_second_look_finds_nothing(
    series: Series, at: datetime
) -> None:
    made = plan_rotation(series, [], at, YEARS).create
    assert made[0].lower <= at < made[0].upper
    assert len(made) == series.ahead + 1
    assert all(one.upper == other.lower for one, other in pairwise(made))
    again = plan_rotation(series, made, at, YEARS)
    assert not again.create
    assert not again.drop


@given(SERIES, st.lists(MOMENTS, min_size=2, max_size=20))
def test_a_daemon_that_was_away_for_years_comes_back_to_a_covered_now(
    series: Series, moments: list[datetime]
) -> None:
    present: list[Partition] = []
    for at in sorted(moments):
        rotation = plan_rotation(series, present, at, YEARS)
        assert not set(rotation.create) & set(rotation.drop)
        present = [p for p in (*present, *rotation.create) if p not in rotation.drop]
        assert sum(p.lower <= at < p.upper for p in present) == 1


@given(st.sampled_from(("day", "month")), MOMENTS, st.integers(-99, 99))
def test_a_shift_and_back_is_the_same_period(
    period: Literal["day", "month"], at: datetime, shift: int
) -> None:
    start = start_of_period(period, at)
    assert start_of_period(period, start_of_period(period, at, shift), -shift) == start
