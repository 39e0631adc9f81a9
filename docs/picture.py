"""Makes the README's picture: a real check of the estate after row level security went off.

Run it from the checkout: ``python docs/picture.py``.
"""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import psycopg
from rich.console import Console

from thorbis_ops import assess, content, estate, server
from thorbis_ops.core.report import Report
from thorbis_ops.model import Target
from thorbis_ops.render import screen

PLANTED = (
    "alter table hs.customers disable row level security",
    "create index jobs_again on hs.jobs (business_id, id)",
)


async def _report(dsn: str, monitor: str) -> Report:
    now = datetime.now(UTC)
    await estate.load(dsn)
    await estate.seed(dsn, scale=0.1, seed=1, now=now)
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in PLANTED:
            connection.execute(statement.encode())
    target = Target(name="thorbis", dsn=monitor)
    return await assess.assess(target, content.load_questions(), {}, (), now)


def main() -> None:
    """Writes check.svg beside this file."""
    settings = {"shared_preload_libraries": "pg_stat_statements", "archive_mode": "on"}
    with server.running(server.find_installation(18), settings) as running:
        with psycopg.connect(running.dsn(), autocommit=True) as connection:
            connection.execute("create database thorbis")
        monitor = running.dsn("thorbis", "thorbis_ops_monitor")
        report = asyncio.run(_report(running.dsn("thorbis"), monitor))
    console = Console(record=True, width=100, file=StringIO())
    screen.show(console, [report])
    picture = console.export_svg(title="thorbis-ops check")
    # The picture must not fetch a font from anywhere.
    bare = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
    (Path(__file__).parent / "check.svg").write_text(bare, encoding="utf-8")


if __name__ == "__main__":
    main()
