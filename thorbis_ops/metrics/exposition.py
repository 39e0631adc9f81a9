"""Families as text: Prometheus 0.0.4 and OpenMetrics 1.0, written by hand because it is quick.

Both formats share the sample lines and the sample names, so that a rule written for one works
on the other. A counter of the common exporter whose name lacks ``_total`` is therefore of
type unknown in OpenMetrics, which has no other way to say it.
Source: prometheus.io/docs/instrumenting/exposition_formats, the OpenMetrics 1.0 text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from thorbis_ops.model import Metric

CONTENT_TYPE_TEXT = "text/plain; version=0.0.4; charset=utf-8"
CONTENT_TYPE_OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL_NAME = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
_NEEDS_ESCAPE = re.compile(r'[\\"\n]')
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
_EXACT_INTEGERS = 2.0**53
_TOTAL = "_total"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with its samples, keyed by the label block as it is written."""

    name: str
    type: Literal["gauge", "counter"]
    help: str
    samples: Mapping[str, float]


def fault(metric: Metric) -> str | None:
    """Why this metric could not be exposed, or None when it can."""
    if not _METRIC_NAME.fullmatch(metric.name):
        return f'"{metric.name}" is no metric name; use letters, digits and _'
    if metric.type == "gauge" and metric.name.endswith(_TOTAL):
        return f"{metric.name} is a gauge; only a counter's name ends in _total"
    return next(filter(None, map(label_fault, metric.labels)), None)


def label_fault(name: str) -> str | None:
    """Why this label name is not allowed, or None when it is."""
    if not _LABEL_NAME.fullmatch(name):
        return f'"{name}" is no label name; use letters, digits and _, not beginning with __'
    return None


def escape(value: str) -> str:
    """A label value as it stands between quotes."""
    if not _NEEDS_ESCAPE.search(value):
        return value
    return _NEEDS_ESCAPE.sub(lambda match: _ESCAPES[match.group()], value)


def block(labels: Mapping[str, str]) -> str:
    """Labels in one canonical order; an empty value is the same as no label."""
    return ",".join(f'{name}="{escape(labels[name])}"' for name in sorted(labels) if labels[name])


def render(families: Iterable[Family], *, openmetrics: bool = False) -> bytes:
    """The exposition of these families; each name must occur once."""
    known = tuple(families)
    names = frozenset(family.name for family in known)
    lines: list[str] = []
    for family in known:
        lines += _head(family, names, openmetrics=openmetrics)
        lines += _samples(family)
    if openmetrics:
        lines.append("# EOF")
    return ("\n".join(lines) + "\n").encode("utf-8", "replace") if lines else b""


def _head(family: Family, names: Collection[str], *, openmetrics: bool) -> tuple[str, str]:
    text = family.help.replace("\\", "\\\\").replace("\n", "\\n")
    if not openmetrics:
        return f"# HELP {family.name} {text}", f"# TYPE {family.name} {family.type}"
    name, kind = _openmetrics_type(family, names)
    text = text.replace('"', '\\"')
    return f"# TYPE {name} {kind}", f"# HELP {name} {text}"


def _openmetrics_type(family: Family, names: Collection[str]) -> tuple[str, str]:
    stem = family.name.removesuffix(_TOTAL)
    total = stem != family.name
    if family.type == "counter" and total and stem not in names:
        return stem, "counter"
    if family.type == "gauge" and not total:
        return family.name, "gauge"
    return family.name, "unknown"


def _samples(family: Family) -> list[str]:
    name = family.name
    return [
        f"{name}{{{labels}}} {_number(value)}" if labels else f"{name} {_number(value)}"
        for labels, value in family.samples.items()
    ]


def _number(value: float) -> str:
    if value.is_integer() and abs(value) <= _EXACT_INTEGERS:
        return str(int(value))
    if math.isfinite(value):
        return repr(value)
    if math.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"
