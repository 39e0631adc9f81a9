"""Builds the estate in an empty database: every file of ``schema/``, or nothing at all.

The files are plain SQL, each loadable with ``psql -f``; here they run in one transaction, so
that a fault in the last one leaves no trace of the first.
"""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from thorbis_ops import content, database
from thorbis_ops.errors import ContentError

# Another load may hold the cluster's catalogue of roles until it commits.
_LOCK_TIMEOUT = 60.0
_STATEMENT_TIMEOUT = 300.0
_CREATE_SCHEMA = re.compile(r"^create schema (\w+)", re.MULTILINE)


def files() -> tuple[Path, ...]:
    """The files of ``schema/`` in the order in which they must be loaded."""
    return tuple(sorted(content.folder("schema").glob("*.sql")))


def schemas() -> tuple[str, ...]:
    """The schemas that the files create, in order."""
    return _created(_read(files()))


async def load(dsn: str, paths: tuple[Path, ...] | None = None) -> None:
    """Load ``paths``, or the shipped files, into the database of the superuser ``dsn``.

    ContentError names file, line and fault, and nothing was loaded; or it says that the
    estate is already there. TargetError: the server cannot be reached.
    """
    scripts = _read(paths or files())
    async with (
        await database.connect(
            dsn,
            application_name="thorbis-ops estate",
            lock_timeout=_LOCK_TIMEOUT,
            statement_timeout=_STATEMENT_TIMEOUT,
            read_only=False,
        ) as connection,
        connection.transaction(),
    ):
        await _refuse_existing(connection, _created(scripts))
        for place, text in scripts.items():
            await _execute(connection, place, text)


def _read(paths: tuple[Path, ...]) -> dict[str, str]:
    return {f"{path.parent.name}/{path.name}": path.read_text(encoding="utf-8") for path in paths}


def _created(scripts: dict[str, str]) -> tuple[str, ...]:
    return tuple(name for text in scripts.values() for name in _CREATE_SCHEMA.findall(text))


async def _refuse_existing(connection: AsyncConnection[TupleRow], wanted: tuple[str, ...]) -> None:
    found = await connection.execute(
        "select nspname from pg_catalog.pg_namespace where nspname = any(%s) order by nspname",
        [list(wanted)],
    )
    if existing := [str(name) for (name,) in await found.fetchall()]:
        raise ContentError(
            f'database "{connection.info.dbname}" already holds {", ".join(existing)}; '
            "load the estate into a new database"
        )


async def _execute(connection: AsyncConnection[TupleRow], place: str, text: str) -> None:
    try:
        await connection.execute(text.encode())
    except psycopg.Error as error:
        raise ContentError(f"{place}{_line(text, error)}: {_fault(error)}") from None


def _line(text: str, error: psycopg.Error) -> str:
    position = error.diag.statement_position
    return f":{text.count(chr(10), 0, int(position) - 1) + 1}" if position else ""


def _fault(error: psycopg.Error) -> str:
    primary = error.diag.message_primary or str(error).strip().partition("\n")[0]
    hint = f" ({error.diag.message_hint})" if error.diag.message_hint else ""
    return f"{primary}{hint}; nothing was loaded"
