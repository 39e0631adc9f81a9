"""``thorbis-ops demo``: one command, and an operated database stands and goes without a trace."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.daemons import RunningDaemon, free_port, until


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], RunningDaemon]]:
    log, port = tmp_path / "demo.log", free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "thorbis_ops", "demo", "--port", str(port), "--seconds", "120"],
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env=dict(os.environ),
        )
    yield process, RunningDaemon(process, port, log)
    if process.poll() is None:
        process.kill()
        process.wait()


def test_the_demo_works_finds_what_a_visitor_breaks_and_leaves_nothing(
    demo: tuple[subprocess.Popen[str], RunningDaemon],
) -> None:
    process, running = demo
    text = running.said("the demo runs; Ctrl-C ends it", 90)
    found = re.search(r"host='([^']+)/socket'", text)
    assert found is not None, text
    directory = Path(found[1])
    dsn = f"host={directory}/socket dbname=thorbis user=postgres"
    until(lambda: running.metric("thorbis_slo_events_total", slo="oltp") or 0, lambda n: n > 50)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("alter table hs.customers disable row level security")

    def exposed() -> float | None:
        return running.metric(
            "thorbis_findings", check="isolation.rls_disabled", severity="critical"
        )

    until(exposed, lambda count: count == 1)
    jobs = until(lambda: running.api("jobs")["jobs"], lambda all_: any(j["last_run"] for j in all_))
    assert {job["job"] for job in jobs} >= {"analyze", "reindex", "partitions_create"}
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    assert time.monotonic() - began < 20
    assert not directory.exists()
    assert "Traceback" not in running.log.read_text()


def test_a_port_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "thorbis_ops", "demo", "--port", str(port)],
            capture_output=True, text=True, check=False, cwd="/", timeout=60,
        )  # fmt: skip
    assert ended.returncode == 3
    assert f"port {port} is in use; name another with --port" in ended.stderr
    assert "Traceback" not in ended.stderr
