"""Which base backups lie in the configured folders, and how old the newest is.

Reads names, sizes and labels only: whether a backup is whole is for verification to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from thorbis_ops.model import Answer, Row, Unanswered

QUESTION = "sources.backups"
_START = re.compile(r"^START TIME: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (\S+)", re.MULTILINE)


def read(places: Sequence[Path], now: datetime) -> Answer | Unanswered:
    """A row for each configured folder, with the age of its newest backup in seconds."""
    try:
        rows = tuple(_row(place, now) for place in places)
    except OSError as error:
        return Unanswered(
            question=QUESTION,
            reason="missing" if isinstance(error, FileNotFoundError) else "privilege",
            detail=f"{error.filename}: cannot be read; correct backup.paths",
            seconds=0.0,
            taken_at=now,
        )
    return Answer(question=QUESTION, rows=rows, seconds=0.0, taken_at=now)


def _row(place: Path, now: datetime) -> Row:
    started = sorted(_started(backup) for backup in backups(place))
    age = (now - started[-1]).total_seconds() if started else None
    return {"object": f"backup:{place}", "path": str(place), "age": age, "count": len(started)}


def backups(place: Path) -> Iterator[Path]:
    """The base backups at ``place``: it is one itself, or holds some."""
    for candidate in (place, *sorted(p for p in place.iterdir() if p.is_dir())):
        if (candidate / "backup_manifest").is_file() or (candidate / "backup_label").is_file():
            yield candidate


def _started(backup: Path) -> datetime:
    """When a backup began: from its label in UTC, else the time of its manifest."""
    label = backup / "backup_label"
    match = _START.search(label.read_text(encoding="utf-8")) if label.is_file() else None
    if match and match[2] in ("UTC", "GMT"):
        return datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    newest = max(p.stat().st_mtime for p in (label, backup / "backup_manifest") if p.is_file())
    return datetime.fromtimestamp(newest, UTC)
