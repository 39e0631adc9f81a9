"""Every question loads, runs everywhere, tells the truth about what it could not see, and is
silent on a database that is in order."""

import asyncio
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import temporary_database
from tests.content.asking import Asker, asker, questions, run, variant
from thorbis_ops import content, server
from thorbis_ops.metrics import exposition
from thorbis_ops.model import Answer, Question, Unanswered

FILES = [q.path for q in questions()]
FUNCTION = re.compile(r"(?<![.\w])([a-z_]+)\((?!\s*(?:select|values)\b)")
#: Words of the grammar, and the names that a statement gives to rows, that stand before a "(".
WORDS = frozenset(
    {"as", "and", "or", "not", "in", "any", "all", "exists", "coalesce", "nullif", "greatest"}
    | {"least", "extract", "values", "over", "filter", "substring", "row", "when", "then", "from"}
    | {"on", "where", "select", "array", "bit", "numeric", "materialized", "by", "lateral", "else"}
)
#: What is true of the test servers and of no fault in the estate.
KNOWN = {
    "backup.archive_mode": {"setting:archive_mode"},
    "security.row_security_fixes": {"setting:server_version"},
    "settings.dangerous": {"setting:fsync"},
}


def ids(path: Path) -> str:
    return f"{path.parent.name}.{path.stem}"


