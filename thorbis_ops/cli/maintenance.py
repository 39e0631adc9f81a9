"""Plans, runs and their history, as the JSON of the contract and as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from thorbis_ops.model import Considered, Job, Plan, Run, Step, Window
from thorbis_ops.render.document import VERSION, rfc3339
from thorbis_ops.runner import Report, StepResult
from thorbis_ops.store.history import History

_COLOURS = {
    "done": "green", "run": "green", "nothing_to_do": "dim", "leave": "dim", "failed": "red",
    "refused": "red", "interrupted": "red", "guard": "yellow", "window_closed": "yellow",
}  # fmt: skip
LEFT_SHOWN = 10


def plan(found: Plan) -> dict[str, Any]:
    """A plan as the contract's object."""
    return {
        "job": found.job,
        "at": rfc3339(found.at),
        "considered": [_considered(c) for c in found.considered],
        "steps": [_step(s) for s in found.steps],
        "refused": [{"object": r.object, "reason": r.reason} for r in found.refused],
    }


def report(found: Report) -> dict[str, Any]:
    """A run as the contract's object: its plan, with the outcome of each step."""
    return {
        **plan(found.plan),
        "steps": [_result(r) for r in found.results],
        "outcome": found.outcome,
        "detail": found.detail,
        "run": found.run,
    }


def _considered(found: Considered) -> dict[str, Any]:
    return {
        "object": found.object,
        "value": found.value,
        "unit": found.unit,
        "decision": found.decision,
        "reason": found.reason,
    }


def _step(found: Step) -> dict[str, Any]:
    return {
        "object": found.object,
        "statements": list(found.statements),
        "reason": found.reason,
        "weight_bytes": found.weight_bytes,
        "predicted_seconds": found.predicted_seconds,
        "guards": [
            {"guard": g.guard, "verdict": g.verdict, "detail": g.detail} for g in found.guards
        ],
    }


def _result(found: StepResult) -> dict[str, Any]:
    return {
        **_step(found.step),
        "outcome": found.outcome,
        "detail": found.detail,
        "seconds": None if found.seconds is None else round(found.seconds, 3),
    }


def history(found: History) -> dict[str, Any]:
    """The newest runs, with the number of all there are."""
    return {"version": VERSION, "total": found.total, "runs": [run(r) for r in found.runs]}


def run(found: Run) -> dict[str, Any]:
    """One journalled run."""
    duration = found.duration
    return {
        "job": found.job,
        "target": found.target,
        "scheduled_at": rfc3339(found.scheduled_at),
        "attempt": found.attempt,
        "started_at": rfc3339(found.started_at),
        "finished_at": rfc3339(found.finished_at) if found.finished_at else None,
        "duration_seconds": None if duration is None else round(duration.total_seconds(), 3),
        "outcome": found.outcome,
        "detail": found.detail,
        "steps_done": found.steps_done,
        "steps_total": found.steps_total,
    }


def jobs(found: Iterable[tuple[Job, datetime | None]]) -> dict[str, Any]:
    """The jobs and when each is next due."""
    return {"version": VERSION, "jobs": [_job(job, following) for job, following in found]}


def _job(job: Job, following: datetime | None) -> dict[str, Any]:
    return {
        "job": job.name,
        "title": job.title,
        "schedule": job.schedule,
        "window": window(job.window),
        "next_run_at": rfc3339(following) if following else None,
        "commands": list(job.commands),
        "guards": list(job.guards),
        "parallel": job.parallel,
    }


def window(found: Window | None) -> str | None:
    """A window as its header writes it: 01:00-05:00."""
    if found is None:
        return None
    return "-".join(f"{m // 60:02}:{m % 60:02}" for m in (found.opens, found.closes))


def show_plan(console: Console, found: Plan) -> None:
    """A plan for a reader: what would be done, what is left alone, what is refused."""
    console.print(f"[bold]{escape(found.job)}[/] as of {rfc3339(found.at)}")
    _show_steps(console, [(s, "run", "; ".join(_held(s))) for s in found.steps])
    _show_rest(console, found)


def show_report(console: Console, found: Report) -> None:
    """A run for a reader."""
    console.print(f"[bold]{escape(found.plan.job)}[/] {_coloured(found.outcome)}", found.detail)
    _show_steps(console, [(r.step, r.outcome, r.detail) for r in found.results])
    _show_rest(console, found.plan)


def _held(step: Step) -> list[str]:
    return [f"{g.verdict}: {g.detail}" for g in step.guards if g.verdict != "go"]


def _show_steps(console: Console, steps: Sequence[tuple[Step, str, str]]) -> None:
    for step, word, detail in steps:
        console.print(f"  {_coloured(word)} {escape(step.object)}  [dim]{escape(step.reason)}[/]")
        for statement in step.statements:
            console.print(f"      {escape(statement)}", highlight=False)
        if detail:
            console.print(f"      [yellow]{escape(detail)}[/]")


def _show_rest(console: Console, found: Plan) -> None:
    for refused in found.refused:
        console.print(f"  [red]refused[/] {escape(refused.object)}  {escape(refused.reason)}")
    left = [c for c in found.considered if c.decision == "leave"]
    for one in left[:LEFT_SHOWN]:
        console.print(f"  [dim]leave   {escape(one.object)}  {escape(one.reason)}[/]")
    if len(left) > LEFT_SHOWN:
        console.print(f"  [dim]… and {len(left) - LEFT_SHOWN} more of {len(left)} left alone[/]")


def show_jobs(console: Console, found: Iterable[tuple[Job, datetime | None]]) -> None:
    """The jobs as a table."""
    table = _table("job", "schedule", "window", "next", "what it does")
    for job, following in found:
        when = rfc3339(following) if following else "never"
        table.add_row(job.name, job.schedule, window(job.window) or "any time", when, job.title)
    console.print(table)


def show_history(console: Console, found: History) -> None:
    """The newest runs as a table, and how many it leaves out."""
    table = _table("job", "target", "for", "took", "outcome", "steps", "detail")
    for one in found.runs:
        took = f"{one.duration.total_seconds():.1f} s" if one.duration else "at work"
        table.add_row(
            one.job, one.target, f"{one.scheduled_at:%m-%d %H:%MZ}", took,
            _coloured(one.outcome or "at work"), f"{one.steps_done}/{one.steps_total}",
            escape(one.detail),
        )  # fmt: skip
    console.print(table)
    console.print(f"[dim]{len(found.runs)} of {found.total} runs[/]")


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in ("job", "for", "took"))
    return table


def _coloured(word: str, colours: Mapping[str, str] = _COLOURS) -> str:
    return f"[{colours.get(word, 'bold')}]{word:<7}[/]"
