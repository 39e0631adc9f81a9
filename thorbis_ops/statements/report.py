"""Statements as the documents that scripts read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thorbis_ops.statements.loads import Load
from thorbis_ops.statements.share import Share

Document = dict[str, Any]


def identity(load: Load) -> Document:
    """The key of an entry; the queryid as text, since JSON's numbers may not hold it."""
    dbid, userid, queryid, toplevel = load.key
    return {"queryid": str(queryid), "dbid": dbid, "userid": userid, "toplevel": toplevel}


def shares(share: Share) -> Document:
    """The share of calls within the threshold, 0…1; the truth lies between min and max."""
    return {
        "share_estimated": (share.calls - share.above_estimated) / share.calls,
        "share_min": (share.calls - share.above_max) / share.calls,
        "share_max": (share.calls - share.above_min) / share.calls,
    }


def objective_rows(loads: Sequence[Load]) -> list[Document]:
    """One row for each statement that belongs to an objective, by the first of its class."""
    return [
        {**identity(load), "class": load.facts.kind, "calls": load.calls, **shares(share)}
        for load in loads
        for share in list(load.shares.values())[:1]
        if share.calls
    ]


def statements_document(
    loads: Sequence[Load],
    *,
    target: str,
    window_seconds: float | None,
    coverage: float | None,
    top: int,
) -> Document:
    """Statements by load. Those beyond ``top`` are summed, so that nothing goes unsaid."""
    total = sum(load.seconds for load in loads if load.key[3])
    return {
        "version": 1,
        "target": target,
        "window_seconds": window_seconds,
        "coverage": coverage,
        "statements": [_row(load, total) for load in loads[:top]],
        "other": _rest(loads[top:]),
        "not_understood": _rest([load for load in loads if load.facts.kind is None]),
    }


def _row(load: Load, total: float) -> Document:
    name, share = next(iter(load.shares.items()), (None, None))
    return {
        **identity(load),
        "class": load.facts.kind,
        "objective": name,
        "calls": load.calls,
        "rows": load.rows,
        "seconds": load.seconds,
        "mean_seconds": load.seconds / load.calls if load.calls else None,
        "load": load.seconds / total if total else 0.0,
        **(shares(share) if share and share.calls else dict.fromkeys(_SHARES)),
        "relations": list(load.facts.relations),
        "statement": load.facts.shown,
        "error": load.facts.error,
    }


_SHARES = ("share_estimated", "share_min", "share_max")


def _rest(loads: Sequence[Load]) -> Document:
    return {
        "statements": len(loads),
        "calls": sum(load.calls for load in loads),
        "seconds": sum(load.seconds for load in loads),
    }
