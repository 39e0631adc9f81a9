"""Who sees and writes what in the estate: tried as each role, tenant by tenant."""

from collections import Counter

import psycopg
import pytest
from psycopg import conninfo, errors, sql
from psycopg.rows import TupleRow

from thorbis_ops import estate

Connection = psycopg.Connection[TupleRow]
A, B = estate.TENANTS[0], estate.TENANTS[1]
NIL = "00000000-0000-0000-0000-000000000000"
TENANT_TABLES = """
select n.nspname, c.relname
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition
  and n.nspname in ('tenant_mgmt', 'user_mgmt', 'hs')
order by 1, 2
"""


def login(dsn: str, role: str) -> Connection:
    return psycopg.connect(conninfo.make_conninfo(dsn, user=role))


def act_for(connection: Connection, business_id: str) -> None:
    connection.execute("select set_config('app.current_business_id', %s, true)", [business_id])


def tables(connection: Connection) -> list[sql.Identifier]:
    return [sql.Identifier(*names) for names in connection.execute(TENANT_TABLES)]


def owners(connection: Connection) -> Counter[str]:
    """Rows of all tables by the business that they belong to."""
    found: Counter[str] = Counter()
    for table in tables(connection):
        query = sql.SQL("select business_id::text, count(*) from {} group by 1").format(table)
        found.update({str(business): int(n) for business, n in connection.execute(query)})
    return found


@pytest.mark.parametrize("role", ["thorbis_app", "thorbis_reporting"])
def test_a_tenant_sees_all_that_is_its_own_and_nothing_else(estate_db: str, role: str) -> None:
    with psycopg.connect(estate_db) as everything, login(estate_db, role) as connection:
        truth = owners(everything)
        for tenant in (A, B, estate.TENANTS[-1]):
            act_for(connection, tenant.id)
            assert owners(connection) == {tenant.id: truth[tenant.id]}
            connection.rollback()
        # Never set, then empty, as a pooled session has it after its transaction, then nobody.
        with login(estate_db, role) as fresh:
            assert owners(fresh) == {}
        for nobody in ("", NIL):
            act_for(connection, nobody)
            assert owners(connection) == {}


def refused(connection: Connection, kind: type[psycopg.Error], statement: str) -> None:
    with pytest.raises(kind), connection.transaction():
        connection.execute(statement.encode())


def test_the_application_writes_its_own_tenant_and_no_other(estate_db: str) -> None:
    insert = "insert into hs.tags (business_id, name, color) values ('{}', 'New', '#ffffff')"
    with psycopg.connect(estate_db) as everything:
        others = owners(everything) - Counter({A.id: 10**9})
    with login(estate_db, "thorbis_app") as connection:
        act_for(connection, A.id)
        assert connection.execute(insert.format(A.id).encode()).rowcount == 1
        refused(connection, errors.InsufficientPrivilege, insert.format(B.id))
        steal = f"update hs.tags set business_id = '{B.id}'"
        refused(connection, errors.InsufficientPrivilege, steal)
        for blind in ("update hs.jobs set version = 7", "delete from hs.job_notes"):
            assert connection.execute(blind.encode()).rowcount > 0
        foreign = f"insert into hs.tags select '{B.id}', gen_random_uuid(), name from hs.tags"
        refused(connection, psycopg.Error, foreign)
        connection.commit()
    with psycopg.connect(estate_db) as everything:
        assert owners(everything) - Counter({A.id: 10**9}) == others
        row = everything.execute(
            "select count(*) filter (where version = 7 and business_id <> %s) from hs.jobs", [A.id]
        ).fetchone()
        assert row == (0,)


def test_a_reference_to_another_tenants_row_is_refused(estate_db: str) -> None:
    with psycopg.connect(estate_db) as everything:
        row = everything.execute(
            "select id from hs.customers where business_id = %s limit 1", [B.id]
        ).fetchone()
    assert row is not None
    with login(estate_db, "thorbis_app") as connection:
        act_for(connection, A.id)
        refused(
            connection,
            errors.ForeignKeyViolation,
            "insert into hs.customer_contacts (business_id, customer_id, full_name, relationship)"
            f" values ('{A.id}', '{row[0]}', 'Nobody', 'other')",
        )


def test_the_application_may_do_no_more_than_it_must(estate_db: str) -> None:
    with psycopg.connect(estate_db) as everything:
        (partition,) = everything.execute(
            "select inhrelid::regclass::text from pg_inherits"
            " where inhparent = 'hs.job_events'::regclass order by 1 limit 1"
        ).fetchone() or ("",)
    forbidden = [
        f"select from {partition}",
        f"insert into {partition} select * from hs.job_events",
        "truncate hs.jobs",
        "delete from tenant_mgmt.audit_log",
        "update hs.job_events set kind = 'viewed'",
        "insert into tenant_mgmt.businesses select * from tenant_mgmt.businesses",
        "update system_core.plans set monthly_price = 0",
        "alter table hs.jobs no force row level security",
        "call system_core.isolate('hs.jobs')",
        "create table hs.mine (id int)",
        "create table system_core.mine (id int)",
        "create table public.mine (id int)",
        "create temporary table mine (id int)",
        "create schema mine",
        "set role thorbis_owner",
        "create role mine",
        "set session_replication_role = replica",
    ]
    with login(estate_db, "thorbis_app") as connection:
        act_for(connection, A.id)
        for statement in forbidden:
            refused(connection, errors.InsufficientPrivilege, statement)
        assert connection.execute("select from system_core.plans").rowcount == 4
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("set local row_security = off; select from hs.jobs")


def test_reporting_reads_and_the_monitor_sees_no_row_of_a_tenant(estate_db: str) -> None:
    with login(estate_db, "thorbis_reporting") as connection:
        act_for(connection, A.id)
        refused(connection, errors.ReadOnlySqlTransaction, "delete from hs.job_notes")
        connection.rollback()
        connection.execute("set transaction read write")
        refused(connection, errors.InsufficientPrivilege, "delete from hs.job_notes")
    with login(estate_db, "thorbis_ops_monitor") as monitor:
        for table in tables(monitor):
            with pytest.raises(errors.InsufficientPrivilege), monitor.transaction():
                monitor.execute(sql.SQL("select from {}").format(table))
        hidden = "select count(*) from pg_stat_activity where query = '<insufficient privilege>'"
        assert monitor.execute(hidden).fetchone() == (0,)
        limit = "select rolconnlimit from pg_roles where rolname = current_user"
        assert monitor.execute(limit).fetchone() == (10,)


def test_changes_are_audited_by_tenant_and_column(estate_db: str) -> None:
    trail = """
        select business_id::text, actor_user_id::text, actor_role, action, changes
        from tenant_mgmt.audit_log
        where table_name = 'customers' and row_key ->> 'id' = %s::text"""
    with login(estate_db, "thorbis_app") as connection:
        act_for(connection, A.id)
        connection.execute("select set_config('app.current_user_id', %s, true)", [NIL])
        row = connection.execute(
            "update hs.customers set credit_limit = 500"
            " where id = (select id from hs.customers limit 1) returning id, updated_at = now()"
        ).fetchone()
        assert row is not None
        assert row[1] is True
        (entry,) = connection.execute(trail, [row[0]]).fetchall()
        changes = {"credit_limit": [0, 500]}
        assert entry == (A.id, NIL, "thorbis_app", "update", changes)
