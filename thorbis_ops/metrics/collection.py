"""Families while they are being gathered: where samples are merged, and losses counted.

A label set occurs once, whichever question it came from: the first stands, later ones are
counted as duplicates. Nothing is dropped without being counted.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from thorbis_ops.metrics.exposition import Family, fault
from thorbis_ops.model import Metric

Loss: TypeAlias = Literal["duplicate", "invalid", "limit", "stale"]
LOSSES: tuple[Loss, ...] = ("duplicate", "invalid", "limit", "stale")


class Collection:
    """Families under construction; ``losses`` counts what was left out, by target and why."""

    def __init__(self) -> None:
        self.losses: Counter[tuple[str, Loss]] = Counter()
        self._metrics: dict[str, Metric] = {}
        self._samples: dict[str, dict[str, float]] = {}

    def accepts(self, metric: Metric) -> bool:
        """Whether samples may join: a valid name, and of the type it already has."""
        first = self._metrics.get(metric.name)
        if first is not None:
            return first.type == metric.type
        if fault(metric):
            return False
        self._metrics[metric.name] = metric
        self._samples[metric.name] = {}
        return True

    def add(self, metric: Metric, target: str, labels: str, value: object) -> None:
        """Adds one sample of an accepted metric; None is no sample."""
        if value is None:
            return
        number = as_number(value)
        samples = self._samples[metric.name]
        if number is None:
            self.losses[target, "invalid"] += 1
        elif labels in samples:
            self.losses[target, "duplicate"] += 1
        else:
            samples[labels] = number

    def families(self) -> tuple[Family, ...]:
        """What was gathered, in the order of arrival; a family without samples is absent."""
        return tuple(
            Family(metric.name, metric.type, metric.help, self._samples[name])
            for name, metric in self._metrics.items()
            if self._samples[name]
        )


def as_number(value: object) -> float | None:
    """A column's value as a sample, or None when it is no number. Durations give seconds."""
    match value:
        case int() | float() | Decimal():
            return float(value)
        case timedelta():
            return value.total_seconds()
        case _:
            return None
