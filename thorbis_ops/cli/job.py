"""``thorbis-ops job``: maintenance, planned, run, looked back on and held back by hand."""

from __future__ import annotations

import asyncio
import getpass
import os
import signal
import socket
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from thorbis_ops.cli import options, stores
from thorbis_ops.cli.invocation import invocation
from thorbis_ops.errors import ConfigError, JobError

if TYPE_CHECKING:
    from thorbis_ops.model import Job, Target
    from thorbis_ops.runner import Order
    from thorbis_ops.store import Store

T = TypeVar("T")
WELL = ("done", "nothing_to_do")


@click.group(
    short_help="List, plan and run maintenance.",
    epilog="""\b
Examples:
  thorbis-ops job list                                what there is, and when it is due
  thorbis-ops job plan reindex --dsn DSN              what it would do; changes nothing
  thorbis-ops job run analyze --format json           do it now, journalled
  thorbis-ops job pause --reason "release day"        hold everything back
""",
)
def command() -> None:
    """Maintenance: plan shows, run does, history remembers, pause holds back."""


@command.command("list")
@options.json_or_table
def list_jobs(form: str) -> None:
    """List the jobs and when each is next due."""
    from thorbis_ops.cli import maintenance
    from thorbis_ops.core import schedule

    zone, now = ZoneInfo(invocation().settings().schedule.timezone), datetime.now(UTC)
    found = [(job, schedule.next_after(job.schedule, now, zone)) for job in _jobs()]
    _print(form, maintenance.jobs, maintenance.show_jobs, found)


@command.command("plan")
@click.argument("name")
@options.target
@options.dsn
@options.at
@options.json_or_table
def plan_job(
    name: str, target: str | None, dsn: str | None, at: datetime | None, form: str
) -> None:
    """Show what a job would do and what it leaves alone; changes nothing."""
    from thorbis_ops import runner
    from thorbis_ops.cli import maintenance

    async def planned() -> Any:
        place = invocation().target(target, dsn)
        order = await _order(name, place, at)
        async with stores.opened_if_any(place, dsn) as store:
            return await runner.plan_job(order, store)

    _print(form, maintenance.plan, maintenance.show_plan, asyncio.run(planned()))


@command.command("run")
@click.argument("name")
@options.target
@options.dsn
@options.at
@options.json_or_table
def run_job(name: str, target: str | None, dsn: str | None, at: datetime | None, form: str) -> int:
    """Run a job once, now, journalled, with the daemon's own locks and guards."""
    from thorbis_ops import runner
    from thorbis_ops.cli import maintenance

    async def ran() -> Any:
        place = invocation().target(target, dsn)
        async with stores.opened(place, dsn) as store:
            return await runner.run_job(await _order(name, place, at), store, owner=_owner())

    report = _until_told(ran())
    _print(form, maintenance.report, maintenance.show_report, report)
    return 0 if report.outcome in WELL else 1


@command.command("history")
@click.argument("name", required=False)
@options.target
@options.dsn
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True)
@options.json_or_table
def history(name: str | None, target: str | None, dsn: str | None, limit: int, form: str) -> None:
    """Show the newest runs, of one job or of all."""
    from thorbis_ops.cli import maintenance
    from thorbis_ops.store.history import history as read

    async def found() -> Any:
        place = invocation().target(target, dsn)
        only = place.name if target or dsn else None
        async with stores.opened(place, dsn) as store:
            return await read(store, target=only, job=name, limit=limit)

    _print(form, maintenance.history, maintenance.show_history, asyncio.run(found()))


@command.command("pause")
@click.argument("name", default="*")
@options.target
@options.dsn
@click.option(
    "--until", type=options.Moment(), metavar="TIMESTAMP", help="Until then; else until resumed."
)
@click.option("--reason", default="no reason given", help="Why, for those who wonder.")
def pause(
    name: str, target: str | None, dsn: str | None, until: datetime | None, reason: str
) -> None:
    """Hold back a job, or all of them; a job at work stops after its present step."""
    from thorbis_ops.store import pauses

    now = datetime.now(UTC)
    if until is not None and until <= now:
        raise ConfigError(f"--until {until.isoformat()} has passed; name a time to come")
    _known(name)
    wanted = pauses.Pause(
        job=name, paused_by=getpass.getuser(), reason=reason, paused_at=now, until=until
    )
    asyncio.run(_in_store(target, dsn, lambda store: pauses.pause(store, wanted)))
    click.echo(
        f"{_named(name)}: paused {f'until {until.isoformat()}' if until else 'until resumed'}"
    )


@command.command("resume")
@click.argument("name", default="*")
@options.target
@options.dsn
def resume(name: str, target: str | None, dsn: str | None) -> None:
    """Let a job, or all of them, go on."""
    from thorbis_ops.store import pauses

    _known(name)
    held = asyncio.run(_in_store(target, dsn, lambda store: pauses.resume(store, name)))
    click.echo(f"{_named(name)}: {'resumed' if held else 'was not paused'}")


def _named(name: str) -> str:
    return "all jobs" if name == "*" else name


def _known(name: str) -> None:
    names = sorted({job.name for job in _jobs()})
    if name != "*" and name not in names:
        raise ConfigError(f'there is no job "{name}"; there are {", ".join(names)}')


def _jobs() -> tuple[Job, ...]:
    from thorbis_ops import content, orders

    settings = invocation().settings()
    return orders.configured(content.load_jobs(settings.content.maintenance), settings)


async def _order(name: str, target: Target, at: datetime | None) -> Order:
    from thorbis_ops import orders

    settings, now = invocation().settings(), datetime.now(UTC)
    job = await _variant(name, orders.maintained(target, settings))
    return orders.order(job, target, settings, at=at or now, now=now)


async def _variant(name: str, target: Target) -> Job:
    """The job called ``name`` as it is for this server's version."""
    from thorbis_ops import content, database

    _known(name)
    connection = await database.connect(target.dsn)
    async with connection:
        server = await database.discover(connection)
    named = [job for job in _jobs() if job.name == name]
    fitting = content.for_version(named, server.major)
    if not fitting:
        raise JobError(f"{name}: is not for PostgreSQL {server.major}")
    return fitting[0]


async def _in_store(
    target: str | None, dsn: str | None, act: Callable[[Store], Coroutine[Any, Any, T]]
) -> T:
    async with stores.opened(invocation().target(target, dsn), dsn) as store:
        return await act(store)


def _owner() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}:{os.getpid()}"


def _until_told(work: Coroutine[Any, Any, T]) -> T:
    """Runs ``work``; SIGTERM and SIGINT cancel it, which cancels what runs on the server."""

    async def bounded() -> T:
        task = asyncio.ensure_future(work)
        for told in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(told, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            raise JobError(
                "told to stop; what ran was cancelled, the rest is carried over"
            ) from None

    return asyncio.run(bounded())


def _print(
    form: str, document: Callable[[Any], Any], show: Callable[[Any, Any], None], found: Any
) -> None:
    if form == "json":
        from thorbis_ops.render import document as json_document

        click.echo(json_document.dumps(document(found)))
    else:
        from rich.console import Console

        show(Console(), found)
