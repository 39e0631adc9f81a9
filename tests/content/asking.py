"""Asks the questions of ``checks/`` as the daemon would, and plants what they should find."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from thorbis_ops import content, database
from thorbis_ops.core import judge
from thorbis_ops.database import asking
from thorbis_ops.model import Answer, Finding, Question, Server, Severity, Unanswered


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault planted in SQL: found as this object and severity, and gone once it is healed.

    ``before`` is the sound state. ``heal`` stands in for the finding's own fix, where that is
    not SQL or wants a human's decision. ``thresholds`` replace those that cannot be waited for,
    ``instead`` a passage of the statement. ``milder`` is the severity from 16 on, if another.
    """

    check: str
    bad: str
    object: str
    severity: Severity
    before: str = ""
    heal: str | None = None
    thresholds: Mapping[Severity, float] | None = None
    instead: Mapping[str, str] = field(default_factory=dict)
    milder: Severity | None = None
    tenancy: Mapping[str, str] = field(default_factory=dict)

    def expected(self, major: int) -> Severity:
        """The severity on a server of this version."""
        return self.milder if self.milder is not None and major >= 16 else self.severity


@cache
def questions() -> tuple[Question, ...]:
    """All that are SQL."""
    return tuple(q for q in content.load_questions() if q.compute is None)


def variant(check: str, major: int) -> Question:
    """The question ``check`` as it is asked of this version."""
    return next(q for q in content.for_version(questions(), major) if q.id == check)


class Asker:
    """One connection, and what is known of the server behind it."""

    def __init__(self, connection: AsyncConnection[TupleRow], server: Server) -> None:
        self.connection = connection
        self.server = server

    def suited(self) -> list[Question]:
        """The questions that are for a server of this version and role."""
        found = content.for_version(questions(), self.server.major)
        return [q for q in found if asking.applies(q, self.server)]

    async def ask(self, question: Question) -> Answer | Unanswered:
        now = datetime.now(UTC)
        unmet = asking.unmet(question, self.server)
        if unmet is None:
            return await asking.ask(self.connection, question, now, timeout=10)
        reason, detail = unmet
        return Unanswered(
            question=question.id, reason=reason, detail=detail, seconds=0.0, taken_at=now
        )

    async def findings(self, question: Question) -> list[Finding]:
        answer = await self.ask(question)
        assert isinstance(answer, Answer), answer
        return judge.findings("test", question, answer)

    async def case(self, case: Case) -> dict[str, Finding]:
        """The findings of a case's question, by object."""
        question = variant(case.check, self.server.major)
        sql = question.sql
        for passage, other in case.instead.items():
            assert passage in sql, passage
            sql = sql.replace(passage, other)
        thresholds = question.thresholds if case.thresholds is None else case.thresholds
        found = await self.findings(replace(question, sql=sql, thresholds=thresholds))
        return {f.object: f for f in found}


@contextlib.asynccontextmanager
async def asker(
    dsn: str, *, user: str = "", lock_timeout: float = 1.0, tenancy: Mapping[str, str] | None = None
) -> AsyncIterator[Asker]:
    """An asker at ``dsn``; ``tenancy`` are its parameters, as configuration would give them.

    ``user`` is taken on after connecting, so that a test's role needs no password.
    """
    settings = {f"thorbis.{name}": value for name, value in (tenancy or {}).items()}
    connection = await database.connect(dsn, lock_timeout=lock_timeout, settings=settings)
    try:
        if user:
            await connection.execute(f"set session authorization {user}".encode())
        yield Asker(connection, await database.discover(connection))
    finally:
        await connection.close()


def run(dsn: str, script: str) -> None:
    """Executes statements one by one: several of them refuse to run inside a transaction."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in filter(None, map(str.strip, script.split(";\n"))):
            connection.execute(statement.encode())


_NAMES = {
    "schema": "select nspname from pg_namespace where nspname !~ '^pg_|^information_schema$'",
    "publication": "select pubname from pg_publication",
    "role": "select rolname from pg_roles where rolname !~ '^pg_' order by oid desc",
}


@contextlib.contextmanager
def swept(dsn: str) -> Iterator[None]:
    """Afterwards the database is empty again, and no role is left that was not there before."""
    before = _names(dsn, "role")
    try:
        yield
    finally:
        made = [role for role in _names(dsn, "role") if role not in before]
        run(
            dsn,
            ";\n".join(
                [
                    *(f"drop publication {name}" for name in _names(dsn, "publication")),
                    *(f"drop schema {name} cascade" for name in _names(dsn, "schema")),
                    "create schema public",
                    "alter role all reset all",
                    *(f"drop owned by {role} cascade" for role in made),
                    *(f"drop role {role}" for role in made),
                ]
            ),
        )


def _names(dsn: str, kind: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            f"select quote_ident(name) from ({_NAMES[kind]}) as n (name)".encode()
        )
        return [str(row[0]) for row in rows]
