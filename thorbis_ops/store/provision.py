"""What `init` has to do, as SQL, given what it finds: least privilege and nothing twice.

Three roles, so that nobody holds more than the work needs. The monitor reads statistics and
can write nothing. Maintenance may rebuild, analyze and vacuum: by pg_maintain from 17 on,
and as a member of the tables' owners, because only an owner may attach a partition or drop
an invalid index. The store's role owns the schema thorbis_ops and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psycopg import sql

from thorbis_ops.store.migrate import SchemaState

MONITOR = "thorbis_ops_monitor"
MAINTENANCE = "thorbis_ops_maintenance"
STORE = "thorbis_ops_store"
CONNECTION_LIMIT = 10
_TIMEOUTS = {"lock_timeout": "2s", "idle_in_transaction_session_timeout": "30s"}
SETTINGS = {
    MONITOR: {**_TIMEOUTS, "statement_timeout": "10s", "default_transaction_read_only": "on"},
    MAINTENANCE: _TIMEOUTS,
    STORE: {**_TIMEOUTS, "statement_timeout": "10s"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFound:
    """One of our roles as it stands; ``settings`` are the names it sets for its sessions."""

    login: bool
    superuser: bool
    settings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found in a database; ``memberships`` are pairs of (member, group)."""

    major: int
    database: str
    user: str
    superuser: bool
    roles: Mapping[str, RoleFound]
    memberships: frozenset[tuple[str, str]]
    connectable: frozenset[str]
    owners: tuple[str, ...]
    superuser_tables: int
    closed_extension_schemas: tuple[str, ...]
    schema_owner: str | None
    strangers: tuple[str, ...]
    readable: bool
    state: SchemaState


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One thing to do, in a transaction of its own."""

    title: str
    sql: str


def plan(survey: Survey, *, watch: bool, store: bool) -> tuple[Provision, ...]:
    """What is missing: roles that watch and maintain, the store, or both; empty when all is."""
    steps: list[Provision] = []
    if watch:
        steps += [*_role(survey, MONITOR), *_role(survey, MAINTENANCE), *_duties(survey)]
    if store:
        steps += [*_role(survey, STORE), *_schema(survey), *_migrations(survey)]
        if watch or {MONITOR, MAINTENANCE} <= set(survey.roles):
            steps += _readable(survey)
    return tuple(steps)


def notes(survey: Survey, *, watch: bool) -> tuple[str, ...]:
    """What the user should know and `init` will not change."""
    excess = [
        f"{name} is a superuser: far more than it needs; alter role {name} nosuperuser"
        for name, role in sorted(survey.roles.items())
        if role.superuser
    ]
    if watch and survey.superuser_tables and survey.major < 17:  # noqa: PLR2004 - pg_maintain
        excess.append(
            f"{survey.superuser_tables} tables belong to a superuser: maintenance leaves them "
            "alone until they belong to another role"
        )
    return tuple(excess)


def script(steps: Iterable[Provision]) -> str:
    """The steps as a script for psql: each in its transaction, in the order of need."""
    return "\n".join(f"-- {s.title}\nbegin;\n{s.sql.rstrip()}\ncommit;\n" for s in steps)


def _role(survey: Survey, name: str) -> list[Provision]:
    found = survey.roles.get(name)
    statements = []
    if found is None:
        statements.append(_sql("create role {} login connection limit {limit}", name))
    elif not found.login:
        statements.append(_sql("alter role {} login connection limit {limit}", name))
    present = found.settings if found else frozenset()
    statements += [
        _sql("alter role {} set {} = {value}", name, setting, value=value)
        for setting, value in SETTINGS[name].items()
        if setting not in present
    ]
    if not {name, "public"} & survey.connectable:
        statements.append(_sql("grant connect on database {} to {}", survey.database, name))
    return _step(f"role {name}", statements)


def _duties(survey: Survey) -> list[Provision]:
    """What the monitor may see and whose tables maintenance may work on."""
    wanted = [(MONITOR, "pg_monitor"), (MAINTENANCE, "pg_monitor")]
    if survey.major >= 17:  # noqa: PLR2004 - the first with pg_maintain
        wanted.append((MAINTENANCE, "pg_maintain"))
    wanted += [(MAINTENANCE, owner) for owner in survey.owners]
    steps = []
    for member in (MONITOR, MAINTENANCE):
        groups = [g for m, g in wanted if m == member and (m, g) not in survey.memberships]
        grants = [_sql("grant {} to {}", group, member) for group in groups]
        if member == MONITOR:
            grants += [
                _sql("grant usage on schema {} to {}", schema, member)
                for schema in survey.closed_extension_schemas
            ]
        steps += _step(f"{member}: {', '.join(groups) or 'extension schemas'}", grants)
    return steps


def _schema(survey: Survey) -> list[Provision]:
    statements = []
    if not survey.superuser and (survey.user, STORE) not in survey.memberships | {(STORE, STORE)}:
        statements.append(_sql("grant {} to {}", STORE, survey.user))
    if survey.schema_owner is None:
        statements.append(_sql("create schema thorbis_ops authorization {}", STORE))
    elif survey.schema_owner != STORE:
        statements.append(_sql("alter schema thorbis_ops owner to {}", STORE))
    statements += [
        _sql("alter table thorbis_ops.{} owner to {}", relation, STORE)
        for relation in survey.strangers
    ]
    return _step(f"schema thorbis_ops for {STORE}", statements)


def _migrations(survey: Survey) -> list[Provision]:
    as_owner = _sql("set local role {}", STORE)
    return [
        Provision(title=f"store {migration.label}", sql=f"{as_owner};\n{migration.script}")
        for migration in survey.state.pending
    ]


def _readable(survey: Survey) -> list[Provision]:
    if survey.readable:
        return []
    statements = [
        _sql("grant usage on schema thorbis_ops to {}", MONITOR),
        _sql("grant usage on schema thorbis_ops to {}", MAINTENANCE),
        _sql("grant select on all tables in schema thorbis_ops to {}", MONITOR),
        _sql("grant select on all sequences in schema thorbis_ops to {}", MONITOR),
        _sql(
            "alter default privileges for role {} in schema thorbis_ops"
            " grant select on tables to {}",
            STORE,
            MONITOR,
        ),
    ]
    return _step(f"history readable for {MONITOR}", statements)


def _step(title: str, statements: list[str]) -> list[Provision]:
    return [Provision(title=title, sql=";\n".join(statements) + ";\n")] if statements else []


def _sql(text: str, *names: str, value: str = "") -> str:
    identifiers = [sql.Identifier(name) for name in names]
    literals = {"limit": sql.Literal(CONNECTION_LIMIT), "value": sql.Literal(value)}
    return sql.SQL(text).format(*identifiers, **literals).as_string(None)
