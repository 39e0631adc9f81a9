"""The overview: is it isolated, is it fast, will it stay up, can it be restored.

Rows go from what burns to what explains it. ``python -m dashboards.overview`` prints the JSON
that lies beside this file; a test holds the two together, and every query against the metrics
that exist.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard, VariableRefresh

from dashboards.panels import (
    FEW_ARE_FINE,
    NONE_IS_GOOD,
    SOURCE,
    Panel,
    lines,
    listing,
    number,
    stacked,
)
from dashboards.server import LOAD, REPLICATION, STORAGE

# A count of nothing is zero only while the target is there to say so.
ZERO = " or 0 * sum(thorbis_up{$T})"

NOW: Sequence[Panel] = (
    number(
        "Targets down",
        "sum(1 - thorbis_up{$T})",
        "Targets that do not answer.",
        NONE_IS_GOOD,
    ),
    number(
        "Tables exposed",
        'sum(thorbis_tables{$T, state="exposed"})',
        "Tables of tenants without protection.",
        NONE_IS_GOOD,
    ),
    number(
        "High and critical findings",
        'sum(thorbis_findings{$T, severity=~"high|critical"})',
        "Of the questions that were answered.",
        NONE_IS_GOOD,
    ),
    number(
        "Questions not answered",
        "sum(thorbis_questions_unanswered{$T})" + ZERO,
        "What is not known is not healthy.",
        FEW_ARE_FINE,
    ),
    number(
        "Jobs overdue",
        "count(thorbis_job_overdue_seconds{$T} > 0) or 0 * count(thorbis_job_overdue_seconds{$T})",
        "Jobs that should have run.",
        FEW_ARE_FINE,
    ),
    number(
        "Newest backup",
        "max(thorbis_backup_age_seconds{$T})",
        "The oldest of the newest backups.",
        ((None, "green"), (93_600, "orange"), (259_200, "red")),
        "s",
    ),
    number(
        "Partition runway",
        "min(thorbis_partition_runway_seconds{$T})",
        "The shortest of all tables.",
        ((None, "red"), (604_800, "orange"), (1_209_600, "green")),
        "s",
    ),
    number(
        "Calls seen",
        "min(thorbis_slo_coverage_ratio{$T})",
        "The share of the calls on which the objectives are judged.",
        ((None, "orange"), (0.9, "green")),
        "percentunit",
    ),
)

ISOLATION: Sequence[Panel] = (
    listing(
        "Findings",
        "thorbis_findings{$T} > 0",
        "The console names the objects and the cure.",
        hidden=("job",),
    ),
    lines(
        "Tables by the state of their isolation",
        {"{{target}} {{state}}": "sum by (target, state) (thorbis_tables{$T})"},
        span=12,
    ),
)


def _late(kind: str) -> dict[str, str]:
    bad = f'sum by (target, slo) (rate(thorbis_slo_bad_events_total{{$T, kind="{kind}"}}[$P]))'
    events = "sum by (target, slo) (rate(thorbis_slo_events_total{$T}[$P]))"
    return {
        "{{target}} {{slo}}": f"{bad} / {events}",
        "{{target}} {{slo}} allowed": "1 - thorbis_slo_objective_ratio{$T}",
    }


OBJECTIVES: Sequence[Panel] = (
    lines(
        "Late calls: certainly at least",
        _late("certain_min"),
        unit="percentunit",
        what="Above the allowed share the objective is missed for certain.",
    ),
    lines(
        "Late calls: certainly at most",
        _late("certain_max"),
        unit="percentunit",
        what="Below the allowed share the objective is met for certain.",
    ),
    lines(
        "Calls",
        {"{{target}} {{slo}}": "sum by (target, slo) (rate(thorbis_slo_events_total{$T}[$P]))"},
        unit="reqps",
    ),
)

MAINTENANCE: Sequence[Panel] = (
    listing(
        "Last outcome of each job",
        "thorbis_job_last_outcome{$T}",
        "Scraped with honor_labels: true, the job is in the column job.",
        hidden=("Value",),
    ),
    lines(
        "Since the last success",
        {
            "{{target}} {{job}} {{exported_job}}": (
                "time() - thorbis_job_last_success_timestamp_seconds{$T}"
            )
        },
        unit="s",
        span=12,
    ),
)

OURSELVES: Sequence[Panel] = (
    lines(
        "Slowest questions",
        {"{{target}} {{check}}": "topk(10, thorbis_question_duration_seconds{$T})"},
        unit="s",
    ),
    stacked(
        "Questions not answered",
        {"{{target}} {{reason}}": "thorbis_questions_unanswered{$T}"},
    ),
    stacked("Samples dropped", {"{{target}} {{reason}}": "thorbis_samples_dropped{$T}"}),
)

ROWS: Sequence[tuple[str, Sequence[Panel]]] = (
    ("Now", NOW),
    ("Tenant isolation", ISOLATION),
    ("Objectives", OBJECTIVES),
    ("Load", LOAD),
    ("Storage", STORAGE),
    ("Replication", REPLICATION),
    ("Maintenance", MAINTENANCE),
    ("The daemon itself", OURSELVES),
)


def build() -> Dashboard:
    """The whole dashboard."""
    targets = (
        dashboard.QueryVariable("target")
        .label("Target")
        .datasource(SOURCE)
        .query("label_values(thorbis_up, target)")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .multi(multi=True)
        .include_all(include_all=True)
    )
    board = (
        dashboard.Dashboard("thorbis-ops: overview")
        .uid("thorbis-overview")
        .description("Isolation, objectives, load, storage and maintenance of each target.")
        .tags(["thorbis-ops", "postgresql"])
        .time("now-6h", "now")
        .refresh("30s")
        .timezone("utc")
        .with_variable(dashboard.DatasourceVariable("datasource").type("prometheus"))
        .with_variable(targets)
    )
    for title, panels in ROWS:
        board = board.with_row(dashboard.Row(title))
        for panel in panels:
            board = board.with_panel(panel)
    return board.build()


if __name__ == "__main__":
    sys.stdout.write(JSONEncoder(sort_keys=True, indent=2).encode(build()) + "\n")
