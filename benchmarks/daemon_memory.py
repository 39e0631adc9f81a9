"""The daemon on the demo, at work under traffic: at most 120 MB resident.

The demo's jobs run by the minute, so a few minutes hold what a day holds elsewhere; the largest
resident size that was seen counts. Prints as well what it grew in the second half, how busy it
kept one core, and the most sessions that it held at once: one to watch, one for its store,
and up to three for a job.
"""

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg

from benchmarks import timing
from thorbis_ops import demo, estate

SECONDS, PROMISE = 180.0, 120.0
RATE, CLIENTS = 60.0, 4
_SESSIONS = """
select count(*), count(*) filter (where wait_event_type = 'Lock')
from pg_catalog.pg_stat_activity where application_name like 'thorbis-ops%'
"""


def resident(pid: int) -> float:
    """The resident memory of a process, in MB of 2^20 bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def busy(pid: int) -> float:
    """The processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def _traffic(dsn: str) -> AsyncIterator[None]:
    stop = asyncio.Event()
    work = asyncio.create_task(
        estate.traffic.run(
            dsn, rate=RATE, clients=CLIENTS, seed=1, stop=stop, recorder=lambda _: None
        )
    )
    try:
        yield
    finally:
        stop.set()
        with suppress(asyncio.CancelledError):
            await work


async def _measure(shown: demo.Demo, seconds: float) -> None:
    sizes, sessions, waiting = [], 0, 0
    async with demo.operated(shown) as daemon, _traffic(shown.app_dsn):
        await demo.ready(shown, daemon)
        began, used = time.monotonic(), busy(daemon.pid)
        async with await psycopg.AsyncConnection.connect(shown.dsn, autocommit=True) as looker:
            while time.monotonic() - began < seconds:
                row = await (await looker.execute(_SESSIONS)).fetchone()
                held, blocked = row or (0, 0)
                sizes.append(resident(daemon.pid))
                sessions, waiting = max(sessions, held), waiting + blocked
                await asyncio.sleep(0.25)
        share = (busy(daemon.pid) - used) / (time.monotonic() - began)
    half = len(sizes) // 2
    grown = max(sizes[half:]) - max(sizes[:half])
    print(f"grown in the second half: {grown:+.1f} MB; one core: {share:.1%} busy")
    print(f"sessions at most: {sessions}; seen waiting for a lock: {waiting}")
    timing.verdict("memory of the daemon, MB per promised MB", max(sizes), PROMISE, 1.0)


async def _main(seconds: float) -> None:
    with demo.serving(None, lambda _: None) as running:
        shown = await demo.build(running, demo.free_port(None), lambda _: None)
        await _measure(shown, seconds)


def main() -> None:
    """Prints the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    asyncio.run(_main(parser.parse_args().seconds))


if __name__ == "__main__":
    main()
