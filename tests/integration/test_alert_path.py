"""The whole way of an alert: fault, daemon, Prometheus, Alertmanager, cure, silence.

Nothing is simulated: a real PostgreSQL 18 with the estate, the daemon as it is run, and
Debian's Prometheus and Alertmanager with the rules as they are exported. Only times are short.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import conninfo

from tests.conftest import Debian, _free_port
from tests.integration.commands import thorbis_ops
from tests.maintenance import prepare
from thorbis_ops import estate
from thorbis_ops.server import RunningServer

SECONDS = 40.0
TABLE = "hs.jobs"
CONFIG = """
[[targets]]
name = "main"
dsn = {dsn}
[web]
listen = "127.0.0.1:{port}"
[schedule]
enabled = false
[sampler]
every = "1s"
[checks."isolation.rls_disabled"]
every = "1s"
"""
PROMETHEUS = """
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}/*.yml"]
alerting:
  alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{alertmanager}"]}}]}}]
scrape_configs:
  - job_name: thorbis-ops
    honor_labels: true
    static_configs: [{{targets: ["127.0.0.1:{daemon}"]}}]
"""
ALERTMANAGER = """
route: {receiver: nobody, group_by: ["..."], group_wait: 0s, group_interval: 1s}
receivers: [{name: nobody}]
"""

pytestmark = pytest.mark.parametrize("pg", [18], indirect=True, ids=["pg18"])


@dataclass(frozen=True)
class Monitoring:
    """The addresses of what runs."""

    daemon: str
    prometheus: str
    alertmanager: str


@pytest.fixture
async def monitoring(
    debian: Debian, estate_db: str, pg: RunningServer, tmp_path: Path
) -> AsyncIterator[Monitoring]:
    await prepare(estate_db)
    daemon, prometheus, alertmanager = _free_port(), _free_port(), _free_port()
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(dsn=json.dumps(estate_db), port=daemon), "utf-8")
    rules = tmp_path / "rules"
    exported = thorbis_ops(
        "--config", str(config), "alerts", "export", "--out", str(rules), "--hold", "1s"
    )
    assert exported.returncode == 0, exported.stderr
    (tmp_path / "alertmanager.yml").write_text(ALERTMANAGER, "utf-8")
    (tmp_path / "prometheus.yml").write_text(
        PROMETHEUS.format(rules=rules, alertmanager=alertmanager, daemon=daemon), "utf-8"
    )
    commands = (
        [sys.executable, "-m", "thorbis_ops", "--config", str(config), "run"],
        [
            str(debian("prometheus-alertmanager", "prometheus-alertmanager")),
            f"--config.file={tmp_path}/alertmanager.yml",
            f"--storage.path={tmp_path}/alertmanager",
            f"--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",
        ],
        [
            str(debian("prometheus", "prometheus")),
            f"--config.file={tmp_path}/prometheus.yml",
            f"--storage.tsdb.path={tmp_path}/prometheus",
            f"--web.listen-address=127.0.0.1:{prometheus}",
        ],
    )
    with contextlib.ExitStack() as stack:
        for number, command in enumerate(commands):
            stack.enter_context(running(command, tmp_path / f"log-{number}"))
        yield Monitoring(
            *(f"http://127.0.0.1:{port}" for port in (daemon, prometheus, alertmanager))
        )


@contextlib.contextmanager
def running(command: list[str], log: Path) -> Iterator[None]:
    """A process that ends with the test; its log is shown when the test fails."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "THORBIS"))}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        sys.stderr.write(f"--- {command[0]}\n{log.read_text()[-3000:]}\n")


async def eventually(holds: Callable[[], Awaitable[bool]], what: str) -> float:
    """Waits until it holds; the seconds that it took."""
    began = time.monotonic()
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if await holds():
                return time.monotonic() - began
        assert time.monotonic() - began < SECONDS, f"{what}: not within {SECONDS:.0f} s"
        await asyncio.sleep(0.2)


async def known(client: httpx.AsyncClient, monitoring: Monitoring, query: str) -> list[Any]:
    answer = await client.get(f"{monitoring.prometheus}/api/v1/query", params={"query": query})
    answer.raise_for_status()
    result: list[Any] = answer.json()["data"]["result"]
    return result


async def firing(client: httpx.AsyncClient, monitoring: Monitoring) -> dict[str, dict[str, Any]]:
    answer = await client.get(f"{monitoring.alertmanager}/api/v2/alerts", params={"active": "true"})
    answer.raise_for_status()
    return {alert["labels"]["alertname"]: alert for alert in answer.json()}


def execute(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute(statement.encode())


async def test_a_hole_between_tenants_pages_and_its_cure_ends_it(
    monitoring: Monitoring, estate_db: str
) -> None:
    async with httpx.AsyncClient(timeout=5) as client:

        async def watched() -> bool:
            healthy = 'thorbis_findings{check="isolation.rls_disabled",severity="critical"} == 0'
            return bool(await known(client, monitoring, healthy))

        async def paged() -> bool:
            return "IsolationBroken" in await firing(client, monitoring)

        async def silent() -> bool:
            return not await paged()

        took = {"first look": await eventually(watched, "the daemon's first look")}
        assert await silent()
        execute(estate_db, f"alter table {TABLE} disable row level security")
        took["page"] = await eventually(paged, "the page")
        alert = (await firing(client, monitoring))["IsolationBroken"]
        assert alert["labels"]["severity"] == "page"
        assert alert["labels"]["target"] == "main"
        runbook = alert["annotations"]["runbook_url"]
        assert "How to cure" in (await client.get(runbook)).text
        told = (await client.get(f"{monitoring.daemon}/api/v1/findings")).json()["findings"]
        cure = next(f for f in told if f["object"] == f"table:{TABLE}" and "rls" in f["check"])
        execute(estate_db, cure["fix"])
        took["resolved"] = await eventually(silent, "the end of the page")
        sys.stderr.write(f"{took}\n")


async def call_late(app: str, stop: asyncio.Event) -> None:
    """Looks one job up by its key, again and again, and takes 150 ms each time."""
    async with await psycopg.AsyncConnection.connect(app, autocommit=True) as session:
        tenant = str(estate.TENANTS[0].id)
        await session.execute("select set_config('app.current_business_id', %s, false)", [tenant])
        found = await session.execute("select id from hs.jobs limit 1")
        key = await found.fetchone()
        assert key is not None
        while not stop.is_set():
            await session.execute(
                "select job_number, pg_sleep(0.15) from hs.jobs where business_id = %s and id = %s",
                [tenant, key[0]],
            )


async def test_late_calls_page_and_timely_ones_end_it(
    monitoring: Monitoring, estate_db: str
) -> None:
    app = conninfo.make_conninfo(estate_db, user="thorbis_app")
    late, timely = asyncio.Event(), asyncio.Event()
    async with httpx.AsyncClient(timeout=5) as client, asyncio.TaskGroup() as group:

        async def counted() -> bool:
            return bool(await known(client, monitoring, 'thorbis_slo_events_total{slo="oltp"}'))

        async def paged() -> bool:
            return "SloBurnsFast" in await firing(client, monitoring)

        async def silent() -> bool:
            return not await paged()

        took = {"first count": await eventually(counted, "the first count")}
        assert await silent()
        for _ in range(4):
            group.create_task(call_late(app, late))
        took["page"] = await eventually(paged, "the page")
        late.set()
        group.create_task(
            estate.run(app, rate=300, clients=4, seed=1, stop=timely, recorder=lambda _: None)
        )
        took["resolved"] = await eventually(silent, "the end of the page")
        timely.set()
        sys.stderr.write(f"{took}\n")
