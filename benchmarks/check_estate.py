"""A whole check of the demo estate: at most 2.5 times importing what it needs and connecting."""

import asyncio
import sys
from datetime import UTC, datetime

import psycopg

from benchmarks import timing
from thorbis_ops import estate, server

FLOOR = """
import psycopg, click, pydantic, rich, rich.console, rich.table, pglast
psycopg.connect({dsn!r}).close()
"""


async def _estate(dsn: str) -> None:
    await estate.load(dsn)
    await estate.seed(dsn, scale=0.1, seed=1, now=datetime.now(UTC))


def main() -> None:
    """Prints the ratio."""
    installation = server.find_installation(18)
    settings = {**server.DISPOSABLE, "shared_preload_libraries": "pg_stat_statements"}
    with server.running(installation, settings) as running:
        with psycopg.connect(running.dsn(), autocommit=True) as connection:
            connection.execute("create database estate")
        dsn = running.dsn("estate")
        asyncio.run(_estate(dsn))
        ours, floor = timing.medians(
            [
                [sys.executable, "-m", "thorbis_ops", "check", "--dsn", dsn],
                timing.python(FLOOR.format(dsn=dsn)),
            ],
            rounds=11,
        )
    timing.verdict("check of the estate", ours, floor, 2.5)


if __name__ == "__main__":
    main()
