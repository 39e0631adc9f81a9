"""Calls that took place and that no counter shows any more.

*Evictions.* At each deallocation the extension evicts max(10, 5 %) of its entries, those of
the lowest usage, where a call adds 1 to the usage of its entry, planning another 1, and each
deallocation multiplies all by 0.99. An entry that is in both samples outlived every victim, so
no victim had more usage than it has calls and plans, plus the 1 it began with. That bounds
the calls which went with the victims. (contrib/pg_stat_statements, ``entry_dealloc``)

*Resets and crashes.* Nothing bounds the calls between the last sample and the reset. They are
estimated by the rate of calls before or after, whichever is higher.

*Hidden entries.* Without pg_read_all_stats the entries of other roles have no key; their
calls are known as a sum only, and belong to no objective.
"""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from thorbis_ops.statements.counters import Key, Sample

_DECAY = 0.99
_EVICTED_SHARE = 20
_EVICTED_LEAST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """``calls`` that were not counted: at most so many, or, unless ``certain``, about so many."""

    cause: Literal["evicted", "reset", "hidden", "not_understood"]
    calls: int
    certain: bool = True


def coverage(counted: int, losses: tuple[Loss, ...]) -> float:
    """The share of all calls that was counted, 0…1; 1 where there was none."""
    lost = sum(loss.calls for loss in losses)
    return counted / (counted + lost) if counted + lost else 1.0


def losses(
    before: Sample,
    now: Sample,
    *,
    reset: bool,
    reborn: AbstractSet[Key],
    gone: AbstractSet[Key],
    unveiled: AbstractSet[Key],
) -> tuple[Loss, ...]:
    """What went unseen from one sample to the next.

    ``unveiled`` entries were hidden before; those gone while more are hidden are hidden now.
    """
    veiled = gone if now.hidden_entries > before.hidden_entries else frozenset()
    began_again = reborn | (gone - veiled)
    found = [_hidden(before, now, veiled, unveiled)]
    if reset:
        found.append(_by_reset(before, now))
    elif now.deallocated != before.deallocated:
        found.append(_evicted(before, now, reborn))
    elif began_again:
        found.append(_by_single_resets(before, now, began_again))
    return tuple(loss for loss in found if loss.calls)


def blind(before: Sample, now: Sample) -> tuple[Loss, ...]:
    """Where other counters answer than before: the calls in between, by the rate until then."""
    span = max(0.0, (now.taken_at - before.taken_at).total_seconds())
    calls = math.ceil(_rate(before) * span)
    return (Loss(cause="reset", calls=calls, certain=False),) if calls else ()


def _rate(sample: Sample) -> float:
    """Calls a second since the counters began; 0 where that is not known."""
    if sample.stats_reset is None:
        return 0.0
    return sample.calls / max(1.0, (sample.taken_at - sample.stats_reset).total_seconds())


def _hidden(
    before: Sample, now: Sample, veiled: AbstractSet[Key], unveiled: AbstractSet[Key]
) -> Loss:
    """By how much the calls of all entries that are or were hidden have grown."""
    then = before.hidden_calls + sum(before.counters[key].calls for key in veiled)
    today = now.hidden_calls + sum(now.counters[key].calls for key in unveiled)
    calls = today - then if today >= then else now.hidden_calls
    return Loss(cause="hidden", calls=calls, certain=not calls)


def _evicted(before: Sample, now: Sample, reborn: AbstractSet[Key]) -> Loss:
    rounds = (now.deallocated or 0) - (before.deallocated or 0)
    if rounds <= 0:
        return Loss(cause="evicted", calls=0)
    victims = rounds * max(_EVICTED_LEAST, now.capacity // _EVICTED_SHARE)
    outlived = [
        entry.calls + entry.plans
        for key, entry in now.counters.items()
        if key in before.counters and key not in reborn
    ]
    if not outlived:
        every = max(1, before.calls, now.calls)
        return Loss(cause="evicted", calls=max(victims, every), certain=False)
    usage = (1 + min(outlived)) / _DECAY**rounds
    return Loss(cause="evicted", calls=math.ceil(victims * usage))


def _by_reset(before: Sample, now: Sample) -> Loss:
    """The rate of calls, times the span from the sample before to the reset."""
    at = now.stats_reset or now.started_at
    unseen = max(0.0, (at - before.taken_at).total_seconds())
    after = now.calls / max(1.0, (now.taken_at - at).total_seconds())
    return Loss(cause="reset", calls=math.ceil(max(after, _rate(before)) * unseen), certain=False)


def _by_single_resets(before: Sample, now: Sample, keys: AbstractSet[Key]) -> Loss:
    """Entries reset one by one: each may have lost an interval's calls at its average rate."""
    span = (now.taken_at - before.taken_at).total_seconds()
    lost = 0.0
    for key in keys:
        entry = before.counters[key]
        since = entry.since or before.stats_reset or before.started_at
        lived = max(1.0, (before.taken_at - since).total_seconds())
        lost += entry.calls * span / lived
    return Loss(cause="reset", calls=math.ceil(lost), certain=False)
