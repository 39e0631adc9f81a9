"""Whether a step of maintenance may act now: readings and limits in, go, wait or stop out.

Every guard speaks, any veto wins, and its reason shows. ``wait`` may pass by itself (a
replica catches up, a report ends); ``stop`` will not within this run. What could not be
read is said to be unknown: it holds back a job that needs room for a copy, unless
``unknown_disk`` says otherwise, and it holds back nothing whose harm it would not bound.
Pure: readings are taken elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from thorbis_ops.model import GuardVerdict

ALWAYS = ("primary", "paused", "window")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where maintenance gives way. Seconds and bytes; ``cores`` when it is known."""

    replica_lag_seconds: float = 30.0
    replica_lag_bytes: int = 256 * 2**20
    long_transaction_seconds: float = 900.0
    active_per_core: float = 2.0
    cores: int | None = None
    free_bytes: int = 2**30
    copies: float = 2.0
    retained_share: float = 0.8
    retained_bytes: int = 16 * 2**30
    unknown_disk: Literal["go", "stop"] = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What was read of the server just now; None is unknown, and ``unknown`` says why.

    ``active`` counts the busy client backends other than ours. ``slot`` names the
    replication slot that retains most, ``slot_limit_bytes`` is max_slot_wal_keep_size.
    ``window_seconds`` is the time left in the job's window, None for a job without one.
    """

    primary: bool | None = None
    timeline: str | None = None
    paused: str | None = None
    window_seconds: float | None = None
    by_hand: bool = False
    replicas: int | None = None
    replica_lag_seconds: float | None = None
    replica_lag_bytes: int | None = None
    transaction_seconds: float | None = None
    active: int | None = None
    cores: int | None = None
    max_connections: int | None = None
    free_bytes: int | None = None
    slot: str | None = None
    slot_retained_bytes: int | None = None
    slot_limit_bytes: int | None = None
    slot_lost: bool = False
    unknown: str = "the role may not see it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one step takes: its object's size, and whether it writes a copy of it."""

    weight_bytes: int = 0
    copy: bool = False
    predicted_seconds: float | None = None


def judge(
    guards: Iterable[str], readings: Readings, limits: Limits, need: Need
) -> tuple[GuardVerdict, ...]:
    """The verdict of each guard, those that always stand first."""
    names = dict.fromkeys((*ALWAYS, *guards))
    return tuple(_GUARDS[name](readings, limits, need) for name in names)


def deciding(verdicts: Iterable[GuardVerdict]) -> GuardVerdict | None:
    """The verdict that holds the step back, a stop before a wait; None when all say go."""
    rank = {"stop": 0, "wait": 1}
    held = [v for v in verdicts if v.verdict != "go"]
    return min(held, key=lambda v: rank[v.verdict], default=None)


def known(name: str) -> bool:
    """Whether there is a guard called ``name``."""
    return name in _GUARDS


def _go(guard: str, detail: str) -> GuardVerdict:
    return GuardVerdict(guard=guard, verdict="go", detail=detail)


def _wait(guard: str, detail: str) -> GuardVerdict:
    return GuardVerdict(guard=guard, verdict="wait", detail=detail)


def _stop(guard: str, detail: str) -> GuardVerdict:
    return GuardVerdict(guard=guard, verdict="stop", detail=detail)


def _primary(readings: Readings, _limits: Limits, _need: Need) -> GuardVerdict:
    if readings.primary:
        return _go("primary", f"the server is the primary on timeline {readings.timeline}")
    if readings.primary is None:
        return _stop("primary", "unknown whether the server is the primary")
    return _stop("primary", "the server is a replica; maintenance runs on the primary")


def _paused(readings: Readings, _limits: Limits, _need: Need) -> GuardVerdict:
    if readings.paused is None:
        return _go("paused", "nobody paused it")
    return _stop("paused", readings.paused)


def _window(readings: Readings, _limits: Limits, need: Need) -> GuardVerdict:
    left = readings.window_seconds
    if readings.by_hand:
        return _go("window", "asked for by hand, so the window does not bind")
    if left is None:
        return _go("window", "the job has no window")
    if left <= 0:
        return _stop("window", "the window is closed")
    if need.predicted_seconds is not None and need.predicted_seconds > left:
        return _stop(
            "window",
            f"it took {need.predicted_seconds:.0f} s before; the window closes in {left:.0f} s",
        )
    return _go("window", f"the window stays open for {left:.0f} s")


