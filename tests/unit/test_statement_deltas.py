"""No call is counted twice and none is lost, whatever befalls the counters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.statement_entries import EPOCH, KEY, Entry, sample
from thorbis_ops.statements.bounds import calls_above
from thorbis_ops.statements.counters import Sample
from thorbis_ops.statements.deltas import Delta, delta, lifetime
from thorbis_ops.statements.losses import coverage

OTHER = (5, 10, 43, True)


def calls(found: Delta) -> int:
    return sum(interval.calls for interval in found.intervals.values())


def lost(found: Delta) -> dict[str, int]:
    return {loss.cause: loss.calls for loss in found.losses}


def at(seconds: float) -> dict[str, object]:
    moment = EPOCH + timedelta(seconds=seconds)
    return {"since": moment, "extremes_since": moment}


def test_the_first_sample_counts_nothing_and_says_so() -> None:
    found = delta(None, sample(10, Entry().run([1.0] * 9)))
    assert calls(found) == 0
    assert found.fresh == "the first sample"
    assert found.changed == {KEY}


def test_an_unchanged_entry_is_no_work() -> None:
    entry = Entry().run([1.0] * 9)
    found = delta(sample(10, entry), sample(20, entry))
    assert found == Delta()


def test_calls_since_the_last_sample_are_counted() -> None:
    entry = Entry().run([1.0] * 9)
    before = sample(10, entry)
    found = delta(before, sample(20, entry.run([2.0] * 4)))
    assert calls(found) == 4
    assert found.intervals[KEY].total == pytest.approx(8.0)
    assert coverage(calls(found), found.losses) == 1.0


def test_a_new_entry_counts_from_its_first_call() -> None:
    found = delta(sample(10), sample(20, Entry().run([2.0] * 4)))
    assert calls(found) == 4


@pytest.mark.parametrize("births", [True, False], ids=["1.11", "1.10"])
def test_an_entry_made_anew_counts_what_it_holds(births: bool) -> None:
    old, new = (at(1), at(15)) if births else ({}, {})
    before = sample(10, Entry(**old).run([5.0] * 9))  # type: ignore[arg-type]
    found = delta(before, sample(20, Entry(**new).run([7.0] * 3)))  # type: ignore[arg-type]
    assert calls(found) == 3
    assert found.reborn == {KEY}
    assert lost(found)["reset"] > 0


def test_a_birth_tells_an_entry_made_anew_from_one_that_went_on() -> None:
    before = sample(10, Entry(**at(1)).run([5.0] * 3))  # type: ignore[arg-type]
    found = delta(before, sample(20, Entry(**at(15)).run([5.0] * 9)))  # type: ignore[arg-type]
    assert calls(found) == 9


@pytest.mark.parametrize(
    "durations",
    [[5.0, 5.0], [0.1, 0.1, 0.1, 0.1], [6.0, 6.0, 4.0, 7.0], [3.0, 3.5, 4.4, 4.9]],
    ids=["calls fell", "total fell", "minimum rose", "maximum fell"],
)
def test_without_a_birth_a_counter_that_went_back_tells(durations: list[float]) -> None:
    before = sample(10, Entry().run([3.0, 5.0, 5.0]))
    assert calls(delta(before, sample(20, Entry().run(durations)))) == len(durations)


def test_a_reset_of_everything_counts_all_that_came_after() -> None:
    reset = EPOCH + timedelta(seconds=14)
    before = sample(10, Entry().run([5.0] * 3))
    now = sample(20, Entry().run([5.0] * 9), stats_reset=reset)
    found = delta(before, now)
    assert calls(found) == 9
    # 9 calls in the 6 s after the reset: about 6 in the 4 s before it
    assert lost(found) == {"reset": 6}
    assert not found.losses[0].certain
    assert coverage(9, found.losses) == pytest.approx(0.6)


def test_a_crash_without_a_time_of_reset_is_told_by_what_fell() -> None:
    crash = {"stats_reset": None, "deallocated": None, "started_at": EPOCH + timedelta(seconds=15)}
    old = {"stats_reset": None, "deallocated": None}
    before = sample(10, Entry().run([5.0] * 3), Entry(key=OTHER).run([1.0] * 50), **old)
    now = sample(20, Entry().run([5.0] * 9), Entry(key=OTHER).run([1.0]), **crash)
    assert calls(delta(before, now)) == 10


def test_a_clean_restart_goes_on_counting() -> None:
    entry = Entry().run([5.0] * 3)
    before = sample(10, entry)
    now = sample(20, entry.run([5.0]), started_at=EPOCH + timedelta(seconds=15))
    assert calls(delta(before, now)) == 1


def test_another_server_of_the_cluster_begins_a_new_count() -> None:
    before = sample(100, Entry().run([5.0] * 3))
    now = sample(110, Entry().run([5.0] * 900), stats_reset=EPOCH + timedelta(seconds=50))
    found = delta(before, now)
    assert calls(found) == 0
    assert found.fresh is not None
    assert "another server" in found.fresh
    # 3 calls in the 100 s before: less than one in the 10 s in between, said as one
    assert lost(found) == {"reset": 1}


def test_another_cluster_begins_a_new_count() -> None:
    before = sample(100, Entry().run([5.0] * 3))
    now = sample(110, Entry().run([5.0] * 900), system_identifier="7000000000000000002")
    assert delta(before, now).fresh == "another database cluster answers"


def test_a_clock_that_goes_back_loses_no_call() -> None:
    entry = Entry().run([5.0] * 3)
    before = sample(3600, entry)
    assert calls(delta(before, sample(20, entry.run([5.0])))) == 1


def test_hidden_entries_lower_the_coverage() -> None:
    entry = Entry().run([5.0] * 3)
    before = sample(10, entry, hidden_entries=2, hidden_calls=100)
    now = sample(20, entry.run([5.0] * 30), hidden_entries=2, hidden_calls=110)
    found = delta(before, now)
    assert lost(found) == {"hidden": 10}
    assert coverage(calls(found), found.losses) == 0.75


@pytest.mark.parametrize("births", [True, False], ids=["1.11", "1.10"])
def test_a_privilege_that_comes_or_goes_makes_no_calls(births: bool) -> None:
    born = at(1) if births else {}
    mine = Entry().run([5.0] * 3)
    theirs = Entry(key=OTHER, **born).run([5.0] * 1000)  # type: ignore[arg-type]
    blind = {"hidden_entries": 1, "hidden_calls": 1000}
    veiled, unveiled = sample(10, mine, **blind), sample(20, mine, theirs.run([5.0] * 7))
    granted = delta(veiled, unveiled)
    assert calls(granted) == 0
    assert lost(granted) == {"hidden": 7}
    assert OTHER in granted.changed
    revoked = delta(unveiled, sample(30, mine, hidden_entries=1, hidden_calls=1011))
    assert calls(revoked) == 0
    assert lost(revoked) == {"hidden": 4}


def test_without_a_birth_an_eviction_in_between_widens_the_bounds() -> None:
    entry = Entry().run([10.0, 10.0])
    before = sample(10, entry)
    entry.run([10.0, 400.0, 300.0])
    found = delta(before, sample(20, entry, deallocated=1))
    assert calls_above(found.intervals[KEY], 100.0) == (0, 2)
    quiet = delta(before, sample(20, entry))
    assert calls_above(quiet.intervals[KEY], 100.0) == (2, 2)


def test_lifetime_counts_all_that_is_there() -> None:
    now = sample(10, Entry().run([5.0] * 3), Entry(key=OTHER).run([1.0] * 50))
    assert calls(lifetime(now)) == 53


class Extension:
    """Entries, usage and eviction as contrib/pg_stat_statements does it."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.entries: dict[int, Entry] = {}
        self.usage: dict[int, float] = {}
        self.deallocated = 0

    def run(self, queryid: int, clock: float) -> None:
        if queryid not in self.entries:
            while len(self.entries) >= self.capacity:
                self._deallocate()
            moment = EPOCH + timedelta(seconds=clock)
            key = (5, 10, queryid, True)
            self.entries[queryid] = Entry(key=key, since=moment, extremes_since=moment)
            self.usage[queryid] = 1.0
        self.entries[queryid].run([1.0])
        self.usage[queryid] += 1.0

    def _deallocate(self) -> None:
        self.usage = {queryid: usage * 0.99 for queryid, usage in self.usage.items()}
        victims = sorted(self.usage, key=self.usage.__getitem__)
        for queryid in victims[: max(10, len(victims) * 5 // 100)]:
            del self.entries[queryid], self.usage[queryid]
        self.deallocated += 1

    def sample(self, seconds: float) -> Sample:
        now = sample(seconds, *self.entries.values())
        return replace(now, capacity=self.capacity, deallocated=self.deallocated)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.integers(0, 130), max_size=400), st.lists(st.integers(0, 200), max_size=400))
def test_no_more_calls_are_lost_to_eviction_than_is_said(one: list[int], other: list[int]) -> None:
    extension = Extension(100)
    for clock, queryid in enumerate(one):
        extension.run(queryid, clock / 1000)
    before = extension.sample(10)
    for clock, queryid in enumerate(other):
        extension.run(queryid, 10 + clock / 1000)
    found = delta(before, extension.sample(20))
    counted = calls(found)
    assert counted <= len(other)
    said = lost(found).get("evicted", 0)
    assert len(other) - counted <= said or not all(loss.certain for loss in found.losses)
    assert coverage(counted, found.losses) <= (counted / len(other) if other else 1.0)
