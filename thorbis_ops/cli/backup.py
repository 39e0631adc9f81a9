"""``thorbis-ops backup``: which base backups there are, and whether one is whole."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thorbis_ops.cli import options
from thorbis_ops.cli.invocation import invocation
from thorbis_ops.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from thorbis_ops.backup import Backup, Expectation, Verification

EXIT_CODES = {"ok": 0, "failed": 1, "unknown": 3}
_STYLES = {"ok": "green", "failed": "red", "unknown": "yellow"}
_directory = click.Path(path_type=Path, resolve_path=True)


@click.group(
    short_help="List and verify base backups.",
    epilog="""\b
Examples:
  thorbis-ops backup list                            what lies in [backup] paths
  thorbis-ops backup verify /backups/2026-01-15      every file against its manifest
  thorbis-ops backup verify PATH --expect want.toml  and of this server, and young enough
""",
)
def command() -> None:
    """Base backups: list what there is, verify that one is whole."""


@command.command("list")
@options.json_or_table
def list_backups(form: str) -> None:
    """List the base backups in the configured folders."""
    now = datetime.now(UTC)
    found = list(_configured())
    if form == "json":
        from thorbis_ops.render import document

        described = [{**_described(b), "age_seconds": _age(b, now)} for b in found]
        click.echo(document.dumps({"version": 1, "backups": described}))
        return
    for backup in found:
        age = _age(backup, now)
        told = "age unknown" if age is None else f"{age / 3600:.1f} h old"
        click.echo(f"{backup.path}  {backup.kind}  {told}  {backup.bytes or 0} bytes")
    if not found:
        click.echo("no base backup in [backup] paths")


def _configured() -> Iterator[Backup]:
    from thorbis_ops.backup import describe
    from thorbis_ops.sources import backup_folders

    for place in invocation().settings().backup.paths:
        try:
            candidates = list(backup_folders.backups(place))
        except OSError as error:
            raise ConfigError(
                f"backup.paths: {place}: {error.strerror}; correct the path"
            ) from None
        for path in candidates:
            yield describe(path)


def _age(backup: Backup, now: datetime) -> float | None:
    return None if backup.started_at is None else round((now - backup.started_at).total_seconds())


@command.command("verify")
@click.argument("path", type=_directory, required=False)
@click.option(
    "--base",
    "bases",
    multiple=True,
    type=_directory,
    metavar="PATH",
    help="An earlier member of an incremental's chain; in order.",
)
@click.option("--archive", type=_directory, metavar="DIR", help="Where its WAL is archived.")
@click.option("--expect", type=_directory, metavar="FILE", help="What must hold, in TOML or JSON.")
@options.target
@options.dsn
@options.json_or_table
def verify_backup(
    path: Path | None,
    bases: tuple[Path, ...],
    archive: Path | None,
    expect: Path | None,
    target: str | None,
    dsn: str | None,
    form: str,
) -> int:
    """Verify a base backup without restoring it; without PATH, the newest configured one.

    Reads every file against the manifest and the WAL it needs. --expect and --target say of
    which server it must be and how old it may be; rows are for a restore to prove. The exit
    code is 0 when it is whole, 1 when it is not, 3 when something could not be looked at.
    """
    from thorbis_ops import backup

    place = path or _newest()
    found = asyncio.run(
        backup.verify(
            place, _expectation(expect, target, dsn), datetime.now(UTC), bases=bases,
            archive=archive,
        )
    )  # fmt: skip
    _print(found, form)
    return EXIT_CODES[found.verdict]


def _newest() -> Path:
    dated = [(b.started_at, b.path) for b in _configured() if b.started_at is not None]
    if not dated:
        raise ConfigError("no base backup in [backup] paths; name one: backup verify PATH")
    return max(dated)[1]


def _expectation(expect: Path | None, target: str | None, dsn: str | None) -> Expectation:
    """What the file says, and of which server it must be where one was named."""
    from dataclasses import replace

    from thorbis_ops.backup import Expectation, expectation

    wanted = expectation.read(expect) if expect else Expectation()
    if target is None and dsn is None:
        return wanted
    identifier = asyncio.run(_identifier(target, dsn))
    return replace(wanted, system_identifier=wanted.system_identifier or identifier)


async def _identifier(target: str | None, dsn: str | None) -> str | None:
    from thorbis_ops import database

    connection = await database.connect(invocation().target(target, dsn).dsn)
    async with connection:
        return (await database.discover(connection)).system_identifier


def _print(found: Verification, form: str) -> None:
    if form == "json":
        from thorbis_ops.render import document

        click.echo(document.dumps(_document(found)))
        return
    from rich.console import Console
    from rich.markup import escape

    console = Console()
    console.print(f"[{_STYLES[found.verdict]}]{found.verdict}[/] {escape(str(found.path))}")
    for step in found.steps:
        told = f"{step.step:<18}{step.detail}"
        console.print(f"  [{_STYLES[step.verdict]}]{step.verdict:<8}[/]{escape(told)}")


def _document(found: Verification) -> dict[str, Any]:
    return {
        "backup": _described(found.backup) if found.backup else _unread(found.path),
        "verdict": found.verdict,
        "steps": [
            {"step": s.step, "verdict": s.verdict, "seconds": s.seconds, "detail": s.detail}
            for s in found.steps
        ],
        "rto_seconds": None,
        "rpo_seconds": None,
    }


def _unread(path: Path) -> dict[str, Any]:
    keys = ("label", "kind", "system_identifier", "started_at", "finished_at", "bytes")
    return {"path": str(path), **dict.fromkeys(keys)}


def _described(backup: Backup) -> dict[str, Any]:
    from thorbis_ops.render.document import rfc3339

    return {
        "label": backup.label,
        "path": str(backup.path),
        "kind": backup.kind,
        "system_identifier": backup.system_identifier,
        "started_at": rfc3339(backup.started_at) if backup.started_at else None,
        "finished_at": rfc3339(backup.finished_at) if backup.finished_at else None,
        "bytes": backup.bytes,
    }
