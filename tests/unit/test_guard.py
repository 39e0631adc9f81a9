"""Maintenance gives way: any veto wins, its reason shows, the unknown is never taken as good."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thorbis_ops.core import guard
from thorbis_ops.core.guard import Limits, Need, Readings
from thorbis_ops.model import GuardVerdict

GIB = 2**30
ALL = ("replica_lag", "long_transaction", "load", "disk", "slots")
CALM = Readings(
    primary=True,
    timeline="00000001",
    replicas=1,
    replica_lag_seconds=0.0,
    replica_lag_bytes=0,
    transaction_seconds=1.0,
    active=0,
    cores=2,
    max_connections=100,
    free_bytes=100 * GIB,
)
LIMITS = Limits()


def held(
    readings: Readings, need: Need | None = None, limits: Limits = LIMITS
) -> GuardVerdict | None:
    return guard.deciding(guard.judge(ALL, readings, limits, need or Need()))


def test_a_calm_primary_lets_everything_go_and_says_why() -> None:
    verdicts = guard.judge(ALL, CALM, LIMITS, Need())
    assert [v.guard for v in verdicts] == ["primary", "paused", "window", *ALL]
    assert all(v.verdict == "go" and v.detail for v in verdicts)


@pytest.mark.parametrize(
    ("change", "by", "verdict", "says"),
    [
        ({"primary": False}, "primary", "stop", "replica"),
        ({"primary": None}, "primary", "stop", "unknown"),
        ({"paused": "paused by ann: release day"}, "paused", "stop", "release day"),
        ({"window_seconds": 0.0}, "window", "stop", "closed"),
        ({"replica_lag_seconds": 31.0}, "replica_lag", "wait", "31 s behind"),
        ({"replica_lag_bytes": GIB}, "replica_lag", "wait", "1 GiB behind"),
        ({"replicas": None}, "replica_lag", "wait", "unknown"),
        ({"transaction_seconds": 1000.0}, "long_transaction", "wait", "1000 s old"),
        ({"active": 5}, "load", "wait", "5 busy sessions"),
        ({"cores": None, "active": 51}, "load", "wait", "half of 100"),
        ({"free_bytes": 1}, "disk", "stop", "1 B free"),
        ({"slot": "s", "slot_lost": True}, "slots", "stop", "slot s"),
        ({"slot": "s", "slot_retained_bytes": 20 * GIB}, "slots", "stop", "20 GiB"),
        (
            {"slot": "s", "slot_retained_bytes": 9 * GIB, "slot_limit_bytes": 10 * GIB},
            "slots",
            "stop",
            "8 GiB",
        ),
    ],
)
def test_each_guard_holds_back_with_its_reason(
    change: dict[str, object], by: str, verdict: str, says: str
) -> None:
    found = held(replace(CALM, **change))  # type: ignore[arg-type]
    assert found is not None
    assert (found.guard, found.verdict) == (by, verdict)
    assert says in found.detail


def test_a_stop_wins_over_a_wait() -> None:
    found = held(replace(CALM, active=50, paused="paused by ann: release day"))
    assert found is not None
    assert found.guard == "paused"


def test_a_copy_needs_room_twice_over_and_the_reserve() -> None:
    fits = replace(CALM, free_bytes=21 * GIB)
    assert held(fits, Need(weight_bytes=10 * GIB, copy=True)) is None
    tight = held(replace(CALM, free_bytes=21 * GIB - 1), Need(weight_bytes=10 * GIB, copy=True))
    assert tight is not None
    assert tight.guard == "disk"
    assert held(replace(CALM, free_bytes=2 * GIB), Need(weight_bytes=10 * GIB)) is None


def test_unknown_room_stops_a_copy_unless_configured_and_nothing_else() -> None:
    blind, copy = replace(CALM, free_bytes=None), Need(weight_bytes=1, copy=True)
    found = held(blind, copy)
    assert found is not None
    assert found.verdict == "stop"
    assert "unknown_disk" in found.detail
    assert held(blind, copy, Limits(unknown_disk="go")) is None
    assert held(blind, Need(weight_bytes=1)) is None
    said = guard.judge(("disk",), blind, LIMITS, Need())[-1]
    assert "unknown" in said.detail


def test_a_step_that_would_overrun_the_window_is_not_begun() -> None:
    soon = replace(CALM, window_seconds=60.0)
    assert held(soon, Need(predicted_seconds=59)) is None
    found = held(soon, Need(predicted_seconds=61))
    assert found is not None
    assert found.guard == "window"


def test_an_order_by_hand_is_not_bound_by_the_window() -> None:
    assert held(replace(CALM, window_seconds=0.0, by_hand=True)) is None


optional = st.one_of(st.none(), st.floats(0, 1e6))


@given(
    lag=optional,
    oldest=optional,
    active=st.one_of(st.none(), st.integers(0, 500)),
    free=st.one_of(st.none(), st.integers(0, 2**50)),
    weight=st.integers(0, 2**45),
)
def test_stricter_limits_never_let_more_go(
    lag: float | None, oldest: float | None, active: int | None, free: int | None, weight: int
) -> None:
    seen = replace(
        CALM, replica_lag_seconds=lag, transaction_seconds=oldest, active=active, free_bytes=free
    )
    strict = Limits(
        replica_lag_seconds=1, long_transaction_seconds=1, active_per_core=0.5, free_bytes=50 * GIB
    )
    need = Need(weight_bytes=weight, copy=True)
    loose_go = held(seen, need) is None
    strict_go = held(seen, need, strict) is None
    assert loose_go or not strict_go


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (1536, "1.5 KiB"), (2**30, "1 GiB"), (3 * 2**40, "3 TiB")]
)
def test_sizes_are_written_for_people(count: int, text: str) -> None:
    assert guard.size(count) == text
