"""Whatever happens to a runner, its work is neither lost nor doubled, and the journal knows."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.maintenance import NOTES, NOTING, Bench, bench, noting, outcomes
from thorbis_ops import runner
from thorbis_ops.errors import TargetError
from thorbis_ops.runner import execution
from thorbis_ops.store import history

__all__ = ["bench"]
SECONDS = 15.0
AT_WORK = """select count(*) from pg_stat_activity
  where application_name = 'thorbis-ops job trial' and state = 'active'
    and query like 'insert into public.notes select 2%' and datname = current_database()"""
HEADER = """/*
title = "Trial"
schedule = "0 0 1 1 *"
commands = ["INSERT"]
*/
"""


@pytest.fixture
def notes(bench: Bench) -> Bench:
    bench.execute(*NOTES, "insert into todo values (1, 0), (2, 60), (3, 0)")
    return bench


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def until_at_work(bench: Bench) -> None:
    await asyncio.to_thread(until, lambda: bench.value(AT_WORK))


def noted(bench: Bench) -> list[int]:
    return [row[0] for row in bench.execute("select id from notes order by id")]


@pytest.fixture
def process(notes: Bench, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A runner of its own, at work on its second step."""
    folder = tmp_path / "jobs"
    folder.mkdir()
    (folder / "trial.sql").write_text(HEADER + NOTING, encoding="utf-8")
    config = tmp_path / "config.toml"
    config.write_text(
        f'[content]\nmaintenance = ["{folder}"]\n[[targets]]\nname = "main"\ndsn = "{notes.dsn}"\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "thorbis_ops", "--config", str(config), "job", "run", "trial"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:
        try:
            until(lambda: notes.value(AT_WORK) or started.poll() is not None)
            yield started
        finally:
            started.kill()


def kinds(bench: Bench) -> list[tuple[str, str]]:
    return bench.execute(
        "select s.object, s.outcome from thorbis_ops.run_steps s order by s.run_id, s.position"
    )


async def test_after_kill_9_the_work_goes_on_where_it_stopped(
    notes: Bench, process: subprocess.Popen[str], tmp_path: Path
) -> None:
    os.kill(process.pid, signal.SIGKILL)
    notes.execute("update todo set seconds = 0")
    # The server may still be at the statement: then the lock says so, and nobody starts.
    deadline = time.monotonic() + SECONDS
    while (report := await notes.run(noting(tmp_path))).outcome == "refused":
        assert "still runs" in report.detail or "runs it" in report.detail
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)
    assert outcomes(report) == {"note:2": "done", "note:3": "done"}
    assert noted(notes) == [1, 2, 3]
    runs = (await history.history(notes.store)).runs
    assert [r.outcome for r in runs] == ["done", "interrupted"]
    assert kinds(notes)[:2] == [("note:1", "done"), ("note:2", "interrupted")]


async def test_sigterm_cancels_the_statement_and_writes_it_down(
    notes: Bench, process: subprocess.Popen[str]
) -> None:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, said = await asyncio.to_thread(process.communicate, timeout=SECONDS)
    assert time.monotonic() - began < 10
    assert process.returncode == 1
    assert "told to stop" in said
    assert notes.value(AT_WORK) == 0
    runs = (await history.history(notes.store)).runs
    assert [(r.outcome, r.detail) for r in runs] == [("interrupted", "the runner was told to stop")]
    assert kinds(notes) == [("note:1", "done"), ("note:2", "interrupted")]


async def test_cancelling_the_task_cancels_the_statement(notes: Bench, tmp_path: Path) -> None:
    task = asyncio.create_task(notes.run(noting(tmp_path)))
    await until_at_work(notes)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert notes.value(AT_WORK) == 0
    notes.execute("update todo set seconds = 0")
    assert outcomes(await notes.run(noting(tmp_path))) == {"note:2": "done", "note:3": "done"}
    assert noted(notes) == [1, 2, 3]


async def test_a_worker_cut_off_ends_the_run_as_interrupted(notes: Bench, tmp_path: Path) -> None:
    task = asyncio.create_task(notes.run(noting(tmp_path)))
    await until_at_work(notes)
    notes.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where query like 'insert into public.notes select 2%' and pid <> pg_backend_pid()"
    )
    report = await task
    assert report.outcome == "interrupted"
    assert outcomes(report)["note:2"] == "interrupted"
    assert (await history.history(notes.store)).runs[0].outcome == "interrupted"


async def test_the_directing_session_cut_off_ends_the_run_as_interrupted(
    notes: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "WATCH_SECONDS", 0.2)
    monkeypatch.setattr("thorbis_ops.runner.running.FRESH_SECONDS", 0.1)
    task = asyncio.create_task(notes.run(noting(tmp_path)))
    await until_at_work(notes)
    notes.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where application_name = 'thorbis-ops job trial' and query not like 'insert into%' "
        "and datname = current_database()"
    )
    with pytest.raises(TargetError):
        await task
    assert notes.value(AT_WORK) == 0
    assert (await history.history(notes.store)).runs[0].outcome == "interrupted"


async def test_a_statement_cancelled_by_a_person_is_a_failure_that_says_so(
    notes: Bench, tmp_path: Path
) -> None:
    task = asyncio.create_task(notes.run(noting(tmp_path)))
    await until_at_work(notes)
    notes.execute(
        "select pg_cancel_backend(pid) from pg_stat_activity "
        "where query like 'insert into public.notes select 2%' and pid <> pg_backend_pid()"
    )
    report = await task
    assert outcomes(report) == {"note:1": "done", "note:2": "failed", "note:3": "done"}
    assert "user request" in report.detail


async def test_a_step_that_was_done_but_not_written_down_is_found_done(
    notes: Bench, tmp_path: Path
) -> None:
    order = notes.order(noting(tmp_path))
    notes.execute(
        "update todo set seconds = 0",
        "insert into notes values (1)",
        "insert into thorbis_ops.runs (identity, target, job, scheduled_at, owner) "
        "select (pg_control_system()).system_identifier || '/' || current_database(), "
        "'main', 'trial', now(), 'gone'",
        "insert into thorbis_ops.run_steps (run_id, position, object, statements, verify, as_of) "
        "select id, 1, 'note:1', '{}', 'select exists (select from public.notes where id = 1)', "
        "now() from thorbis_ops.runs",
    )
    await runner.run_job(order, notes.store, owner="next")
    assert kinds(notes)[0] == ("note:1", "done")
    assert noted(notes) == [1, 2, 3]


def test_the_target_gone_is_told_in_one_line_with_its_exit_code(tmp_path: Path) -> None:
    lost = "host=/nonexistent dbname=x"
    command = [sys.executable, "-m", "thorbis_ops", "job", "run", "analyze", "--dsn", lost]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 3
    assert len(result.stderr.splitlines()) == 1
    assert "journal" in result.stderr


def test_without_a_store_nothing_is_maintained(db: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "thorbis_ops", "job", "run", "analyze", "--dsn", db]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 3
    assert "without a journal there is no maintenance" in result.stderr
    with psycopg.connect(db) as session:
        found = session.execute("select count(*) from pg_namespace where nspname = 'thorbis_ops'")
        assert found.fetchone() == (0,)
