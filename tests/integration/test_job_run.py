"""A run does what was planned, once, within its guards, and writes down what became of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.maintenance import NOTES, Bench, bench, noting, outcomes, sql_job
from thorbis_ops import runner
from thorbis_ops.core.guard import Limits
from thorbis_ops.errors import JobError, StoreError
from thorbis_ops.model import Window
from thorbis_ops.runner import execution, running
from thorbis_ops.store import history, lease, open_store, pauses
from thorbis_ops.store.pauses import Pause

__all__ = ["bench"]
NIGHT = Window(opens=60, closes=300)


@pytest.fixture
def notes(bench: Bench) -> Bench:
    bench.execute(*NOTES, "insert into todo values (1), (2), (3)")
    return bench


@pytest.fixture
def watchful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "WATCH_SECONDS", 0.1)
    monkeypatch.setattr(running, "FRESH_SECONDS", 0.1)
    monkeypatch.setattr(running, "LADDER", (0.05,))


def noted(bench: Bench) -> list[int]:
    return [row[0] for row in bench.execute("select id from notes order by id")]


async def test_every_step_is_done_once_and_journalled(notes: Bench, tmp_path: Path) -> None:
    report = await notes.run(noting(tmp_path, parallel=2))
    assert report.outcome == "done"
    assert noted(notes) == [1, 2, 3]
    found = await history.history(notes.store)
    assert [(r.job, r.outcome, r.steps_done, r.steps_total) for r in found.runs] == [
        ("trial", "done", 3, 3)
    ]
    steps = notes.execute("select object, outcome from thorbis_ops.run_steps order by object")
    assert steps == [("note:1", "done"), ("note:2", "done"), ("note:3", "done")]
    again = await notes.run(noting(tmp_path))
    assert again.outcome == "nothing_to_do"
    assert noted(notes) == [1, 2, 3]


async def test_two_runners_at_once_run_a_job_once(notes: Bench, tmp_path: Path) -> None:
    notes.execute("update todo set seconds = 0.2")
    due = datetime.now(UTC)
    orders = [notes.order(noting(tmp_path), by_hand=False, scheduled_at=due) for _ in range(2)]
    async with await open_store(notes.dsn, now=due) as second:
        reports = await asyncio.gather(
            runner.run_job(orders[0], notes.store, owner="one"),
            runner.run_job(orders[1], second, owner="two"),
        )
        late = await runner.run_job(orders[1], second, owner="two")
    assert sorted(r.outcome for r in reports) == ["done", "refused"]
    assert (late.outcome, late.detail) == ("refused", "it was already run for this time")
    assert noted(notes) == [1, 2, 3]
    assert (await history.history(notes.store)).total == 1


async def test_what_the_header_does_not_allow_is_refused_and_never_sent(
    bench: Bench, tmp_path: Path
) -> None:
    bench.execute("create table victim (a int)")
    rows = """
      select 'table:victim' as object, 'run' as decision, 'drop table victim' as statement
      union all select 'table:other', 'run', '/* analyze */ drop table victim'
    """
    report = await bench.run(sql_job(tmp_path, rows, commands=("ANALYZE",)))
    assert report.outcome == "refused"
    assert [r.object for r in report.plan.refused] == ["table:victim", "table:other"]
    assert report.plan.steps == ()
    assert bench.value("select count(*) from pg_class where relname = 'victim'") == 1


async def test_a_second_statement_is_refused_by_the_server(bench: Bench, tmp_path: Path) -> None:
    bench.execute("create table victim (a int)")
    rows = "select 'x' as object, 'run' as decision, 'select 1; drop table victim' as statement"
    report = await bench.run(sql_job(tmp_path, rows))
    assert outcomes(report) == {"x": "failed"}
    assert bench.value("select count(*) from pg_class where relname = 'victim'") == 1


async def test_a_warning_is_a_failure(bench: Bench, tmp_path: Path) -> None:
    rows = """select 'x' as object, 'run' as decision,
      'do $$ begin raise warning ''skipped it''; end $$' as statement"""
    report = await bench.run(sql_job(tmp_path, rows, commands=("DO",)))
    assert report.outcome == "failed"
    assert "skipped it" in report.detail


async def test_success_that_the_catalogue_does_not_show_is_a_failure(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "VERIFY_SECONDS", 0.1)
    rows = """select 'x' as object, 'run' as decision, 'select 1' as statement,
      'select false' as verify"""
    report = await bench.run(sql_job(tmp_path, rows))
    assert outcomes(report) == {"x": "failed"}


async def test_values_of_the_users_data_do_not_reach_the_journal(
    bench: Bench, tmp_path: Path
) -> None:
    bench.execute("create table secret (a text primary key)", "insert into secret values ('4711')")
    rows = """select 'x' as object, 'run' as decision,
      'insert into secret select a from secret' as statement"""
    report = await bench.run(sql_job(tmp_path, rows, commands=("INSERT",)))
    assert report.outcome == "failed"
    assert "23505" in report.detail
    assert "4711" not in report.detail


async def test_a_guard_stops_with_its_reason_before_anything_is_sent(
    notes: Bench, tmp_path: Path
) -> None:
    greedy = Limits(free_bytes=2**60)
    report = await notes.run(noting(tmp_path, guards=("disk",)), limits=greedy)
    assert set(outcomes(report).values()) == {"guard"}
    assert "needed" in report.detail
    assert noted(notes) == []
    plan = await notes.plan(noting(tmp_path, guards=("disk",)), limits=greedy)
    assert [g.verdict for g in plan.steps[0].guards if g.guard == "disk"] == ["stop"]


async def test_a_long_transaction_makes_it_wait_and_then_give_way(
    notes: Bench, tmp_path: Path
) -> None:
    nervous = Limits(long_transaction_seconds=0.0)
    with psycopg.connect(notes.dsn) as other:
        other.execute("select 1")
        report = await notes.run(noting(tmp_path, guards=("long_transaction",)), limits=nervous)
    assert report.outcome == "guard"
    assert "s old" in report.detail


async def test_a_pause_holds_it_back_with_the_words_of_whom_it_was(
    notes: Bench, tmp_path: Path
) -> None:
    now = datetime.now(UTC) - timedelta(seconds=1)
    held = Pause(job="trial", paused_by="ops", reason="release day", paused_at=now)
    await pauses.pause(notes.store, held)
    report = await notes.run(noting(tmp_path))
    assert report.outcome == "guard"
    assert "paused by ops: release day" in report.detail
    await pauses.resume(notes.store, "trial")
    assert (await notes.run(noting(tmp_path))).outcome == "done"


async def test_a_closed_window_leaves_everything_for_later(notes: Bench, tmp_path: Path) -> None:
    noon = datetime(2026, 1, 15, 12, tzinfo=UTC)
    report = await notes.run(noting(tmp_path, window=NIGHT), at=noon)
    assert set(outcomes(report).values()) == {"window_closed"}
    assert noted(notes) == []
    assert (await notes.run(noting(tmp_path, window=NIGHT))).outcome == "done"


@pytest.mark.usefixtures("watchful")
async def test_the_window_closes_on_a_statement_and_the_rest_is_carried_over(
    notes: Bench, tmp_path: Path
) -> None:
    notes.execute("update todo set seconds = 30 where id = 2")
    nearly_five = datetime(2026, 1, 15, 4, 59, 59, tzinfo=UTC)
    report = await notes.run(noting(tmp_path, window=NIGHT), at=nearly_five)
    assert outcomes(report) == {
        "note:1": "done", "note:2": "window_closed", "note:3": "window_closed",
    }  # fmt: skip
    assert noted(notes) == [1]
    busy = "select count(*) from pg_stat_activity where query like 'insert into public.notes%'"
    assert notes.value(f"{busy} and state = 'active' and datname = current_database()") == 0
    notes.execute("update todo set seconds = 0")
    rest = await notes.run(noting(tmp_path, window=NIGHT), at=nearly_five - timedelta(hours=1))
    assert outcomes(rest) == {"note:2": "done", "note:3": "done"}


@pytest.mark.usefixtures("watchful")
async def test_a_lock_held_by_another_costs_nobody_more_than_the_timeout(
    notes: Bench, tmp_path: Path
) -> None:
    notes.execute("update todo set id = 10 where id = 1")
    job = noting(tmp_path, lock_timeout=0.2)
    with psycopg.connect(notes.dsn) as other:
        other.execute("lock table notes in share mode")
        running_job = asyncio.create_task(notes.run(job))
        slowest = 0.0
        while not running_job.done():
            began = asyncio.get_running_loop().time()
            await asyncio.to_thread(notes.execute, "select count(*) from notes")
            slowest = max(slowest, asyncio.get_running_loop().time() - began)
    report = await running_job
    assert set(outcomes(report).values()) == {"guard"}
    assert "no lock within 0.2 s" in report.detail
    assert slowest < 1.0
    assert (await notes.run(job)).outcome == "done"


async def test_the_plan_is_made_anew_so_that_the_work_of_others_is_not_repeated(
    notes: Bench, tmp_path: Path
) -> None:
    notes.execute(
        "create function others() returns trigger language plpgsql as "
        "$$ begin delete from todo where id = 3; return null; end $$",
        "create trigger others after insert on notes execute function others()",
    )
    report = await notes.run(noting(tmp_path))
    assert outcomes(report) == {"note:1": "done", "note:2": "done", "note:3": "nothing_to_do"}


async def test_a_runner_whose_lease_passed_on_writes_nothing(notes: Bench, tmp_path: Path) -> None:
    held = await lease.acquire(notes.store, "daemon", "old", timedelta(seconds=0.01))
    assert held is not None
    await asyncio.sleep(0.02)
    assert await lease.acquire(notes.store, "daemon", "new", timedelta(minutes=1)) is not None
    with pytest.raises(StoreError, match="no longer held"):
        await runner.run_job(notes.order(noting(tmp_path)), notes.store, owner="old", lease=held)
    assert noted(notes) == []
    assert (await history.history(notes.store)).total == 0


async def test_how_long_it_took_predicts_what_would_overrun_the_window(
    notes: Bench, tmp_path: Path
) -> None:
    notes.execute("update todo set seconds = 2.5 where id = 1")
    job = noting(tmp_path, window=NIGHT)
    early = datetime(2026, 1, 15, 2, tzinfo=UTC)
    assert (await notes.run(job, at=early)).outcome == "done"
    notes.execute("truncate notes")
    report = await notes.run(job, at=datetime(2026, 1, 15, 4, 59, 58, tzinfo=UTC))
    assert outcomes(report) == {
        "note:1": "window_closed", "note:2": "done", "note:3": "done",
    }  # fmt: skip
    assert "before" in report.detail


async def test_a_job_whose_needs_are_not_met_says_which(bench: Bench, tmp_path: Path) -> None:
    job = noting(tmp_path, needs=("extension:imaginary",))
    with pytest.raises(JobError, match="create extension imaginary"):
        await bench.run(job)
    assert (await history.history(bench.store)).total == 0


async def test_a_plan_that_the_server_refuses_fails_and_is_not_tried_again(
    bench: Bench, tmp_path: Path
) -> None:
    with pytest.raises(JobError, match="does not exist"):
        await bench.run(noting(tmp_path))
    runs = (await history.history(bench.store)).runs
    assert [r.outcome for r in runs] == ["failed"]
