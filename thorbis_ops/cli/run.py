"""``thorbis-ops run``: the daemon in the foreground."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading

import click

from thorbis_ops.cli.invocation import invocation

#: Seconds after which whatever will not end, such as a name server's answer, is left behind.
LAST_RESORT = 9.0


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

    stop, ended = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _told, stop, ended)
    await Daemon(invocation().settings()).run(stop)
    ended.set()


def _told(stop: asyncio.Event, ended: threading.Event) -> None:
    """Begins the end; said twice it is no different."""
    if not stop.is_set():
        stop.set()
        last_resort = threading.Timer(LAST_RESORT, _leave, [ended])
        last_resort.daemon = True
        last_resort.start()


def _leave(ended: threading.Event) -> None:
    """Leaves behind what is stuck; a fault only where the daemon itself had not ended."""
    if not ended.is_set():
        logging.getLogger(__name__).warning("something would not end in time; ended without it")
    logging.shutdown()
    os._exit(int(not ended.is_set()))
