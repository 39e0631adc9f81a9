"""What the guards need to know of the server, read just before a step.

Free space is told by the file system, so it is known only where this process runs on the
server's own machine. That is proven, not assumed: the backend that answers must be a
process here, under its own id.
"""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from thorbis_ops.core.guard import Readings
from thorbis_ops.runner.order import Order
from thorbis_ops.runner.session import Session

_SQL = (files("thorbis_ops") / "runner" / "readings.sql").read_text(encoding="utf-8")
_BACKEND = re.compile(rb"postgres|postmaster")


async def read(session: Session, order: Order, paused: str | None) -> Readings:
    """The readings of a server as of now; ``paused`` says who holds the job back."""
    row = (await session.rows(_SQL))[0]
    local = _is_local(row["pid"])
    seen = Readings(
        primary=row["primary"],
        timeline=row["timeline"],
        paused=paused,
        window_seconds=order.window_seconds,
        by_hand=order.unbound,
        cores=os.cpu_count() if local else None,
        max_connections=row["max_connections"],
        free_bytes=_free(row) if local else None,
        unknown="grant pg_monitor to the role",
    )
    return _with_slots(_with_sessions(_with_replicas(seen, row), row), row)


def _with_replicas(seen: Readings, row: dict[str, Any]) -> Readings:
    if row["hidden_replicas"]:
        return seen
    return replace(
        seen,
        replicas=row["replicas"],
        replica_lag_seconds=row["lag_seconds"],
        replica_lag_bytes=row["lag_bytes"],
    )


def _with_sessions(seen: Readings, row: dict[str, Any]) -> Readings:
    if row["hidden_sessions"]:
        return seen
    return replace(seen, active=row["active"], transaction_seconds=row["oldest"])


def _with_slots(seen: Readings, row: dict[str, Any]) -> Readings:
    return replace(
        seen,
        slot=row["slot"],
        slot_retained_bytes=row["retained"],
        slot_limit_bytes=row["slot_limit"],
        slot_lost=row["endangered"],
    )


def _is_local(pid: int) -> bool:
    try:
        return bool(_BACKEND.search(Path(f"/proc/{pid}/cmdline").read_bytes()))
    except OSError:
        return False


def _free(row: dict[str, Any]) -> int | None:
    """The least free space of all the places where the server writes; None if one is unknown."""
    if row["data_directory"] is None:
        return None
    places = [row["data_directory"], *row["tablespaces"]]
    try:
        free = [_available(Path(place)) for place in places]
    except OSError:
        return None
    # The data directory is closed to other users, so WAL elsewhere shows to its owner alone.
    with contextlib.suppress(OSError):
        free.append(_available(Path(row["data_directory"]) / "pg_wal"))
    return min(free)


def _available(place: Path) -> int:
    status = os.statvfs(place)
    return status.f_bavail * status.f_frsize
