"""What each statement did between two samples, exactly, whatever befell the counters.

Entries are evicted, made anew and reset; servers restart, crash and fail over. Of every
entry it is decided whether its counters went on or began again, so that no call is counted
twice; and of the calls that nobody can count it is said how many there may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from thorbis_ops.statements.counters import Counters, Key, Sample
from thorbis_ops.statements.interval import Interval, between, since_creation
from thorbis_ops.statements.losses import Loss, blind, losses


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """The difference of two samples of one server.

    ``intervals`` holds the entries with calls. ``changed`` are the entries whose counters
    differ in any way, ``gone`` those no longer there, and ``reborn`` those that began again,
    whose text may be another one now. ``fresh`` says why the sample before means nothing to
    this one, so that counting begins here.
    """

    intervals: Mapping[Key, Interval] = field(default_factory=dict)
    changed: frozenset[Key] = frozenset()
    gone: frozenset[Key] = frozenset()
    reborn: frozenset[Key] = frozenset()
    losses: tuple[Loss, ...] = ()
    fresh: str | None = None


def delta(before: Sample | None, now: Sample) -> Delta:
    """What happened from ``before`` to ``now``; nothing is counted where there is no before."""
    if before is None:
        return Delta(changed=frozenset(now.counters), fresh="the first sample")
    changed = frozenset(k for k, entry in now.counters.items() if before.counters.get(k) != entry)
    gone = frozenset(before.counters.keys() - now.counters.keys())
    if (stranger := _stranger(before, now)) is not None:
        return Delta(
            changed=changed, gone=gone, reborn=changed, fresh=stranger, losses=blind(before, now)
        )
    reset = _reset_between(before, now)
    reborn = frozenset(key for key in changed if _began_again(before, now, key, reset=reset))
    unveiled = _unveiled(before, now)
    return Delta(
        intervals=dict(_intervals(before, now, changed - unveiled, reborn)),
        changed=changed,
        gone=gone,
        reborn=reborn,
        losses=losses(before, now, reset=reset, reborn=reborn, gone=gone, unveiled=unveiled),
    )


def lifetime(now: Sample) -> Delta:
    """Everything that the counters hold, since each entry was made."""
    return Delta(intervals={key: since_creation(entry) for key, entry in now.counters.items()})


def _began_again(before: Sample, now: Sample, key: Key, *, reset: bool) -> bool:
    last = before.counters.get(key)
    return last is not None and (reset or _reborn(last, now.counters[key]))


def _unveiled(before: Sample, now: Sample) -> frozenset[Key]:
    """Entries that were there before, hidden: a privilege that was granted makes no calls."""
    if now.hidden_entries >= before.hidden_entries:
        return frozenset()
    return frozenset(
        key
        for key, entry in now.counters.items()
        if key not in before.counters and (entry.since is None or entry.since <= before.taken_at)
    )


def _intervals(
    before: Sample, now: Sample, changed: AbstractSet[Key], reborn: AbstractSet[Key]
) -> Iterator[tuple[Key, Interval]]:
    doubtful = now.deallocated != before.deallocated
    for key in changed:
        entry, last = now.counters[key], before.counters.get(key)
        if last is None or key in reborn:
            yield key, since_creation(entry)
        elif entry.calls > last.calls:
            yield key, _continued(last, entry, doubtful=doubtful)


def _continued(last: Counters, entry: Counters, *, doubtful: bool) -> Interval:
    """An entry that went on; before version 1.11 an eviction in between cannot be excluded."""
    interval = between(last, entry)
    if doubtful and entry.since is None:
        return replace(interval, otherwise=since_creation(entry))
    return interval


def _reborn(last: Counters, entry: Counters) -> bool:
    """Whether the entry began again: its birth says so, or a counter went the wrong way.

    Before version 1.11 an entry carries no time of birth; one that was reset alone, and since
    then called more often than in its whole life before, cannot be told from one that went on.
    """
    if entry.since is not None and last.since is not None:
        return entry.since != last.since or entry.calls < last.calls
    return (
        entry.calls < last.calls
        or entry.total < last.total
        or entry.maximum < last.maximum
        or entry.minimum > last.minimum
        or entry.rows < last.rows
        or (entry.calls == last.calls and entry.total != last.total)
    )


def _stranger(before: Sample, now: Sample) -> str | None:
    """Why the two samples are not of the same counters, if they are not."""
    if None not in (one := {before.system_identifier, now.system_identifier}) and len(one) > 1:
        return "another database cluster answers"
    moved = now.stats_reset != before.stats_reset
    if moved and now.stats_reset is not None and now.stats_reset <= before.taken_at:
        return "another server of the cluster answers, with counters of its own"
    return None


def _reset_between(before: Sample, now: Sample) -> bool:
    """Whether every entry began again after ``before``: by a reset, or by a crash.

    Before version 1.9 no time of the reset is kept; a restart with a counter that fell tells.
    """
    if now.stats_reset is not None and before.stats_reset is not None:
        return now.stats_reset != before.stats_reset
    if now.started_at == before.started_at:
        return False
    return any(
        key not in now.counters or _reborn(last, now.counters[key])
        for key, last in before.counters.items()
    )