def statement(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("*/")[2]


@pytest.fixture(scope="module")
def empty(pg: server.RunningServer) -> Iterator[str]:
    with temporary_database(pg) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def estate(pg: server.RunningServer, estate_template) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """The estate, for tests that only read it."""
    with temporary_database(pg, estate_template(pg)) as dsn:
        run(dsn, "create role plain_reader login")
        try:
            yield dsn
        finally:
            run(dsn, "drop role plain_reader")


def test_the_promised_breadth() -> None:
    ids_of = {q.id for q in questions()}
    assert len(ids_of) >= 35
    assert len({q.area for q in questions()}) >= 10


@pytest.mark.parametrize("question", questions(), ids=lambda q: ids(q.path))
def test_header_says_why_and_how_to_cure(question: Question) -> None:
    assert question.why
    assert question.title[0].isupper()
    assert not question.title.endswith(".")
    judged = bool(question.thresholds) or question.severity is not None
    assert bool(question.fix) == judged, "what is judged says how to cure it, the rest does not"
    assert question.unit or not question.thresholds
    assert not [m.name for m in question.metrics if exposition.fault(m)]


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_functions_are_qualified(path: Path) -> None:
    """A function that somebody put into an earlier schema is never called instead."""
    text = re.sub(r"'(?:[^']|'')*'|--.*", "''", statement(path))
    named = {*re.findall(r"(?:with|,|as|recursive)\s+([a-z_]+)\s*\([a-z_, ]+\)", text)}
    bare = {name for name in FUNCTION.findall(text) if name not in WORDS | named}
    assert not bare


async def test_rows_come_in_a_fixed_order(estate: str) -> None:
    """Whatever may have several rows ends in an order."""
    async with asker(estate) as at:
        for question in at.suited():
            if not re.search(r"order by [^()]*$", question.sql):
                answer = await at.ask(question)
                assert isinstance(answer, Answer)
                assert len(answer.rows) <= 1, question.id


def test_tenancy_is_the_same_everywhere() -> None:
    block = re.compile(r"-- tenancy:.*?(?=,?\n-- end of tenancy)", re.DOTALL)
    users = [p for p in FILES if "-- tenancy:" in statement(p)]
    assert len(users) > 10
    assert len({block.findall(statement(p))[0] for p in users}) == 1


async def test_columns_are_there(empty: str) -> None:
    """What a header promises as object, value, metric or label is a column of the answer."""
    async with asker(empty) as at:
        for question in at.suited():
            if asker_unmet(at, question):
                continue
            async with at.connection.cursor() as cursor:
                await cursor.execute(question.sql.encode())
                assert cursor.description is not None
                columns = [column.name for column in cursor.description]
            assert columns[0] == "object", question.id
            promised = {"value"} if question.thresholds else set()
            for metric in question.metrics:
                promised |= {metric.value, *metric.labels}
            assert promised <= set(columns), question.id
            assert len(set(columns)) == len(columns), question.id


def asker_unmet(at: Asker, question: Question) -> bool:
    return any(n.startswith("extension:") for n in question.needs)


async def everything(at: Asker) -> dict[str, Answer | Unanswered]:
    return {q.id: await at.ask(q) for q in at.suited()}


def unanswered(answers: dict[str, Answer | Unanswered]) -> dict[str, str]:
    return {k: f"{a.reason}: {a.detail}" for k, a in answers.items() if isinstance(a, Unanswered)}


async def test_runs_on_an_empty_database(empty: str) -> None:
    async with asker(empty) as at:
        assert unanswered(await everything(at)) == {}


async def test_silent_on_the_estate(estate: str) -> None:
    async with asker(estate) as at:
        found = [f for q in at.suited() for f in await at.findings(q)]
    unexpected = [f for f in found if f.object not in KNOWN.get(f.check, set())]
    assert not unexpected


def test_runs_under_psql(pg: server.RunningServer, estate: str) -> None:
    """Each file as it lies there, by somebody whose search_path is not ours."""
    found = content.for_version(questions(), pg.major)
    files = [argument for q in found for argument in ("-f", str(q.path))]
    done = subprocess.run(
        [
            "psql",
            "-XqAt",
            "-v",
            "ON_ERROR_STOP=1",
            "-d",
            estate,
            "-c",
            "set search_path = hs",
            *files,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not done.stderr
    assert done.returncode == 0


#: What differs between two askings a moment apart, or says who is asking.
VOLATILE = frozenset({"vacuum.horizon"})


def objects(answer: Answer) -> set[tuple[object, object]]:
    return {(row["object"], row.get("severity")) for row in answer.rows}


@pytest.mark.parametrize("role", ["thorbis_ops_monitor", "plain_reader"])
async def test_no_privilege_never_looks_like_health(estate: str, role: str) -> None:
    """With fewer rights a question sees the same, or says that it does not."""
    async with asker(estate) as at:
        whole = await everything(at)
    async with asker(estate, user=role) as at:
        assert at.server.user == role
        partial = await everything(at)
    assert set(partial) == set(whole)
    for name, answer in partial.items():
        full = whole[name]
        if isinstance(answer, Answer) and isinstance(full, Answer) and name not in VOLATILE:
            unread = [r for r in answer.rows if "without the privilege" in str(r.get("detail"))]
            assert unread or objects(full) <= objects(answer), name
    expected = set() if role == "thorbis_ops_monitor" else set(unanswered(partial))
    assert {n for n, a in partial.items() if isinstance(a, Unanswered)} == expected
    reasons = {a.reason for a in partial.values() if isinstance(a, Unanswered)}
    assert reasons == ({"privilege"} if expected else set())


async def test_a_question_never_waits_for_a_lock(estate: str) -> None:
    """One table is locked, for another a lock is queued, a sequence is being altered."""
    with (
        psycopg.connect(estate) as holder,
        psycopg.connect(estate, autocommit=True) as waiter,
    ):
        holder.execute("lock table hs.jobs, hs.job_events in access exclusive mode")
        holder.execute("select from hs.invoices limit 1")
        holder.execute("alter sequence tenant_mgmt.outbox_messages_position_seq increment 1")
        waiting = asyncio.create_task(asyncio.to_thread(_wait_for_invoices, waiter))
        async with asker(estate, lock_timeout=0.1) as at:
            await _until_somebody_waits(at)
            began = time.perf_counter()
            answers = await everything(at)
            seconds = time.perf_counter() - began
            unread = await at.findings(variant("schema.sequences", at.server.major))
        waiter.cancel()
        await waiting
        holder.rollback()
    assert not unanswered(answers)
    assert seconds < 2
    assert "1 being altered" in unread[0].detail


def _wait_for_invoices(connection: "psycopg.Connection[object]") -> None:
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute("do 'begin lock table hs.invoices in access exclusive mode; end'")


async def _until_somebody_waits(at: Asker) -> None:
    async with asyncio.timeout(5):
        while True:
            cursor = await at.connection.execute("select from pg_locks where not granted")
            if cursor.rowcount:
                return
            await asyncio.sleep(0.02)


def test_variants_are_for_other_versions() -> None:
    """14 to 18 each have one variant of every question; the loader refuses anything else."""
    for major in range(14, 19):
        names = [q.id for q in content.for_version(questions(), major)]
        assert len(names) == len(set(names))
        assert set(names) == {q.id for q in questions()}
        assert variant("storage.checkpoints", major)
