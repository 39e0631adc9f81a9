"""Every file of ``schema/``: it loads with psql, and what it lays out is safe for many tenants."""

import contextlib
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow

from thorbis_ops import estate, server

ESTATE = ("system_core", "tenant_mgmt", "user_mgmt", "hs")
VIEWS = """
create temporary view tenant_tables as
  select c.oid as id, c.oid::regclass::text as name, c.* from pg_class as c
  where c.relkind in ('r', 'p')
    and c.relnamespace::regnamespace::text in ('tenant_mgmt', 'user_mgmt', 'hs');
create temporary view granted as
  select c.oid as id, c.relkind, c.relnamespace::regnamespace::text as schema,
    case a.grantee when 0 then 'public' else a.grantee::regrole::text end as grantee,
    a.privilege_type, a.is_grantable, c.oid::regclass || ' ' || a.privilege_type as name
  from pg_class as c, aclexplode(c.relacl) as a
  where c.relnamespace::regnamespace::text in ('system_core', 'tenant_mgmt', 'user_mgmt', 'hs')
"""
LAW = re.compile(r"-- law: (.*)\n-- breach: (.*)\n((?:(?!-- law).*\n)+)")
LAWS = LAW.findall(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


@contextlib.contextmanager
def looking(dsn: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """A connection that has the views and keeps nothing."""
    with psycopg.connect(dsn) as connection:
        connection.execute(VIEWS.encode())
        yield connection
        connection.rollback()


def test_the_laws_hold(estate_db: str) -> None:
    with looking(estate_db) as connection:
        found = {law: connection.execute(query.encode()).fetchall() for law, _, query in LAWS}
    assert len(found) >= 20
    assert {law: offenders for law, offenders in found.items() if offenders} == {}


def test_each_law_sees_its_breach(estate_db: str) -> None:
    unseen = []
    for law, breach, query in LAWS:
        with looking(estate_db) as connection:
            connection.execute(breach.encode())
            if not connection.execute(query.encode()).fetchall():
                unseen.append(law)
    assert unseen == []


def test_it_is_a_whole_business_and_not_a_toy(estate_db: str) -> None:
    with psycopg.connect(estate_db) as connection:
        found = connection.execute(
            "select relnamespace::regnamespace::text, count(*) from pg_class"
            " where relkind in ('r', 'p') and not relispartition"
            " and relnamespace::regnamespace::text = any(%s) group by 1",
            [list(ESTATE)],
        )
        tables: dict[str, int] = dict(found.fetchall())
        (references,) = connection.execute(
            "select count(*) from pg_constraint where contype = 'f' and conparentid = 0"
        ).fetchone() or (0,)
    assert estate.schemas() == ESTATE
    assert tables["hs"] >= 50
    assert sum(tables.values()) >= 80
    assert references >= 200


def test_partitions_lie_around_now(estate_db: str) -> None:
    query = r"""
        select parent.oid::regclass::text, count(*),
          bool_or(now() >= bound[1]::timestamptz and now() < bound[2]::timestamptz),
          min(bound[1]::timestamptz) <= now() - interval '59 days',
          max(bound[2]::timestamptz) >= now() + interval '80 days'
        from pg_class as parent
        join pg_inherits on inhparent = parent.oid
        join pg_class as part on part.oid = inhrelid
        cross join lateral regexp_match(
          pg_get_expr(part.relpartbound, part.oid), $$FROM \('(.*)'\) TO \('(.*)'\)$$) as bound
        where parent.relkind = 'p' group by 1 order by 1"""
    with psycopg.connect(estate_db) as connection:
        found = connection.execute(query.encode()).fetchall()
    assert len(found) >= 5
    assert {row[1:] for row in found} == {(6, True, True, True)}


def test_every_file_loads_with_psql_in_order(pg: server.RunningServer, db: str) -> None:
    installation = pg.cluster.installation
    psql = [str(installation.program("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", db]
    for path in estate.files():
        done = subprocess.run(
            [*psql, "-f", str(path)],
            env=installation.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), path.name
    with looking(db) as connection:
        broken = [law for law, _, query in LAWS if connection.execute(query.encode()).fetchall()]
    assert broken == []


UNSAFE = {
    "create table hs.notes (id uuid not null)": "needs a column business_id uuid not null",
    "create table hs.notes (id uuid, business_id uuid)": "needs a column business_id uuid not null",
    "create table hs.notes (id uuid, business_id text not null)": "needs a column business_id uuid",
    "create table hs.notes (business_id uuid not null, body text unique)": (
        "a unique key must begin with business_id: notes_body_key"
    ),
    "create unique index by_id on hs.jobs (id);"
    " create table hs.notes (business_id uuid not null, job_id uuid references hs.jobs (id))": (
        "must carry business_id: notes_job_id_fkey"
    ),
}


def test_an_unsafe_table_is_refused(estate_db: str) -> None:
    with psycopg.connect(estate_db) as connection:
        for table, fault in UNSAFE.items():
            connection.execute(table.encode())
            with pytest.raises(psycopg.Error, match=re.escape(fault)):
                connection.execute("call system_core.tenant_table('hs.notes')")
            connection.rollback()


def test_names_with_capitals_spaces_and_quotes_are_made_safe_too(estate_db: str) -> None:
    name = 'hs."Félix\'s ""odd"" täble 🙂"'
    with psycopg.connect(estate_db) as connection:
        connection.execute(
            f"create table {name} (business_id uuid not null, id uuid not null,"
            ' "at" timestamptz not null, primary key (business_id, "at", id))'
            ' partition by range ("at")'.encode()
        )
        for procedure in ("tenant_table", "monthly_partitions"):
            connection.execute(
                f"call system_core.{procedure}(pg_catalog.to_regclass($${name}$$))".encode()
            )
        (protected,) = connection.execute(
            "select count(*) from pg_policy where polrelid::regclass::text like '%odd%'"
        ).fetchone() or (0,)
    assert protected == 7


def test_the_package_ships_the_schema() -> None:
    with (estate.files()[0].parents[1] / "pyproject.toml").open("rb") as file:
        wheel = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["sources"]["schema"] == "thorbis_ops/_content/schema"
