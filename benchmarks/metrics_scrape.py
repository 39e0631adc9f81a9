"""Scraping 5,000 series: p99 at most 3 times that of the same bytes as a static response.

Both are served by the same server with the same limits; requests alternate between the two.
The daemon watches a real database all the while, and in the second round the database is
paused (SIGSTOP): what is served comes from memory and waits for nobody.
"""

import asyncio
import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks import timing
from thorbis_ops import server
from thorbis_ops.web import Board, compose, create_app, serve

SERIES = 5_000
REQUESTS = 3_000
QUESTION = """/*
title = "Many series"
every = "1m"
scope = "cluster"
{metrics}
*/
select 'thing:' || n as object, n as value, 'hs' as schemaname, 'table_' || n as relname
from pg_catalog.generate_series(1, 1000) as n order by n
"""
METRIC = """[metrics.bench_{0}]
type = "gauge"
help = "One of five families"
labels = ["schemaname", "relname"]
"""
CONFIG = """
[[targets]]
name = "main"
dsn = "{dsn}"
[store]
enabled = false
[web]
listen = "127.0.0.1:{port}"
[content]
checks = ["{checks}"]
"""


def main() -> None:
    """Prints both ratios."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        installation = server.find_installation(18)
        database = stack.enter_context(server.running(installation, server.DISPOSABLE))
        ours = stack.enter_context(_daemon(database.dsn(), place))
        exposition = _awaited(ours)
        (place / "exposition").write_bytes(exposition)
        static = stack.enter_context(_static(place / "exposition"))
        lines = [line for line in exposition.splitlines() if not line.startswith(b"#")]
        print(f"{len(lines)} series, {len(exposition)} bytes, {REQUESTS} requests each")
        assert len(lines) >= SERIES
        timing.verdict("scrape, p99", *_p99(ours, static), 3.0)
        with _paused(database.pid):
            timing.verdict("scrape while the database is paused, p99", *_p99(ours, static), 3.0)


@contextmanager
def _daemon(dsn: str, place: Path) -> Iterator[int]:
    checks = place / "checks" / "bench"
    checks.mkdir(parents=True)
    metrics = "".join(METRIC.format(n) for n in range(SERIES // 1000))
    (checks / "series.sql").write_text(QUESTION.format(metrics=metrics))
    port = _free_port()
    config = place / "config.toml"
    config.write_text(CONFIG.format(dsn=dsn, port=port, checks=checks.parent))
    with _process("-m", "thorbis_ops", "--config", str(config), "--log-level", "error", "run"):
        yield port


@contextmanager
def _static(exposition: Path) -> Iterator[int]:
    port = _free_port()
    with _process("-m", "benchmarks.metrics_scrape", str(exposition), str(port)):
        _awaited(port)
        yield port


@contextmanager
def _process(*arguments: str) -> Iterator[None]:
    with subprocess.Popen([sys.executable, *arguments]) as process:
        try:
            yield
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


async def _serve_static(content: bytes, port: int) -> None:
    """The same server, with one route that knows nothing but these bytes."""

    async def metrics(_request: Request) -> Response:
        return Response(content, media_type="text/plain")

    app = create_app(Board(compose([], now=datetime.now(UTC))))
    app.routes.insert(0, Route("/metrics", metrics))
    running = await serve(app, port=port)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await running.stop()


def _awaited(port: int) -> bytes:
    """The first exposition that holds all series, or whatever a static server gives."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            body = _scrape(http.client.HTTPConnection("127.0.0.1", port))
        except OSError:
            body = b""
        if body.count(b"\nbench_") >= SERIES:
            return body
        time.sleep(0.2)
    raise TimeoutError("the series did not appear")


def _scrape(connection: http.client.HTTPConnection) -> bytes:
    connection.request("GET", "/metrics")
    return connection.getresponse().read()


def _p99(ours: int, static: int) -> tuple[float, float]:
    connections = [http.client.HTTPConnection("127.0.0.1", port) for port in (ours, static)]
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(REQUESTS):
        for connection, times in zip(connections, took, strict=True):
            began = time.perf_counter()
            _scrape(connection)
            times.append(time.perf_counter() - began)
    first, second = (statistics.quantiles(times, n=100)[98] for times in took)
    return first, second


@contextmanager
def _paused(postmaster: int) -> Iterator[None]:
    """Every process of the server stands still, as on a host that hangs."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    stopped = [postmaster, *map(int, children)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(2)
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(_serve_static(Path(sys.argv[1]).read_bytes(), int(sys.argv[2])))
    else:
        main()
