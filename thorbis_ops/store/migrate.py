"""The store's schema as numbered scripts, each applied once, whole, and never edited after.

A script that was applied is recorded with its checksum. So a store that is missing, older,
newer, or made by another text of the same script is told apart before anything is written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources

import psycopg
from psycopg import sql

from thorbis_ops.deadline import deadline
from thorbis_ops.errors import NoStoreError, StoreError
from thorbis_ops.store.connection import Connection
from thorbis_ops.store.faults import INITIALISE, store_error

LOCK_KEY = 7_406_211_870_155_284
MIGRATION_SECONDS = 120.0
_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered script; ``checksum`` is the SHA-256 of its text."""

    number: int
    name: str
    text: str
    checksum: str

    @property
    def label(self) -> str:
        """The name of the file without its ending."""
        return f"{self.number:04d}_{self.name}"

    @property
    def script(self) -> str:
        """The script together with the row that records it; for one transaction."""
        return (
            f"{self.text.rstrip()}\n\n"
            "insert into thorbis_ops.migrations (number, name, checksum)\n"
            f"values ({self.number}, '{self.name}', '{self.checksum}');\n"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """How far a store is: what was applied, what is to come, and what is not ours."""

    applied: tuple[str, ...] = ()
    pending: tuple[Migration, ...] = ()
    unknown: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()


def migrations() -> tuple[Migration, ...]:
    """The scripts that ship with the package, in the order of their numbers."""
    folder = resources.files("thorbis_ops.store") / "migrations"
    names = (entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    found = [_migration(name, (folder / name).read_text("utf-8")) for name in sorted(names)]
    numbers = [migration.number for migration in found]
    if twice := {n for n in numbers if numbers.count(n) > 1}:
        raise StoreError(f"two migrations share the number {min(twice):04d}; renumber one")
    return tuple(found)


def _migration(name: str, text: str) -> Migration:
    match = _FILE.fullmatch(name)
    if match is None:
        raise StoreError(f"migrations/{name} is not named NNNN_name.sql; rename it")
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return Migration(number=int(match[1]), name=match[2], text=text, checksum=checksum)


def compare(applied: Iterable[Mapping[str, object]], ours: Iterable[Migration]) -> SchemaState:
    """What the rows of thorbis_ops.migrations mean for the scripts that we have."""
    rows = {row["number"]: row for row in applied}
    known = {migration.number: migration for migration in ours}
    both = [known[n] for n in sorted(known) if n in rows]
    return SchemaState(
        applied=tuple(migration.label for migration in both),
        pending=tuple(known[n] for n in sorted(known) if n not in rows),
        unknown=tuple(f"{n:04d}_{row['name']}" for n, row in rows.items() if n not in known),
        edited=tuple(m.label for m in both if rows[m.number]["checksum"] != m.checksum),
    )


def require_current(state: SchemaState) -> None:
    """Raises the StoreError that tells a missing, older, newer or edited schema apart."""
    if not state.applied and not state.unknown:
        raise NoStoreError(f"the store has no schema thorbis_ops; {INITIALISE}")
    require_ours(state)
    if state.pending:
        names = ", ".join(migration.label for migration in state.pending)
        raise StoreError(f"the store's schema is older than this program ({names}); {INITIALISE}")


def require_ours(state: SchemaState) -> None:
    """Raises StoreError where the schema was made by another program than this one."""
    if state.unknown:
        raise StoreError(
            f"the store's schema is newer than this program ({', '.join(state.unknown)}); "
            "install the version of thorbis-ops that made it"
        )
    if state.edited:
        raise StoreError(
            f"migration {', '.join(state.edited)} was edited after it had been applied; "
            "put its text back and add a new migration for the change"
        )


async def schema_state(connection: Connection) -> SchemaState:
    """How far the schema on this connection's database is; changes nothing."""
    try:
        found = await connection.execute(
            "select pg_catalog.to_regclass('thorbis_ops.migrations') is not null as here"
        )
        row = await found.fetchone()
        if row is None or not row["here"]:
            return compare((), migrations())
        applied = await connection.execute(
            "select number, name, checksum from thorbis_ops.migrations order by number"
        )
        return compare(await applied.fetchall(), migrations())
    except psycopg.Error as error:
        raise store_error(error, lost=connection.closed) from error


async def require_writable(connection: Connection) -> None:
    """Raises StoreError where this session may read the store but not write it."""
    found = await connection.execute(
        "select current_user::text as name,"
        " pg_catalog.has_table_privilege('thorbis_ops.findings', 'insert') as writable"
    )
    row = await found.fetchone()
    if row is not None and not row["writable"]:
        raise StoreError(
            f"{row['name']} may not write the store; give [store] dsn the role that owns it"
        )


async def migrate(connection: Connection) -> tuple[str, ...]:
    """Applies what is pending, a transaction each, and names it; nothing when all is done.

    Two at the same time wait for one another. Where the schema exists already, new tables
    belong to its owner. Raises StoreError when the schema is newer or edited.
    """
    done: list[str] = []
    try:
        for migration in migrations():
            with deadline(connection, MIGRATION_SECONDS):
                done += await _applied(connection, migration)
    except psycopg.Error as error:
        raise store_error(error, lost=connection.closed) from error
    return tuple(done)


async def _applied(connection: Connection, migration: Migration) -> list[str]:
    async with connection.transaction():
        if not await _is_pending(connection, migration):
            return []
        await _assume_owner(connection)
        await connection.execute(migration.script.encode())
    return [migration.label]


async def _is_pending(connection: Connection, migration: Migration) -> bool:
    await connection.execute("set local lock_timeout = '30s'")
    await connection.execute("set local statement_timeout = '60s'")
    await connection.execute("select pg_catalog.pg_advisory_xact_lock(%s)", (LOCK_KEY,))
    state = await schema_state(connection)
    require_ours(state)
    return migration in state.pending


async def _assume_owner(connection: Connection) -> None:
    found = await connection.execute(
        "select pg_catalog.pg_get_userbyid(nspowner) as owner from pg_catalog.pg_namespace"
        " where nspname = 'thorbis_ops' and pg_catalog.pg_get_userbyid(nspowner) <> current_user"
    )
    if row := await found.fetchone():
        await connection.execute(sql.SQL("set local role {}").format(sql.Identifier(row["owner"])))
