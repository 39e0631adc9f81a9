"""``thorbis-ops run``: the daemon in the foreground."""

from __future__ import annotations

import asyncio
import signal

import click

from thorbis_ops.cli.invocation import invocation


@click.command(
    short_help="Run the daemon in the foreground.",
    epilog="""\b
Example:
  thorbis-ops --config /etc/thorbis-ops/config.toml --log-format json run
""",
)
def command() -> None:
    """Watch every target, serve metrics and the console, and run maintenance when it is due.

    SIGTERM and SIGINT end it within ten seconds and cancel what it runs on the servers.
    """
    asyncio.run(_live())


async def _live() -> None:
    from thorbis_ops.daemon import Daemon

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await Daemon(invocation().settings()).run(stop)
