"""``thorbis-ops job`` as scripts rely on it: one document, true exit codes, one-line errors."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.commands import thorbis_ops
from tests.maintenance import Bench, bench

__all__ = ["bench"]
NIGHT = "2026-01-15T02:00:00Z"
NOON = "2026-01-15T12:00:00Z"


def asked(*arguments: str) -> tuple[int, dict[str, Any]]:
    done = thorbis_ops("job", *arguments, "--format", "json")
    return done.returncode, json.loads(done.stdout)


@pytest.fixture
def stale(bench: Bench) -> Bench:
    # Autovacuum must not be quicker than the job.
    bench.execute(
        "create table t with (autovacuum_enabled = off) as select g from generate_series(1, 1000) g"
    )
    return bench


def test_the_list_shows_daily_weekly_and_monthly_jobs() -> None:
    code, document = asked("list")
    jobs = {job["job"]: job for job in document["jobs"]}
    assert code == 0
    assert {
        "analyze", "reindex", "partitions_create", "partitions_retire", "backup_verify",
        "security_review",
    } <= set(jobs)  # fmt: skip
    assert (jobs["analyze"]["schedule"], jobs["analyze"]["window"]) == ("30 1 * * *", "01:00-05:00")
    weekly = [j for j in jobs.values() if j["schedule"].split()[4] != "*"]
    monthly = [j for j in jobs.values() if j["schedule"].split()[2] != "*"]
    assert weekly
    assert monthly
    assert all(job["next_run_at"] for job in jobs.values())


def test_a_plan_is_as_the_contract_writes_it(stale: Bench) -> None:
    code, plan = asked("plan", "analyze", "--dsn", stale.dsn, "--at", NIGHT)
    assert code == 0
    assert (plan["job"], plan["at"][:13]) == ("analyze", NIGHT[:13])
    shown = next(c for c in plan["considered"] if c["object"] == "table:public.t")
    assert set(shown) >= {"object", "value", "unit", "decision", "reason"}
    step = next(s for s in plan["steps"] if s["object"] == "table:public.t")
    assert step["statements"] == ["analyze (skip_locked) public.t"]
    assert step["predicted_seconds"] is None
    assert {"guard", "verdict", "detail"} == set(step["guards"][0])
    assert plan["refused"] == []
    assert stale.value("select count(*) from thorbis_ops.runs") == 0


def test_a_run_prints_the_plan_with_outcomes_and_history_remembers(stale: Bench) -> None:
    code, report = asked("run", "analyze", "--dsn", stale.dsn)
    assert (code, report["outcome"]) == (0, "done")
    step = next(s for s in report["steps"] if s["object"] == "table:public.t")
    assert step["outcome"] == "done"
    assert {"considered", "refused", "job", "at"} <= set(report)
    code, past = asked("history", "--dsn", stale.dsn)
    assert (code, past["total"]) == (0, 1)
    assert past["runs"][0]["outcome"] == "done"
    assert past["runs"][0]["duration_seconds"] >= 0
    for command in ("plan", "run"):
        assert thorbis_ops("job", command, "analyze", "--dsn", stale.dsn).returncode == 0
    assert "of 2 runs" in thorbis_ops("job", "history", "--dsn", stale.dsn).stdout


def test_as_if_it_were_then_the_window_binds_and_now_by_hand_it_does_not(stale: Bench) -> None:
    code, report = asked("run", "analyze", "--dsn", stale.dsn, "--at", NOON)
    assert (code, report["outcome"]) == (1, "window_closed")
    assert {s["outcome"] for s in report["steps"]} == {"window_closed"}
    code, report = asked("run", "analyze", "--dsn", stale.dsn, "--at", NIGHT)
    assert (code, report["outcome"]) == (0, "done")


def test_a_pause_holds_runs_back_until_resumed(stale: Bench) -> None:
    held = thorbis_ops("job", "pause", "--dsn", stale.dsn, "--reason", "release day")
    assert held.returncode == 0, held.stderr
    code, report = asked("run", "analyze", "--dsn", stale.dsn)
    assert (code, report["outcome"]) == (1, "guard")
    assert "release day" in report["detail"]
    assert "resumed" in thorbis_ops("job", "resume", "--dsn", stale.dsn).stdout
    assert "was not paused" in thorbis_ops("job", "resume", "--dsn", stale.dsn).stdout
    assert asked("run", "analyze", "--dsn", stale.dsn)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["plan", "analyse"], 2, 'there is no job "analyse"'),
        (["plan", "analyze", "--at", "yesterday"], 2, "is not a time"),
        (["pause", "--until", "2020-01-01"], 2, "has passed"),
        (["run", "analyze", "--target", "nowhere"], 2, "--dsn"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, arguments: list[str], code: int, says: str
) -> None:
    dsn = [] if "--target" in arguments else ["--dsn", "host=/nonexistent dbname=x"]
    done = thorbis_ops("job", *arguments, *dsn)
    assert done.returncode == code
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_plan_needs_no_store_and_says_so(db: str) -> None:
    done = thorbis_ops("job", "plan", "analyze", "--dsn", db, "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["job"] == "analyze"
    assert "planned without the past" in done.stderr


def test_the_configuration_bends_jobs_and_declares_partitions(stale: Bench, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    stale.execute("create table logs (at date) partition by range (at)")
    config.write_text(
        f"""
        [[targets]]
        name = "main"
        dsn = "{stale.dsn}"
        [jobs.analyze]
        window = "11:00-13:00"
        [jobs.analyze.settings]
        percent = 99
        [[partitions]]
        table = "public.logs"
        period = "day"
        create_ahead = 1
        """,
        encoding="utf-8",
    )
    options = ("--config", str(config), "job")
    noon = thorbis_ops(*options, "run", "analyze", "--at", NOON, "--format", "json")
    assert json.loads(noon.stdout)["outcome"] == "done"
    made = thorbis_ops(*options, "run", "partitions_create", "--at", NOON, "--format", "json")
    assert [s["object"] for s in json.loads(made.stdout)["steps"]] == [
        "table:public.logs_2026_01_15",
        "table:public.logs_2026_01_16",
    ]
    past = thorbis_ops(*options, "history", "--target", "main", "--format", "json")
    assert {r["target"] for r in json.loads(past.stdout)["runs"]} == {"main"}
