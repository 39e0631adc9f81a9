'''
title = "Verify the newest base backup"
why = """
A backup that was never read is a hope. Every file of the newest backup in each configured
folder is read against its manifest, its WAL is read, and its age and the identity of its
server are held against what they should be. Whether it serves, only a restore can tell.
"""
schedule = "10 4 * * *"
guards = ["load"]
'''

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from thorbis_ops import database
from thorbis_ops.backup import Backup, Expectation, Verification, describe, verify
from thorbis_ops.errors import BackupError
from thorbis_ops.model import Considered, Plan, Refusal, Step
from thorbis_ops.runner import Result, Work
from thorbis_ops.sources import backup_folders
from thorbis_ops.store.evidence import keep_evidence


async def plan(work: Work) -> Plan:
    """A step for the newest backup of each configured folder."""
    places = work.order.backup_paths
    found = await asyncio.to_thread(lambda: [_newest(place) for place in places])
    backups = [one for one in found if isinstance(one, Backup)]
    return Plan(
        job=work.order.job.name,
        at=work.order.as_of,
        considered=tuple(_considered(one, work.order.as_of) for one in backups) or _nowhere(work),
        steps=tuple(_step(one) for one in backups),
        refused=tuple(one for one in found if isinstance(one, Refusal)),
    )


def _nowhere(work: Work) -> tuple[Considered, ...]:
    if work.order.backup_paths:
        return ()
    return (
        Considered(object="setting:backup.paths", reason="no folder with backups is configured"),
    )


def _newest(place: Path) -> Backup | Refusal:
    try:
        found = [describe(path) for path in backup_folders.backups(place)]
    except (BackupError, OSError) as error:
        return Refusal(object=f"backup:{place}", reason=str(error))
    dated = [(b.started_at, b) for b in found if b.started_at is not None]
    if not found:
        return Refusal(object=f"backup:{place}", reason="holds no base backup")
    return max(dated, key=lambda one: one[0])[1] if dated else found[-1]


def _considered(backup: Backup, now: datetime) -> Considered:
    age = None if backup.started_at is None else (now - backup.started_at).total_seconds()
    return Considered(
        object=f"backup:{backup.path}",
        value=age,
        unit="seconds old",
        decision="run",
        reason=f"the newest of {backup.path.parent}",
    )


def _step(backup: Backup) -> Step:
    return Step(
        object=f"backup:{backup.path}",
        statements=(),
        reason="read every file against the manifest",
        weight_bytes=backup.bytes or 0,
    )


async def run(work: Work, step: Step) -> Result:
    """Verifies one backup and keeps what was found."""
    server = await database.discover(work.session.connection)
    expected = Expectation(
        system_identifier=server.system_identifier, max_age_seconds=work.order.backup_max_age
    )
    path = Path(step.object.removeprefix("backup:"))
    found = await verify(path, expected, work.order.as_of)
    if work.store is not None:
        await keep_evidence(
            work.store,
            target=work.order.target.name,
            subject="backup_verify",
            at=work.order.as_of,
            result=_evidence(found),
        )
    if found.verdict == "ok":
        return Result(
            outcome="done", detail="; ".join(f"{s.step}: {s.detail}" for s in found.steps)
        )
    return Result(outcome="failed", detail=f"{found.verdict}: {found.detail}")


def _evidence(found: Verification) -> dict[str, object]:
    return {
        "path": str(found.path),
        "verdict": found.verdict,
        "steps": {s.step: {"verdict": s.verdict, "detail": s.detail} for s in found.steps},
    }
