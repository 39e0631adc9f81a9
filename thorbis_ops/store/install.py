"""Looks at a database for `init`, and applies what the plan says; nothing else is decided."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from importlib.resources import files
from typing import Any

import psycopg

from thorbis_ops.deadline import deadline
from thorbis_ops.errors import StoreError
from thorbis_ops.store.connection import Connection, connect
from thorbis_ops.store.faults import first_line
from thorbis_ops.store.migrate import MIGRATION_SECONDS, require_ours, schema_state
from thorbis_ops.store.provision import Provision, RoleFound, Survey

_SURVEY = (files("thorbis_ops.store") / "survey.sql").read_text(encoding="utf-8")


@contextlib.asynccontextmanager
async def installation(dsn: str) -> AsyncIterator[Connection]:
    """A session for looking and applying; closed at the end."""
    connection = await connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def survey(connection: Connection) -> Survey:
    """What stands in this database; StoreError on a replica or a schema that is not ours."""
    try:
        with deadline(connection, MIGRATION_SECONDS):
            found = await connection.execute(_SURVEY.encode())
            row = await found.fetchone()
            assert row is not None, "the current database is always there"  # noqa: S101
            state = await schema_state(connection)
    except psycopg.Error as error:
        raise StoreError(f"cannot see what is there: {first_line(error)}") from error
    if row.pop("replica"):
        raise StoreError("this server is a replica and takes no changes; name its primary")
    require_ours(state)
    return Survey(**_typed(row), state=state)


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    roles = {
        name: RoleFound(
            login=role["login"], superuser=role["superuser"], settings=frozenset(role["settings"])
        )
        for name, role in row["roles"].items()
    }
    pairs = frozenset((member, group) for member, group in row["memberships"])
    lists = ("owners", "closed_extension_schemas", "strangers")
    return {
        **row,
        **{name: tuple(row[name]) for name in lists},
        "roles": roles,
        "memberships": pairs,
        "connectable": frozenset(row["connectable"]),
    }


async def apply(
    connection: Connection, steps: Iterable[Provision], done: Callable[[str], None]
) -> None:
    """Runs each step whole or not at all; StoreError names the step that was refused."""
    for step in steps:
        try:
            with deadline(connection, MIGRATION_SECONDS):
                async with connection.transaction():
                    await connection.execute(step.sql.encode())
        except psycopg.Error as error:
            raise StoreError(
                f"{step.title}: {first_line(error)}; connect as a role that may do this"
            ) from error
        done(step.title)
