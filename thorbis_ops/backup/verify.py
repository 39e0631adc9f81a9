"""All that can be said of a base backup without restoring it, a verdict for each step.

Read against its manifest by PostgreSQL's own pg_verifybackup; of the expected server; young
enough; continued by its archive. What could not be looked at is unknown and never ok. Only a
restore proves that a backup serves.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from thorbis_ops.backup import archive as wal_archive
from thorbis_ops.backup.catalogue import Backup, describe
from thorbis_ops.backup.expectation import Expectation
from thorbis_ops.errors import BackupError
from thorbis_ops.server import Installation, installations

Verdict = Literal["ok", "failed", "unknown"]
TARS_SINCE = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class StepVerdict:
    """What one step of a verification found, and the seconds it took."""

    step: str
    verdict: Verdict
    detail: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A backup and what was found of it; ``backup`` is None where there is none to describe."""

    path: Path
    backup: Backup | None
    steps: tuple[StepVerdict, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of the steps': failed before unknown before ok."""
        verdicts = {step.verdict for step in self.steps}
        return "failed" if "failed" in verdicts else "unknown" if "unknown" in verdicts else "ok"

    @property
    def detail(self) -> str:
        """The first reason why it is not ok; empty where it is."""
        return next((s.detail for s in self.steps if s.verdict == self.verdict != "ok"), "")


_Found = tuple[Verdict, str]


async def verify(
    path: Path,
    expectation: Expectation,
    now: datetime,
    *,
    bases: Sequence[Path] = (),
    archive: Path | None = None,
) -> Verification:
    """Verifies the backup at ``path``; of an incremental one, also the ``bases`` before it."""
    try:
        backup = await asyncio.to_thread(describe, path)
        members = [await asyncio.to_thread(describe, base) for base in bases]
    except BackupError as error:
        lost = StepVerdict(step="read", verdict="failed", detail=str(error))
        return Verification(path=path, backup=None, steps=(lost,))
    wanted: list[tuple[str, Callable[[], Awaitable[_Found]]]] = [
        ("age", lambda: _said(_age(backup, expectation, now))),
        ("system_identifier", lambda: _said(_identity(backup, expectation, members))),
        *((f"manifest:{m.path.name}", lambda m=m: _manifest(m, archive)) for m in members),
        ("manifest", lambda: _manifest(backup, archive)),
        *([("chain", lambda: _chain(backup, members))] if backup.kind == "incremental" else []),
        *([("archive", lambda: _archive(backup, archive))] if archive is not None else []),
    ]
    steps = [await _timed(name, work) for name, work in wanted]
    return Verification(path=path, backup=backup, steps=tuple(steps))


async def _timed(name: str, work: Callable[[], Awaitable[_Found]]) -> StepVerdict:
    began = time.monotonic()
    verdict, detail = await work()
    seconds = round(time.monotonic() - began, 3)
    return StepVerdict(step=name, verdict=verdict, detail=detail, seconds=seconds)


async def _said(found: _Found) -> _Found:
    return found


def _age(backup: Backup, expectation: Expectation, now: datetime) -> _Found:
    if backup.started_at is None:
        return "unknown", "without a manifest nothing tells when it began"
    age, limit = (now - backup.started_at).total_seconds(), expectation.max_age_seconds
    if age < 0:
        return "failed", f"it began {-age:.0f} s in the future; correct the clock"
    if limit is not None and age > limit:
        return "failed", f"{age:.0f} s old, more than {limit:.0f} s"
    return "ok", f"{age:.0f} s old"


def _identity(backup: Backup, expectation: Expectation, members: Sequence[Backup]) -> _Found:
    found, expected = backup.system_identifier, expectation.system_identifier
    if found is None:
        return "unknown", "neither manifest nor control file could be read for it"
    if expected is not None and found != expected:
        return "failed", f"of another server: {found}, expected {expected}"
    for member in members:
        if member.system_identifier != found:
            return "failed", f"{member.path} is of another server: {member.system_identifier}"
    return "ok", found


async def _manifest(backup: Backup, archive: Path | None) -> _Found:
    """Every file against the manifest, and the WAL that the backup needs."""
    if backup.files is None:
        return "unknown", f"{backup.path}: no backup_manifest to verify against"
    program = await asyncio.to_thread(_program, backup, "pg_verifybackup")
    if isinstance(program, str):
        return "unknown", program
    code, said = await _run(program, "pg_verifybackup", *_options(backup, program, archive))
    if code != 0:
        return "failed", said
    checked = f"{backup.files} files, {backup.bytes} bytes"
    if _reads_wal(backup, program, archive):
        return "ok", f"{checked}, WAL readable"
    if backup.tars and backup.holds_wal:
        return "ok", f"{checked}; WAL in tars is not read"
    return "unknown", f"{checked}; WAL not read: name its archive with --archive"


def _options(backup: Backup, program: Installation, archive: Path | None) -> list[str]:
    options = ["--quiet", str(backup.path)]
    if not _reads_wal(backup, program, archive):
        return ["--no-parse-wal", *options]
    if not backup.holds_wal and archive is not None:
        return ["--wal-directory", str(archive), *options]
    return options


def _reads_wal(backup: Backup, program: Installation, archive: Path | None) -> bool:
    """WAL is read by programs of the server's own version, from files and not from tars."""
    reachable = backup.holds_wal or archive is not None
    return not backup.tars and program.major == backup.major and reachable


def _program(backup: Backup, name: str) -> Installation | str:
    """The installation to verify with, or why there is none."""
    least = TARS_SINCE if backup.tars else backup.major or 0
    found = [i for i in installations() if i.major >= least and (i.bin / name).is_file()]
    if not found:
        return f"{name} of PostgreSQL {least} or newer is not installed here"
    own = [i for i in found if i.major == backup.major]
    return own[0] if own else min(found, key=lambda i: i.major)


async def _chain(backup: Backup, members: Sequence[Backup]) -> _Found:
    if not members:
        return "unknown", "incremental: name the earlier members of its chain with --base"
    program = await asyncio.to_thread(_program, backup, "pg_combinebackup")
    if isinstance(program, str):
        return "unknown", program
    if backup.tars or any(m.tars for m in members):
        return "unknown", "a chain of tars is not combined; unpack them"
    paths = [str(m.path) for m in (*members, backup)]
    nowhere = str(backup.path / "never-written")
    code, said = await _run(program, "pg_combinebackup", "--dry-run", "--output", nowhere, *paths)
    return ("ok", f"{len(paths)} members combine") if code == 0 else ("failed", said)


async def _archive(backup: Backup, archive: Path | None) -> _Found:
    if not backup.wal or archive is None:
        return "unknown", "without a manifest nothing tells where its WAL begins"
    try:
        names, histories = await asyncio.to_thread(_listed, archive)
    except OSError as error:
        return "failed", f"{archive}: cannot be read: {error.strerror}"
    found = wal_archive.continuity(names, histories, backup.wal[0])
    if found.missing is not None:
        return "failed", f"{found.missing} is missing after {found.segments} segments"
    return "ok", f"{found.segments} segments without a gap, up to {found.last}"


def _listed(archive: Path) -> tuple[list[str], dict[str, str]]:
    names = sorted(place.name for place in archive.iterdir())
    ends = [name for name in names if name.endswith(".history")]
    return names, {name: (archive / name).read_text("utf-8") for name in ends}


async def _run(installation: Installation, name: str, *arguments: str) -> tuple[int, str]:
    """Runs a program of PostgreSQL's; its code, and what it said first, and how much more."""
    process = await asyncio.create_subprocess_exec(
        installation.program(name),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=installation.environment(),
    )
    try:
        _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = [line for line in errors.decode(errors="replace").splitlines() if line.strip()]
    more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
    return process.returncode or 0, (lines[0] if lines else "") + more
