"""What the web answers: from memory, to those who may read, however others behave."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from thorbis_ops.errors import ConfigError
from thorbis_ops.metrics import JobState, Observed
from thorbis_ops.model import Finding, Severity, Snapshot, Target
from thorbis_ops.web import Auth, Board, Published, Tls, WebServer, compose, create_app, serve
from thorbis_ops.web import server as server_module

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NASTY = 'table:hs."<script>alert(1)</script>"'


def observed(*findings: Finding) -> Observed:
    return Observed(
        target=Target(name="main", dsn="postgresql://u:hunter2@h/d"),
        snapshot=Snapshot(target="main", taken_at=NOW, server=None, answers={}, error="refused"),
        findings=findings,
        jobs=(JobState(job="analyze", next_run=NOW),),
    )


def finding(name: str = NASTY) -> Finding:
    return Finding(
        target="main",
        check="isolation.rls_disabled",
        object=name,
        severity=Severity.CRITICAL,
        title="Row level security is off",
        fix="alter table …",
    )


def published(*findings: Finding, waiting: tuple[str, ...] = ()) -> Published:
    slo = {"main": {"target": "main", "objectives": []}}
    return compose([observed(*findings)], now=NOW, waiting=waiting, slo=slo)


@pytest.fixture
def board() -> Board:
    return Board(published(finding()))


@pytest.fixture
async def running(board: Board) -> AsyncIterator[WebServer]:
    running = await serve(create_app(board), port=0)
    yield running
    await running.stop()


@pytest.fixture
async def client(running: WebServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{running.port}") as client:
        yield client


async def test_metrics_come_in_the_format_that_is_asked_for(client: httpx.AsyncClient) -> None:
    prometheus = (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    )
    openmetrics = await client.get("/metrics", headers={"accept": prometheus})
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")
    assert openmetrics.text.endswith("# EOF\n")
    for accept in ("", "text/html,*/*;q=0.8", "text/plain"):
        text = await client.get("/metrics", headers={"accept": accept})
        assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert 'thorbis_up{target="main"} 0' in text.text


async def test_metrics_are_compressed_only_for_those_who_can_read_it(
    client: httpx.AsyncClient, board: Board
) -> None:
    packed = await client.get("/metrics", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == board.latest.text.plain
    assert gzip.decompress(board.latest.text.gzipped) == board.latest.text.plain
    for refusal in ("identity", "gzip;q=0"):
        plain = await client.get("/metrics", headers={"accept-encoding": refusal})
        assert "content-encoding" not in plain.headers


async def test_a_new_publication_is_served_at_once(client: httpx.AsyncClient, board: Board) -> None:
    assert "rls_disabled" in (await client.get("/metrics")).text
    board.publish(published())
    assert "rls_disabled" not in (await client.get("/metrics")).text


async def test_readiness_waits_for_the_first_answers(
    client: httpx.AsyncClient, board: Board
) -> None:
    board.publish(published(waiting=("main",)))
    waiting = await client.get("/readyz")
    assert (waiting.status_code, waiting.text) == (503, "waiting for the first answers of main\n")
    assert (await client.get("/healthz")).status_code == 200
    board.publish(published())
    assert (await client.get("/readyz")).status_code == 200


async def test_a_daemon_that_stopped_publishing_is_not_shown_as_alive() -> None:
    board = Board(published(), stale_after=0.0)
    transport = httpx.ASGITransport(create_app(board))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        await asyncio.sleep(0.01)
        for path in ("/metrics", "/readyz"):
            answer = await client.get(path)
            assert answer.status_code == 503
            assert "daemon is stuck" in answer.text
        assert (await client.get("/healthz")).status_code == 200


async def test_the_links_of_the_alerts_lead_to_their_runbooks(board: Board) -> None:
    transport = httpx.ASGITransport(create_app(board, runbooks={"TargetDown": "# TargetDown"}))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        assert (await client.get("/runbooks/TargetDown")).text == "# TargetDown"
        assert (await client.get("/runbooks/..%2fpasswd")).status_code == 404


@pytest.mark.parametrize("name", ["findings", "jobs", "slo", "statements", "targets"])
async def test_every_document_is_versioned_json(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/api/v1/{name}")
    document = answer.json()
    assert document["version"] == 1
    assert document["at"] == "2026-01-01T00:00:00Z"
    assert "hunter2" not in answer.text


async def test_findings_carry_the_keys_of_the_contract(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/v1/findings")).json()
    (told,) = document["findings"]
    assert told["severity"] == "critical"
    assert told["object"] == NASTY
    assert {"check", "proven", "title", "detail", "value", "unit", "fix", "muted"} <= told.keys()


async def test_the_console_shows_the_verdict_and_runs_nothing_foreign(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/")
    assert "No answer from main · 1 critical finding" in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>alert" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http://" not in page.text
    assert "https://" not in page.text
    for part in ("/console.css", "/console.js", "/icon.svg"):
        assert part in page.text
        assert (await client.get(part)).status_code == 200


async def test_subscribers_hear_of_each_publication(
    client: httpx.AsyncClient, board: Board
) -> None:
    async with client.stream("GET", "/events") as stream:
        lines = stream.aiter_lines()
        first = await _next_event(lines)
        board.publish(published())
        second = await asyncio.wait_for(_next_event(lines), 5)
    assert first["at"] == "2026-01-01T00:00:00Z"
    assert first["digest"] != second["digest"]


async def _next_event(lines: AsyncIterator[str]) -> dict[str, str]:
    async for line in lines:
        if line.startswith("data: "):
            told: dict[str, str] = json.loads(line.removeprefix("data: "))
            return told
    raise AssertionError("the stream ended")


async def test_the_server_stops_though_somebody_is_subscribed(board: Board) -> None:
    running = await serve(create_app(board), port=0)
    url = f"http://127.0.0.1:{running.port}/events"
    async with httpx.AsyncClient() as client, client.stream("GET", url) as stream:
        lines = stream.aiter_lines()
        await _next_event(lines)
        began = time.monotonic()
        await running.stop()
        assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    ("auth", "given", "status"),
    [
        (Auth(user="ops", password="s3cret"), httpx.BasicAuth("ops", "s3cret"), 200),
        (Auth(user="ops", password="s3cret"), httpx.BasicAuth("ops", "wrong"), 401),
        (Auth(user="ops", password="s3cret"), None, 401),
        (Auth(token="t0ken"), "Bearer t0ken", 200),
        (Auth(token="t0ken"), "Bearer t0ke", 401),
        (Auth(token="t0ken"), "Basic !!!", 401),
    ],
)
async def test_only_those_with_credentials_read(
    board: Board, auth: Auth, given: httpx.Auth | str | None, status: int
) -> None:
    transport = httpx.ASGITransport(create_app(board, auth=auth))
    headers = {"authorization": given} if isinstance(given, str) else {}
    credentials = None if isinstance(given, str) else given
    async with httpx.AsyncClient(
        transport=transport, base_url="http://x", headers=headers, auth=credentials
    ) as client:
        for path in ("/metrics", "/", "/api/v1/findings", "/console.js", "/nowhere"):
            answer = await client.get(path)
            assert answer.status_code == (404 if status == 200 and path == "/nowhere" else status)
        assert (await client.get("/healthz")).status_code == 200
        assert ("www-authenticate" in answer.headers) is (status == 401)


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:1", 200), ("[::1]:1", 200), ("localhost", 200), ("evil.example:1", 421)],
)
async def test_a_foreign_name_for_loopback_is_refused(
    client: httpx.AsyncClient, host: str, status: int
) -> None:
    for path in ("/metrics", "/", "/api/v1/findings"):
        assert (await client.get(path, headers={"host": host})).status_code == status
    assert (await client.get("/healthz", headers={"host": host})).status_code == 200


def test_secrets_come_from_files_and_are_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    auth = Auth.read("ops", secret, None)
    assert auth == Auth(user="ops", password="s3cret")
    assert "s3cret" not in repr(auth)


def test_credentials_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(ConfigError, match=r"web\.token_file: .*empty is empty"):
        Auth.read(None, None, empty)
    with pytest.raises(ConfigError, match=r"web\.password_file: .*missing cannot be read"):
        Auth.read("ops", tmp_path / "missing", None)
    with pytest.raises(ConfigError, match="go together"):
        Auth.read("ops", None, None)


async def test_a_port_in_use_is_told_in_one_line(running: WebServer, board: Board) -> None:
    with pytest.raises(ConfigError) as told:
        await serve(create_app(board), port=running.port)
    assert str(told.value).startswith(f"web.listen: cannot listen on 127.0.0.1:{running.port}")
    assert "\n" not in str(told.value)


async def test_tls_serves_and_refuses_a_certificate_that_does_not_fit(
    board: Board, tmp_path: Path
) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    _make_certificate(certificate, key)
    tls = Tls(certificate=certificate, key=key)
    running = await serve(create_app(board), port=0, tls=tls)
    trust = ssl.create_default_context(cafile=str(certificate))
    async with httpx.AsyncClient(verify=trust) as client:
        answer = await client.get(f"https://localhost:{running.port}/metrics")
    await running.stop()
    assert answer.status_code == 200
    with pytest.raises(ConfigError, match=r"web\.certificate and web\.key"):
        await serve(create_app(board), port=0, tls=Tls(certificate=key, key=certificate))


def _make_certificate(certificate: Path, key: Path) -> None:
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    out = ("-keyout", str(key), "-out", str(certificate), "-days", "1")
    command = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *out, *subject)
    subprocess.run(command, check=True, capture_output=True)


async def test_clients_that_hang_hold_nobody_up_and_are_cut_off(
    running: WebServer, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "PATIENCE", 0.2)
    monkeypatch.setattr(server_module, "CONNECTIONS", 12)
    address = ("127.0.0.1", running.port)
    mute = [await asyncio.open_connection(*address) for _ in range(10)]
    mute[0][1].write(b"GET /metrics HTTP/1.1\r\nhost: x\r\n")
    assert (await client.get("/metrics")).status_code == 200
    ends = [asyncio.wait_for(_until_closed(reader), 5) for reader, _ in mute]
    await asyncio.gather(*ends)
    for _, writer in mute:
        writer.close()
    assert (await client.get("/metrics")).status_code == 200


async def _until_closed(reader: asyncio.StreamReader) -> None:
    try:
        assert await reader.read() == b""
    except ConnectionResetError:
        return


async def test_a_reader_that_does_not_read_is_cut_off(
    running: WebServer,
    client: httpx.AsyncClient,
    board: Board,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_module, "PATIENCE", 0.2)
    board.publish(published(*(finding(f"table:hs.t{n}") for n in range(20_000))))
    stuck = socket.create_connection(("127.0.0.1", running.port))
    stuck.sendall(b"GET /api/v1/findings HTTP/1.1\r\nhost: x\r\n\r\n")
    began = time.monotonic()
    assert (await client.get("/healthz")).status_code == 200
    assert time.monotonic() - began < 2
    await asyncio.sleep(1)
    received = await asyncio.to_thread(_drain, stuck)
    assert received < len(board.latest.findings.plain)


def _drain(stuck: socket.socket) -> int:
    received = 0
    with stuck:
        stuck.settimeout(5)
        try:
            while chunk := stuck.recv(1 << 20):
                received += len(chunk)
        except ConnectionResetError:
            return received
    return received


async def test_more_connections_than_allowed_are_turned_away(
    running: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "CONNECTIONS", 3)
    made = [await asyncio.open_connection("127.0.0.1", running.port) for _ in range(4)]
    await asyncio.wait_for(_until_closed(made[-1][0]), 5)
    for _, writer in made:
        writer.close()


async def test_an_open_door_to_the_outside_is_warned_of(
    board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="thorbis_ops.web.server"):
        running = await serve(create_app(board), host="0.0.0.0", port=0)
        await running.stop()
        assert "asks for no credentials" in caplog.text
        caplog.clear()
        running = await serve(create_app(board, auth=Auth(token="t")), host="0.0.0.0", port=0)
        await running.stop()
        assert caplog.text == ""
