"""``thorbis-ops doctor``: what is missing at a target, what that costs, and what cures it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thorbis_ops.cli import options
from thorbis_ops.cli.invocation import invocation
from thorbis_ops.core import diagnosis
from thorbis_ops.core.diagnosis import Diagnosis, Facts, Needs, StoreFacts
from thorbis_ops.core.examination import diagnose
from thorbis_ops.errors import StoreError
from thorbis_ops.model import Answer, Question, Server, Snapshot, Target

if TYPE_CHECKING:
    from rich.table import Table

COLOURS = {"ok": "green", "missing": "bold red", "unknown": "yellow"}
INITIALISE = "thorbis-ops init --apply"
UNREACHED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One target with its diagnoses, or the reason that there are none."""

    target: str
    server: Server | None
    diagnoses: tuple[Diagnosis, ...] = ()
    error: str | None = None

    @property
    def code(self) -> int:
        """The exit code for this target alone."""
        return UNREACHED if self.error else diagnosis.worst(self.diagnoses)


@click.command(
    short_help="Say what is missing and what that costs.",
    epilog="""\b
Examples:
  thorbis-ops doctor --dsn postgresql://monitor@db.internal/thorbis
  thorbis-ops doctor --format json
""",
)
@options.target
@options.dsn
@options.json_or_table
def command(target: str | None, dsn: str | None, form: str) -> int:
    """Look at what thorbis-ops needs of a server, and say what each lack costs.

    Nothing is changed. The exit code is 0 when all is there, 1 when something is missing,
    3 when the target could not be reached or something could not be seen.
    """
    targets = invocation().targets(target, dsn)
    found = asyncio.run(_examine_all(targets, own_dsn=dsn is not None))
    if form == "json":
        _print_json(found)
    else:
        _print_tables(found)
    codes = {examined.code for examined in found}
    return 1 if 1 in codes else max(codes)


async def _examine_all(targets: Sequence[Target], *, own_dsn: bool) -> list[Examined]:
    store = invocation().settings().store
    shared = targets[0].dsn if own_dsn or store.dsn is None else store.dsn
    standing = asyncio.create_task(_store(shared, enabled=store.enabled))
    needs = _needs()
    return list(await asyncio.gather(*(_examine(one, standing, needs) for one in targets)))


async def _examine(target: Target, store: Awaitable[StoreFacts], needs: Needs) -> Examined:
    from thorbis_ops.database import take

    snapshot = await take(target, [_question()], datetime.now(UTC))
    standing = await store
    if snapshot.server is None:
        return Examined(target=target.name, server=None, error=snapshot.error)
    return _judged(snapshot, snapshot.server, standing, needs)


def _judged(snapshot: Snapshot, server: Server, store: StoreFacts, needs: Needs) -> Examined:
    answer = snapshot.answers["doctor"]
    if not isinstance(answer, Answer):
        return Examined(target=snapshot.target, server=server, error=answer.detail)
    (row,) = answer.rows
    values: dict[str, Any] = {name: value for name, value in row.items() if name != "object"}
    found = diagnose(server, Facts(**values), store, needs)
    return Examined(target=snapshot.target, server=server, diagnoses=found)


def _question() -> Question:
    path = Path(__file__).with_suffix(".sql")
    sql = path.read_text(encoding="utf-8")
    return Question(id="doctor", title="What a server has", sql=sql, path=path, facts=True)


async def _store(dsn: str, *, enabled: bool) -> StoreFacts:
    from thorbis_ops.store import examine

    if not enabled:
        return StoreFacts(fault=None, detail="switched off: no history and no maintenance")
    try:
        return StoreFacts(fault=None, detail=await examine(dsn))
    except StoreError as error:
        cure = INITIALISE if INITIALISE in str(error) else ""
        return StoreFacts(fault=str(error), cure=cure)


def _needs() -> Needs:
    """Which checks and jobs need what, from their own headers; a job needs maintenance."""
    from thorbis_ops import content

    settings = invocation().settings()
    needs: dict[str, set[str]] = defaultdict(set)
    for question in content.load_questions(settings.content.checks):
        for need in question.needs:
            needs[need].add(question.id)
    for job in content.load_jobs(settings.content.maintenance):
        for need in (*job.needs, "maintenance"):
            needs[need].add(job.name)
    return needs


def _print_json(found: Sequence[Examined]) -> None:
    from thorbis_ops.render.document import dumps

    documents = [_document(examined) for examined in found]
    whole = documents[0] if len(documents) == 1 else {"version": 1, "targets": documents}
    click.echo(dumps(whole))


def _document(examined: Examined) -> dict[str, Any]:
    server = examined.server
    return {
        "version": 1,
        "target": examined.target,
        "server": server
        and {
            "version": server.version,
            "role": server.role,
            "database": server.database,
            "user": server.user,
        },
        "diagnoses": [asdict(one) for one in examined.diagnoses],
        "error": examined.error,
    }


def _print_tables(found: Sequence[Examined]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    for examined in found:
        if examined.error:
            click.echo(f"thorbis-ops: {examined.target}: {examined.error}", err=True)
            continue
        console.print(Text(_heading(examined), style="bold"))
        console.print(_table(examined.diagnoses))
        _print_cures(examined.diagnoses)


def _heading(examined: Examined) -> str:
    server = examined.server
    if server is None:
        return examined.target
    return (
        f"{examined.target}: PostgreSQL {server.version}, {server.role}, "
        f"database {server.database} as {server.user}"
    )


def _table(found: Sequence[Diagnosis]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("", "what", "how it stands", "what that costs"):
        table.add_column(title, overflow="fold")
    for one in found:
        verdict = Text(one.verdict, style=COLOURS[one.verdict])
        table.add_row(verdict, Text(one.subject), Text(one.detail), Text(_cost(one)))
    return table


def _cost(one: Diagnosis) -> str:
    lost = f"lost: {diagnosis.named(one.lost)}" if one.lost else ""
    return "; ".join(part for part in (one.cost, lost) if part)


def _print_cures(found: Sequence[Diagnosis]) -> None:
    """The commands as lines of their own, unwrapped, to be copied."""
    cures = dict.fromkeys(one.cure for one in found if one.cure)
    if cures:
        click.echo("to cure:")
    for cure in cures:
        click.echo(f"  {cure}")
