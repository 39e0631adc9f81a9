"""`init` shows what is missing, makes it once, with roles that can do their work and no more."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import conninfo

from tests.integration.commands import thorbis_ops
from thorbis_ops.server import RunningServer
from thorbis_ops.store import connect, migrate, open_store

ROLES = ("thorbis_ops_monitor", "thorbis_ops_maintenance", "thorbis_ops_store")
MONITOR, MAINTENANCE, STORE = ROLES
WRITABLE = "begin read write"
OWNER = 'Owner "of" %s 😀'
QUOTED_OWNER = '"Owner ""of"" %s 😀"'


def execute(dsn: str, *statements: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as session:
        for statement in statements:
            cursor = session.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def login(dsn: str, role: str) -> str:
    return conninfo.make_conninfo(dsn, user=role)


@pytest.fixture
def pg(module_pg: RunningServer) -> RunningServer:
    """Roles belong to the cluster, so this module has one of its own."""
    return module_pg


@pytest.fixture
def fresh(db: str) -> Iterator[str]:
    """A database with one table of an oddly named owner; roles go when the test ends."""
    execute(
        db,
        f"create role {QUOTED_OWNER}",
        "create schema hs",
        f"grant all on schema hs to {QUOTED_OWNER}",
        "create table hs.events (at timestamptz) partition by range (at)",
        f"alter table hs.events owner to {QUOTED_OWNER}",
    )
    try:
        yield db
    finally:
        for role in (*ROLES, OWNER, "thorbis_test_creator"):
            identifier = psycopg.sql.Identifier(role).as_string(None)
            found = f"select rolname from pg_roles where rolname = '{role}'"
            if execute(db, found):
                execute(db, f"drop owned by {identifier} cascade", f"drop role {identifier}")


def test_without_apply_it_shows_what_is_missing_and_changes_nothing(fresh: str) -> None:
    shown = thorbis_ops("init", "--dsn", fresh)
    assert shown.returncode == 0
    assert f"missing: role {MONITOR}" in shown.stdout
    assert "missing: store 0001_base" in shown.stdout
    assert "--apply" in shown.stdout.splitlines()[-1]
    assert (
        execute(fresh, "select rolname from pg_roles where rolname like 'thorbis\\_ops\\_%'") == []
    )
    assert execute(fresh, "select to_regnamespace('thorbis_ops')") == [(None,)]


def test_a_second_run_finds_nothing_to_do(fresh: str) -> None:
    first = thorbis_ops("init", "--dsn", fresh, "--apply")
    assert first.returncode == 0, first.stderr
    assert "done: store 0001_base" in first.stdout
    for arguments in ((), ("--apply",)):
        again = thorbis_ops("init", "--dsn", fresh, *arguments)
        assert (again.returncode, again.stdout.split(": ")[-1]) == (0, "nothing to do\n")
    assert "nothing to do" in thorbis_ops("init", "--dsn", fresh, "--print-sql").stdout


def test_the_printed_sql_does_the_same_under_psql(fresh: str, pg: RunningServer) -> None:
    script = thorbis_ops("init", "--dsn", fresh, "--print-sql").stdout
    psql = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--dbname", fresh]
    ran = subprocess.run(psql, input=script, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert thorbis_ops("init", "--dsn", fresh).stdout.endswith("nothing to do\n")


async def test_each_role_can_do_its_work_and_no_more(fresh: str, pg: RunningServer) -> None:
    assert thorbis_ops("init", "--dsn", fresh, "--apply").returncode == 0
    store = await open_store(login(fresh, STORE), now=datetime.now(UTC))
    async with store, store.transaction() as cursor:
        await cursor.execute("insert into thorbis_ops.targets values ('x', now(), now())")
    monitor = login(fresh, MONITOR)
    assert execute(monitor, "select name from thorbis_ops.targets") == [("x",)]
    refused = (
        (MONITOR, "delete from thorbis_ops.targets", "read-only transaction"),
        (MONITOR, f"{WRITABLE}; delete from thorbis_ops.targets", "permission denied"),
        (MONITOR, "select * from hs.events", "permission denied for schema hs"),
        (STORE, "select * from hs.events", "permission denied for schema hs"),
        (MAINTENANCE, "select * from thorbis_ops.targets", "permission denied for table targets"),
    )
    for role, statement, told in refused:
        with pytest.raises(psycopg.Error, match=told):
            execute(login(fresh, role), statement)
    execute(
        login(fresh, MAINTENANCE),
        "analyze hs.events",
        "create table hs.p partition of hs.events for values from ('2026-01-01') to ('2026-02-01')",
    )
    superuser = "select rolname from pg_roles where rolname like 'thorbis\\_ops%' and (rolsuper"
    rights = f"{superuser} or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication)"
    assert execute(fresh, rights) == []


async def test_what_a_superuser_does_in_the_store_belongs_to_its_role(fresh: str) -> None:
    assert thorbis_ops("init", "--dsn", fresh, "--apply").returncode == 0
    async with await open_store(fresh, now=datetime.now(UTC)):
        owners = "select distinct pg_get_userbyid(relowner) from pg_class"
        inside = f"{owners} where relnamespace = 'thorbis_ops'::regnamespace and relkind = 'r'"
        assert execute(fresh, inside) == [(STORE,)]


async def test_a_store_that_a_superuser_made_is_handed_over(fresh: str) -> None:
    session = await connect(fresh)
    await migrate(session)
    await session.close()
    assert thorbis_ops("init", "--dsn", fresh, "--apply").returncode == 0
    assert thorbis_ops("init", "--dsn", fresh).stdout.endswith("nothing to do\n")
    async with await open_store(login(fresh, STORE), now=datetime.now(UTC)):
        pass


def test_roles_that_exist_are_completed_not_replaced(fresh: str) -> None:
    execute(
        fresh,
        f"create role {MONITOR} nologin connection limit 7",
        f"alter role {MONITOR} set statement_timeout = '3s'",
        f"create role {STORE} login superuser",
    )
    applied = thorbis_ops("init", "--dsn", fresh, "--apply")
    assert applied.returncode == 0, applied.stderr
    assert f"{STORE} is a superuser" in applied.stderr
    settings = f"select array_to_string(rolconfig, ' ') from pg_roles where rolname = '{MONITOR}'"
    ((found,),) = execute(fresh, settings)
    assert "statement_timeout=3s" in str(found)
    assert "default_transaction_read_only=on" in str(found)
    assert execute(login(fresh, MONITOR), "select 1") == [(1,)]


def test_one_who_may_create_roles_needs_no_superuser_for_the_store(
    fresh: str, pg: RunningServer
) -> None:
    ((database,),) = execute(fresh, "select quote_ident(current_database())")
    execute(
        fresh,
        "create role thorbis_test_creator login createrole",
        f"grant create on database {database} to thorbis_test_creator",
        "grant pg_monitor to thorbis_test_creator with admin option",
        f"grant {QUOTED_OWNER} to thorbis_test_creator with admin option",
        *(["grant pg_maintain to thorbis_test_creator with admin option"] * (pg.major >= 17)),
    )
    creator = login(fresh, "thorbis_test_creator")
    applied = thorbis_ops("init", "--dsn", creator, "--apply")
    assert applied.returncode == 0, applied.stderr
    assert thorbis_ops("init", "--dsn", creator).stdout.endswith("nothing to do\n")


def test_a_role_that_may_not_is_told_in_one_line(fresh: str) -> None:
    execute(fresh, f"create role {MONITOR} login")
    refused = thorbis_ops("init", "--dsn", login(fresh, MONITOR), "--apply")
    assert refused.returncode == 3
    assert len(refused.stderr.splitlines()) == 1
    assert "connect as a role that may do this" in refused.stderr


def test_wrong_usage_and_an_unreachable_server_have_their_codes() -> None:
    both = thorbis_ops("init", "--dsn", "host=127.0.0.1", "--apply", "--print-sql")
    assert (both.returncode, "choose one" in both.stderr) == (2, True)
    nowhere = thorbis_ops("init", "--dsn", "host=127.0.0.1 port=1 password=geheim")
    assert nowhere.returncode == 3
    assert "geheim" not in nowhere.stderr + nowhere.stdout
    assert len(nowhere.stderr.splitlines()) == 1
