"""What a server says of itself when we first meet it: version, role, rights, extensions."""

from __future__ import annotations

from importlib.resources import files

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, dict_row

from thorbis_ops.database.connection import describe
from thorbis_ops.deadline import deadline
from thorbis_ops.errors import TargetError
from thorbis_ops.model import Server

DEADLINE = 10.0
OLDEST, NEWEST = 140000, 189999
_SQL = (files("thorbis_ops") / "database" / "discover.sql").read_text(encoding="utf-8")


async def discover(connection: AsyncConnection[TupleRow]) -> Server:
    """The server behind a connection; TargetError for a version that is not supported."""
    try:
        with deadline(connection, DEADLINE):
            async with connection.cursor(row_factory=dict_row) as cursor:
                await cursor.execute(_SQL)
                row = await cursor.fetchone()
    except psycopg.Error as error:
        raise TargetError(f"the server cannot be discovered: {describe(error)}") from None
    assert row is not None, "a select without from gives one row"  # noqa: S101
    if not OLDEST <= row["version_num"] <= NEWEST:
        raise TargetError(f"PostgreSQL {row['version']} is not supported; 14 to 18 are")
    return Server(
        version_num=row["version_num"],
        version=row["version"],
        role="replica" if row["in_recovery"] else "primary",
        database=row["database"],
        user=row["user"],
        superuser=row["superuser"],
        system_identifier=row["system_identifier"],
        started_at=row["started_at"],
        extensions=row["extensions"],
        settings=row["settings"],
        memberships=frozenset(row["memberships"]),
    )
