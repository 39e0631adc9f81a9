"""What is known, as Prometheus families: a pure function from nouns to bytes.

A result is either fresh or absent: what is older than two of its intervals is left out and
its question reads as unanswered, so that a dashboard never shows yesterday as today. Every
sample that is left out is counted beside those that are shown.
"""

from thorbis_ops.metrics.exposition import (
    CONTENT_TYPE_OPENMETRICS,
    CONTENT_TYPE_TEXT,
    Family,
    fault,
    label_fault,
    render,
)
from thorbis_ops.metrics.families import families
from thorbis_ops.metrics.observed import JobState, ObjectiveTotals, Observed
from thorbis_ops.metrics.own import OWN

__all__ = [
    "CONTENT_TYPE_OPENMETRICS",
    "CONTENT_TYPE_TEXT",
    "OWN",
    "Family",
    "JobState",
    "ObjectiveTotals",
    "Observed",
    "families",
    "fault",
    "label_fault",
    "render",
]
