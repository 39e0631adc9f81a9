"""Maintenance runs when it is owed: once for each time named, never twice, never a pile."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given, settings
from hypothesis import strategies as st

from thorbis_ops.core import cron, schedule
from thorbis_ops.model import Job, Outcome, Run, Window

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [ZoneInfo("UTC"), BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")]
LINES = ["30 1 * * *", "30 2 * * *", "0 3 * * 0", "15 4 1 * *", "*/20 * * * *", "0 0 29 2 *"]
NIGHT = Window(opens=60, closes=300)
LATE = Window(opens=22 * 60, closes=4 * 60)

moments = st.datetimes(
    min_value=datetime(2020, 1, 1),
    max_value=datetime(2035, 1, 1),
    timezones=st.just(UTC),
)


def job(schedule: str = "30 1 * * *", window: Window | None = NIGHT, name: str = "analyze") -> Job:
    return Job(name=name, title=name, schedule=schedule, path=Path("x.sql"), window=window)


def run(
    scheduled_at: datetime,
    outcome: Outcome | None = "done",
    ended: datetime | None = None,
    attempt: int = 1,
) -> Run:
    finished = None if outcome is None else ended or scheduled_at + timedelta(minutes=1)
    return Run(
        job="analyze",
        target="main",
        scheduled_at=scheduled_at,
        attempt=attempt,
        started_at=scheduled_at,
        finished_at=finished,
        outcome=outcome,
    )


def at(text: str, zone: ZoneInfo = ZONES[0]) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def reasons(jobs: list[Job], last: dict[str, Run], now: datetime) -> list[str]:
    return [d.reason for d in schedule.due(jobs, last, now, ZONES[0])]


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", {6}),
        ("7", {6}),
        ("1", {0}),
        ("1-5", {0, 1, 2, 3, 4}),
        ("5-7", {4, 5, 6}),
        ("0-2", {6, 0, 1}),
        ("sun,wed", {6, 2}),
        ("*/2", {6, 1, 3, 5}),
        ("fri-sun", {4, 5, 6}),
    ],
)
def test_weekdays_are_counted_from_sunday_as_cron_does(field: str, days: set[int]) -> None:
    now, found = at("2025-06-01T00:00"), set()
    for _ in range(14):
        following = schedule.next_after(f"0 12 * * {field}", now, ZONES[0])
        assert following is not None
        now = following
        found.add(now.weekday())
    assert found == days


def test_a_day_restricted_by_month_and_week_matches_either() -> None:
    first = schedule.next_after("0 0 13 * 5", at("2025-06-01T00:00"), ZONES[0])
    assert first == at("2025-06-06T00:00")
    assert schedule.next_after("0 0 13 * 5", at("2025-06-07T00:00"), ZONES[0]) == at(
        "2025-06-13T00:00"
    )


@pytest.mark.parametrize(
    "line", ["* * * *", "61 * * * *", "0 0 * * 8", "0 0 * * 5-2", "0 0 30 2 *", "a b c d e"]
)
def test_a_wrong_line_is_refused_by_its_text(line: str) -> None:
    with pytest.raises(ValueError, match=r'"'):
        cron.parse(line)


numbers = st.integers(0, 23)
fields = st.one_of(
    st.just("*"),
    st.builds("*/{}".format, st.integers(1, 12)),
    st.builds("{}".format, numbers),
    st.lists(numbers, min_size=1, max_size=3).map(lambda found: ",".join(map(str, found))),
    st.tuples(numbers, numbers).map(lambda found: "{}-{}".format(*sorted(found))),
)
months = st.sampled_from(["*", "1", "6-8", "*/5", "feb", "jan-mar,dec"])


@given(fields, fields, st.integers(1, 28), months, moments)
@settings(deadline=None)
def test_a_line_names_the_same_times_as_the_schedulers_own_reading(
    minute: str, hour: str, day: int, month: str, moment: datetime
) -> None:
    theirs = CronTrigger(minute=minute, hour=hour, day=day, month=month, timezone=UTC)
    ours = schedule.next_after(f"{minute} {hour} {day} {month} *", moment, ZONES[0])
    assert ours == theirs.get_next_fire_time(None, moment + timedelta(microseconds=1))


@given(st.sampled_from(LINES), moments, st.sampled_from(ZONES))
@settings(max_examples=150, deadline=None)
def test_the_next_time_is_the_latest_once_it_has_come(
    line: str, moment: datetime, zone: ZoneInfo
) -> None:
    following = schedule.next_after(line, moment, zone)
    assert following is not None
    assert following > moment
    assert schedule.latest(line, following, zone) == following
    before = schedule.latest(line, following - timedelta(seconds=1), zone)
    assert before is not None
    assert before <= moment


@pytest.mark.parametrize("zone", ZONES[1:3])
@pytest.mark.parametrize("line", ["30 1 * * *", "30 2 * * *", "0 3 * * *"])
def test_a_nightly_job_runs_once_a_night_also_when_clocks_change(line: str, zone: ZoneInfo) -> None:
    last: dict[str, Run] = {}
    nights: list[str] = []
    now = datetime(2025, 1, 1, tzinfo=UTC)
    while now < datetime(2026, 1, 1, tzinfo=UTC):
        for found in schedule.due([job(line, None)], last, now, zone):
            last = {"analyze": run(found.scheduled_at)}
            nights.append(found.scheduled_at.astimezone(zone).date().isoformat())
        now += timedelta(minutes=20)
    assert len(nights) == len(set(nights))
    assert len(nights) in {365, 366}


def test_autumn_runs_the_doubled_time_at_its_first_showing_and_spring_an_hour_later() -> None:
    autumn = schedule.next_after("30 2 * * *", at("2025-10-25T12:00"), BERLIN)
    assert autumn == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    assert schedule.latest("30 2 * * *", datetime(2025, 10, 26, 2, 0, tzinfo=UTC), BERLIN) == autumn
    spring = schedule.next_after("30 2 * * *", at("2025-03-29T12:00"), BERLIN)
    assert spring == datetime(2025, 3, 30, 1, 30, tzinfo=UTC)


@given(st.sampled_from(LINES), moments, st.sampled_from(ZONES), st.booleans())
@settings(max_examples=150, deadline=None)
def test_what_was_done_is_not_due_again_before_its_next_time(
    line: str, moment: datetime, zone: ZoneInfo, windowed: bool
) -> None:
    wanted = job(line, NIGHT if windowed else None)
    for found in schedule.due([wanted], {}, moment, zone):
        assert found.scheduled_at <= moment
        last = {"analyze": run(found.scheduled_at)}
        assert schedule.due([wanted], last, moment, zone) == []
        following = schedule.next_after(line, moment, zone)
        assert following is not None
        assert schedule.due([wanted], last, following - timedelta(seconds=1), zone) == []


@given(st.sampled_from(LINES), moments, st.sampled_from(ZONES), st.sampled_from([NIGHT, LATE]))
@settings(max_examples=150, deadline=None)
def test_nothing_is_due_outside_its_window(
    line: str, moment: datetime, zone: ZoneInfo, window: Window
) -> None:
    local = moment.astimezone(zone)
    found = schedule.due([job(line, window)], {}, moment, zone)
    assert window.holds(local.hour * 60 + local.minute) or not found
    for one in found:
        assert one.closes_at is not None
        assert moment < one.closes_at <= moment + timedelta(days=1)


def test_a_first_start_owes_the_latest_time_only() -> None:
    found = schedule.due([job()], {}, at("2025-06-15T02:00"), ZONES[0])
    assert [(d.scheduled_at, d.reason) for d in found] == [(at("2025-06-15T01:30"), "on time")]


def test_a_year_of_absence_costs_one_run() -> None:
    last = {"analyze": run(at("2024-06-15T01:30"))}
    assert reasons([job()], last, at("2025-06-15T02:00")) == ["on time"]


def test_a_missed_night_is_caught_up_in_the_window_unless_the_regular_time_is_near() -> None:
    weekly = job("0 2 * * 0")
    last = {"analyze": run(at("2025-06-01T02:00"))}
    assert reasons([weekly], last, at("2025-06-10T00:30")) == []
    assert reasons([weekly], last, at("2025-06-10T01:30")) == ["caught up"]
    assert reasons([weekly], last, at("2025-06-15T01:30")) == []
    assert reasons([weekly], last, at("2025-06-15T02:00")) == ["on time"]


def test_a_run_that_is_under_way_is_not_begun_again() -> None:
    assert (
        reasons([job()], {"analyze": run(at("2025-06-14T01:30"), None)}, at("2025-06-15T02:00"))
        == []
    )


def test_what_the_window_cut_off_goes_on_in_the_next_one() -> None:
    weekly = job("0 2 * * 0")
    cut = {"analyze": run(at("2025-06-01T02:00"), "window_closed", at("2025-06-01T05:00"))}
    assert reasons([weekly], cut, at("2025-06-01T04:59")) == []
    assert reasons([weekly], cut, at("2025-06-02T01:00")) == ["carried over"]


def test_what_a_guard_held_back_is_tried_again_after_a_while() -> None:
    held = {"analyze": run(at("2025-06-15T01:30"), "guard", at("2025-06-15T01:40"))}
    assert reasons([job()], held, at("2025-06-15T01:44")) == []
    assert reasons([job()], held, at("2025-06-15T01:45")) == ["tried again"]


def test_an_interrupted_run_resumes_at_once_but_not_for_ever() -> None:
    cut = {"analyze": run(at("2025-06-15T01:30"), "interrupted")}
    assert reasons([job()], cut, at("2025-06-15T01:32")) == ["resumed"]
    tired = {"analyze": run(at("2025-06-15T01:30"), "interrupted", attempt=schedule.MAX_ATTEMPTS)}
    assert reasons([job()], tired, at("2025-06-15T01:32")) == []


@pytest.mark.parametrize("outcome", ["done", "nothing_to_do", "failed", "refused"])
def test_an_end_settles_the_time_it_answers_to(outcome: Outcome) -> None:
    ended = {"analyze": run(at("2025-06-15T01:30"), outcome)}
    assert reasons([job()], ended, at("2025-06-15T04:00")) == []


def test_lateness_counts_from_the_time_that_no_run_settled() -> None:
    now = at("2025-06-15T05:00")
    assert schedule.overdue(job(), run(at("2025-06-15T01:30")), now, ZONES[0]) == 0
    assert schedule.overdue(job(), None, now, ZONES[0]) == 3.5 * 3600
    held = run(at("2025-06-15T01:30"), "guard")
    assert schedule.overdue(job(), held, now, ZONES[0]) == 3.5 * 3600


def test_a_window_over_midnight_opens_yesterday_and_closes_today() -> None:
    now = at("2025-06-15T01:00")
    assert schedule.opened_at(LATE, now, ZONES[0]) == at("2025-06-14T22:00")
    assert schedule.closes_at(LATE, now, ZONES[0]) == at("2025-06-15T04:00")
    assert schedule.closes_at(LATE, at("2025-06-15T12:00"), ZONES[0]) is None
