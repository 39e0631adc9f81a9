"""What the servers do: load, storage and replication, from the common exporter's names."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.panels import Panel, lines, stacked


def _database(what: str) -> str:
    return f"sum by (target, datname) (rate(pg_stat_database_{what}{{$T}}[$P]))"


def _rows(what: str) -> str:
    return f"sum by (target) (rate(pg_stat_database_tup_{what}{{$T}}[$P]))"


def _checkpoints(since_17: str, before: str) -> str:
    return (
        f"rate(pg_stat_checkpointer_{since_17}{{$T}}[$P]) "
        f"or rate(pg_stat_bgwriter_checkpoints_{before}{{$T}}[$P])"
    )


LOAD: Sequence[Panel] = (
    lines(
        "Transactions",
        {
            "{{target}} {{datname}} commit": _database("xact_commit"),
            "{{target}} {{datname}} rollback": _database("xact_rollback"),
        },
        unit="ops",
    ),
    stacked(
        "Sessions",
        {"{{target}} {{state}}": "sum by (target, state) (pg_stat_activity_count{$T})"},
    ),
    lines(
        "Connections used",
        {"{{target}} {{object}}": "thorbis_connections_used_ratio{$T}"},
        unit="percentunit",
    ),
    lines(
        "Oldest transaction",
        {
            "{{target}} {{datname}}": (
                "max by (target, datname) (pg_stat_activity_max_tx_duration{$T})"
            )
        },
        unit="s",
    ),
    stacked("Locks", {"{{target}} {{mode}}": "sum by (target, mode) (pg_locks_count{$T})"}),
    lines(
        "Deadlocks and conflicts",
        {
            "{{target}} {{datname}} deadlocks": _database("deadlocks"),
            "{{target}} {{datname}} conflicts": _database("conflicts"),
        },
        unit="ops",
    ),
    lines(
        "Rows read and changed",
        {f"{{{{target}}}} {w}": _rows(w) for w in ("fetched", "inserted", "updated", "deleted")},
        unit="rowsps",
    ),
    lines(
        "Found in shared buffers",
        {
            "{{target}} {{datname}}": (
                f"{_database('blks_hit')} / ({_database('blks_hit')} + {_database('blks_read')})"
            )
        },
        unit="percentunit",
    ),
    lines(
        "Temporary files",
        {"{{target}} {{datname}}": _database("temp_bytes")},
        unit="Bps",
    ),
)

STORAGE: Sequence[Panel] = (
    stacked("Databases", {"{{target}} {{datname}}": "pg_database_size_bytes{$T}"}, unit="bytes"),
    lines(
        "WAL",
        {
            "{{target}} directory": "pg_wal_size_bytes{$T}",
            "{{target}} not archived": "thorbis_archive_backlog_bytes{$T}",
        },
        unit="bytes",
    ),
    lines(
        "Checkpoints",
        {
            "{{target}} forced": _checkpoints("num_requested_total", "req_total"),
            "{{target}} by time": _checkpoints("num_timed_total", "timed_total"),
        },
        unit="ops",
    ),
    lines(
        "Age of transaction ids",
        {
            "{{target}} {{datname}}": "pg_database_wraparound_age_datfrozenxid_seconds{$T}",
            "{{target}} {{datname}} multixact": (
                "pg_database_wraparound_age_datminmxid_seconds{$T}"
            ),
        },
        what="In transactions, whatever the common exporter's name says.",
    ),
    lines(
        "Nearest end of a sequence",
        {"{{target}} {{datname}}": "thorbis_sequence_used_ratio{$T}"},
        unit="percentunit",
    ),
    lines(
        "Largest tables",
        {"{{target}} {{schemaname}}.{{relname}}": "topk(10, thorbis_table_size_bytes{$T})"},
        unit="bytes",
    ),
)

REPLICATION: Sequence[Panel] = (
    lines(
        "Replay delay",
        {
            "{{target}} as replica": "pg_replication_lag_seconds{$T}",
            "{{target}} to {{application_name}}": "thorbis_standby_replay_delay_seconds{$T}",
        },
        unit="s",
    ),
    lines(
        "Behind in bytes",
        {
            "{{target}} as replica": "thorbis_replay_backlog_bytes{$T}",
            "{{target}} to {{application_name}}": "pg_stat_replication_pg_wal_lsn_diff{$T}",
        },
        unit="bytes",
    ),
    lines(
        "WAL kept by slots",
        {"{{target}} {{slot_name}}": "pg_replication_slots_pg_wal_lsn_diff{$T}"},
        unit="bytes",
    ),
)
