"""``thorbis-ops demo``: a PostgreSQL with an estate, traffic and the daemon, in one command."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from thorbis_ops.demo import Demo

RATE, CLIENTS = 60.0, 8
WARM_UP = 3.0


@click.command(
    short_help="Start a PostgreSQL with an estate, traffic and the daemon.",
    epilog="""\b
Examples:
  thorbis-ops demo                     until Ctrl-C; all is removed at the end
  thorbis-ops demo --dir /tmp/estate   keep the database there, and go on with it next time
  thorbis-ops demo --once              every check and each job once, then exit
""",
)
@click.option(
    "--dir", "directory", type=click.Path(path_type=Path), help="Keep the database there."
)
@click.option("--port", type=click.IntRange(1, 65535), help="Port of console and metrics.")
@click.option("--once", is_flag=True, help="Run every check and each job once and exit.")
@click.option("--seconds", type=click.FloatRange(min=1), help="Stop by itself after so long.")
def command(directory: Path | None, port: int | None, once: bool, seconds: float | None) -> int:
    """Build a multi-tenant database and operate it: see what thorbis-ops does in a minute.

    Starts an embedded PostgreSQL 18 with the Thorbis estate, twenty tenants and their
    traffic, and the daemon. Everything listens on loopback or a socket only. Ctrl-C ends all.
    """
    from thorbis_ops import demo

    chosen = demo.free_port(port) if port or once else _usual_port()
    with demo.serving(directory, _say) as running:
        return asyncio.run(_show(running, chosen, once=once, seconds=seconds))


def _usual_port() -> int:
    from thorbis_ops import demo
    from thorbis_ops.errors import ServerError

    try:
        return demo.free_port(9187)
    except ServerError:
        return demo.free_port(None)


def _say(what: str) -> None:
    click.echo(f"  {what} …", err=True)


async def _show(running: object, port: int, *, once: bool, seconds: float | None) -> int:
    from thorbis_ops import demo
    from thorbis_ops.server import RunningServer

    assert isinstance(running, RunningServer)  # noqa: S101
    built = await demo.build(running, port, _say)
    calls: Counter[str] = Counter()
    async with _traffic(built, calls):
        if once:
            await asyncio.sleep(WARM_UP)
            return await _once(built)
        _say("starting the daemon")
        async with demo.operated(built) as daemon:
            await demo.ready(built, daemon)
            _where(built)
            await _until_stopped(daemon, calls, seconds)
    return 0


@contextlib.asynccontextmanager
async def _traffic(built: Demo, calls: Counter[str]) -> AsyncIterator[None]:
    """The application at work while the block lasts."""
    from thorbis_ops import estate

    stop = asyncio.Event()
    task = asyncio.create_task(
        estate.run(
            built.app_dsn,
            rate=RATE,
            clients=CLIENTS,
            seed=1,
            stop=stop,
            recorder=lambda call: calls.update(["failed" if call.fault else call.kind]),
        )
    )
    try:
        yield
    finally:
        stop.set()
        await task


async def _once(built: Demo) -> int:
    """Every check and each job, once, in this process, and what came of them."""
    from rich.console import Console

    from thorbis_ops import assess, config, content, database, sources
    from thorbis_ops.render import screen

    settings = config.load(built.configuration, {}, database.check_dsn)
    await _jobs_once(settings)
    target = settings.target(settings.targets[0])
    now = datetime.now(UTC)
    facts = await sources.gather(settings.cache.urls, settings.backup.paths, now)
    report = await assess.assess(target, content.load_questions(), facts, (), now)
    screen.show(Console(), [report])
    return 3 if report.error else 0


async def _jobs_once(settings: object) -> None:
    from thorbis_ops import content, orders
    from thorbis_ops.runner.jobs import run_job
    from thorbis_ops.settings import Settings
    from thorbis_ops.store import open_store

    assert isinstance(settings, Settings)  # noqa: S101
    place = settings.store_dsn()
    assert place is not None, "the demo's configuration has a store"  # noqa: S101
    target, now = settings.target(settings.targets[0]), datetime.now(UTC)
    store = await open_store(place, now=now)
    try:
        jobs = orders.configured(content.for_version(content.load_jobs(), 18), settings)
        for job in jobs:
            _say(f"running {job.name}")
            order = orders.order(job, target, settings, at=now, now=now)
            report = await run_job(order, store, owner="demo")
            done = sum(result.outcome == "done" for result in report.results)
            click.echo(f"{job.name}: {report.outcome}, {done} of {len(report.results)} steps")
    finally:
        await store.close()


def _where(built: Demo) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table

    address = f"http://127.0.0.1:{built.port}"
    command_line = f"{Path(sys.argv[0]).name} --config {built.configuration}"
    table = Table.grid(padding=(0, 2))
    table.add_row("console", f"{address}/")
    table.add_row("metrics", f"{address}/metrics")
    table.add_row("check", f"{command_line} check")
    table.add_row("objectives", f"{command_line} slo")
    table.add_row("maintenance", f"{command_line} job history")
    table.add_row("psql", f'psql "{built.dsn}"')
    table.add_row("break it", "alter table hs.customers disable row level security")
    Console().print(Panel(table, title="the demo runs; Ctrl-C ends it", expand=False))


async def _until_stopped(
    daemon: asyncio.subprocess.Process, calls: Counter[str], seconds: float | None
) -> None:
    """Waits for Ctrl-C, SIGTERM, the time, or the daemon's own end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(daemon.wait())]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in calls.most_common())
    _say(f"stopping; the application made {kinds or 'no'} calls")