def _replica_lag(readings: Readings, limits: Limits, _need: Need) -> GuardVerdict:
    guard, seconds, lag = "replica_lag", readings.replica_lag_seconds, readings.replica_lag_bytes
    if readings.replicas == 0:
        return _go(guard, "no replica is attached")
    if readings.replicas is None or lag is None:
        return _wait(guard, f"unknown how far the replicas are behind: {readings.unknown}")
    if seconds is not None and seconds > limits.replica_lag_seconds:
        return _wait(
            guard,
            f"a replica is {seconds:.0f} s behind, more than {limits.replica_lag_seconds:.0f} s",
        )
    if lag > limits.replica_lag_bytes:
        return _wait(
            guard, f"a replica is {size(lag)} behind, more than {size(limits.replica_lag_bytes)}"
        )
    return _go(guard, f"{readings.replicas} replicas, the slowest {size(lag)} behind")


def _long_transaction(readings: Readings, limits: Limits, _need: Need) -> GuardVerdict:
    guard, seconds = "long_transaction", readings.transaction_seconds
    if seconds is None:
        return _go(guard, f"unknown how old the oldest transaction is: {readings.unknown}")
    if seconds > limits.long_transaction_seconds:
        return _wait(
            guard,
            f"a transaction is {seconds:.0f} s old, more than "
            f"{limits.long_transaction_seconds:.0f} s",
        )
    return _go(guard, f"the oldest transaction is {seconds:.0f} s old")


def _load(readings: Readings, limits: Limits, _need: Need) -> GuardVerdict:
    guard, active = "load", readings.active
    cores = limits.cores or readings.cores
    if active is None:
        return _go(guard, f"unknown how many sessions are busy: {readings.unknown}")
    if cores:
        limit, why = cores * limits.active_per_core, f"{cores} cores"
    elif readings.max_connections:
        limit, why = readings.max_connections / 2, f"half of {readings.max_connections} connections"
    else:
        return _go(guard, f"{active} busy sessions; unknown what the server can bear")
    if active > limit:
        return _wait(guard, f"{active} busy sessions, more than {limit:g} for {why}")
    return _go(guard, f"{active} busy sessions, at most {limit:g} for {why}")


def _disk(readings: Readings, limits: Limits, need: Need) -> GuardVerdict:
    guard, free = "disk", readings.free_bytes
    wanted = limits.free_bytes + (round(limits.copies * need.weight_bytes) if need.copy else 0)
    if free is None and need.copy and limits.unknown_disk == "stop":
        return _stop(
            guard,
            f"unknown how much is free where the data lie, and {size(wanted)} are needed; "
            'set guards.unknown_disk = "go" to act all the same',
        )
    if free is None:
        return _go(guard, "unknown how much is free where the data lie")
    if free < wanted:
        return _stop(guard, f"{size(free)} free, {size(wanted)} needed")
    return _go(guard, f"{size(free)} free, {size(wanted)} needed")


def _slots(readings: Readings, limits: Limits, _need: Need) -> GuardVerdict:
    guard, kept = "slots", readings.slot_retained_bytes
    if readings.slot_lost:
        return _stop(guard, f"replication slot {readings.slot} is about to lose its WAL")
    if readings.slot is None or kept is None:
        return _go(guard, "no replication slot retains WAL")
    limit = limits.retained_bytes
    if readings.slot_limit_bytes is not None:
        limit = round(readings.slot_limit_bytes * limits.retained_share)
    if kept > limit:
        return _stop(
            guard,
            f"replication slot {readings.slot} retains {size(kept)} of WAL, "
            f"more than {size(limit)}",
        )
    return _go(guard, f"replication slot {readings.slot} retains {size(kept)} of WAL")


def size(count: int) -> str:
    """Bytes for a reader: 1.5 GiB."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(amount) < 1024:  # noqa: PLR2004
            return f"{amount:.3g} {unit}"
        amount /= 1024
    return f"{amount:.3g} TiB"


_GUARDS: dict[str, Callable[[Readings, Limits, Need], GuardVerdict]] = {
    "primary": _primary,
    "paused": _paused,
    "window": _window,
    "replica_lag": _replica_lag,
    "long_transaction": _long_transaction,
    "load": _load,
    "disk": _disk,
    "slots": _slots,
}
