"""A daemon in a process of its own, as an operator starts it, and what it says over HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from thorbis_ops import content
from thorbis_ops.server import RunningServer

T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(get: Callable[[], T], holds: Callable[[T], bool], seconds: float = 30.0) -> T:
    """What ``get`` gives once it holds; fails with the last value otherwise."""
    deadline = time.monotonic() + seconds
    while True:
        found = get()
        if holds(found):
            return found
        assert time.monotonic() < deadline, f"did not hold in {seconds} s: {found!r}"
        time.sleep(0.1)


@dataclass
class RunningDaemon:
    process: subprocess.Popen[str]
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def api(self, path: str) -> Any:
        return json.loads(self.get(f"/api/v1/{path}")[1])

    def metric(self, name: str, **labels: str) -> float | None:
        """The value of one series of ``/metrics``, or None where it is not shown."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        for line in self.get("/metrics")[1].splitlines():
            if re.match(rf"{name}[{{ ]", line) and all(label in line for label in wanted):
                return float(line.rpartition(" ")[2])
        return None

    def ready(self) -> RunningDaemon:
        until(lambda: self.get("/readyz"), lambda reply: reply[0] == 200)
        return self

    def said(self, text: str, seconds: float = 20.0) -> str:
        return until(self.log.read_text, lambda log: text in log, seconds)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def terminate(self) -> float:
        """SIGTERM; the seconds until the process has ended."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        return time.monotonic() - began


@contextlib.contextmanager
def daemon(configuration: str, place: Path) -> Iterator[RunningDaemon]:
    """Runs until the block ends; ``configuration`` need not say where it listens."""
    port = free_port()
    path = place / f"daemon-{port}.toml"
    path.write_text(f'{configuration}\n[web]\nlisten = "127.0.0.1:{port}"\n', encoding="utf-8")
    log = path.with_suffix(".log")
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "thorbis_ops", "--config", str(path), "run"],
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            cwd="/",
            env=dict(os.environ),
        )
    running = RunningDaemon(process, port, log)
    try:
        yield running
        assert "Traceback" not in log.read_text(), log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def target(name: str, dsn: str) -> str:
    return f'[[targets]]\nname = "{name}"\ndsn = "{dsn}"\n'


def execute(dsn: str, *statements: str) -> list[Any]:
    """Execute statements one by one; the rows of the last."""
    rows: list[Any] = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
            rows = cursor.fetchall() if cursor.description else []
    return rows


@contextlib.contextmanager
def frozen(server: RunningServer) -> Iterator[None]:
    """A server that keeps its connections and answers nothing, as on a storage that hangs."""
    os.kill(server.pid, signal.SIGSTOP)
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    pids = [server.pid, *map(int, children)]
    try:
        for pid in pids[1:]:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def job(folder: Path, name: str, rows: str, schedule: str = "* * * * *") -> str:
    """The configuration that runs one job of the test's own by the minute, and no other."""
    folder.mkdir(exist_ok=True)
    header = f'/*\ntitle = "{name}"\nschedule = "{schedule}"\ncommands = ["INSERT"]\n*/\n'
    (folder / f"{name}.sql").write_text(header + rows, encoding="utf-8")
    others = "".join(f"[jobs.{one.name}]\nenabled = false\n" for one in content.load_jobs())
    return f'[content]\nmaintenance = ["{folder}"]\n{others}'
