"""What building and seeding the estate gives, and how they refuse."""

import asyncio
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import TupleRow

from thorbis_ops import estate, server
from thorbis_ops.errors import ConfigError, ContentError

Connection = psycopg.Connection[TupleRow]
NOW = datetime.now(UTC).replace(microsecond=0)
A = estate.TENANTS[0]
TENANT_TABLES = """
select n.nspname, c.relname
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition
  and n.nspname in ('tenant_mgmt', 'user_mgmt', 'hs')
order by 1, 2
"""


def tables(connection: Connection) -> list[sql.Identifier]:
    return [sql.Identifier(*names) for names in connection.execute(TENANT_TABLES)]


def one(connection: Connection, query: sql.Composed) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def owners(connection: Connection) -> Counter[str]:
    """Rows of all tables by the business that they belong to."""
    found: Counter[str] = Counter()
    for table in tables(connection):
        query = sql.SQL("select business_id::text, count(*) from {} group by 1").format(table)
        found.update({str(business): int(n) for business, n in connection.execute(query)})
    return found


def contents(dsn: str) -> dict[str, str]:
    with psycopg.connect(dsn) as connection:
        found = {}
        for table in tables(connection):
            query = sql.SQL("select md5(string_agg(t::text, ' ' order by t::text)) from {} as t")
            row = connection.execute(query.format(table)).fetchone()
            found[table.as_string()] = str(row and row[0])
        return found


async def test_seeding_is_the_same_for_the_same_seed(estate_db: str) -> None:
    async def refilled() -> tuple[str, dict[str, str]]:
        with psycopg.connect(estate_db) as connection:
            names = sql.SQL(", ").join(tables(connection))
            connection.execute(sql.SQL("truncate {} restart identity").format(names))
        report = await estate.seed(estate_db, scale=0.001, seed=7, now=NOW)
        return report.checksum, contents(estate_db)

    first = await refilled()
    assert await refilled() == first


async def test_seeding_is_skewed_and_fills_every_table(estate_db: str) -> None:
    with psycopg.connect(estate_db) as connection:
        by_tenant = owners(connection)
        empty = [
            table.as_string()
            for table in tables(connection)
            if one(connection, sql.SQL("select count(*) from {}").format(table)) == 0
        ]
        live = sql.SQL("select count(distinct tableoid) from hs.gps_pings").format()
        assert one(connection, live) >= 2
        stale = "select relname from pg_class where relkind = 'r' and reltuples < 0"
        assert not [r for (r,) in connection.execute(stale) if r in ("jobs", "customers")]
    assert empty == []
    assert len(by_tenant) == 20
    assert by_tenant[A.id] == max(by_tenant.values()) > 2 * by_tenant[estate.TENANTS[9].id]
    assert sum(t.share for t in estate.TENANTS) == pytest.approx(1)


async def test_seeding_says_why_it_will_not(db: str, estate_db: str) -> None:
    with pytest.raises(ContentError, match="holds no estate; load it first"):
        await estate.seed(db, scale=0.01, seed=1, now=NOW)
    with pytest.raises(ContentError, match="is seeded already"):
        await estate.seed(estate_db, scale=0.01, seed=1, now=NOW)
    with pytest.raises(ConfigError, match="scale: 0 is not positive"):
        await estate.seed(estate_db, scale=0, seed=1, now=NOW)
    with pytest.raises(ConfigError, match="names no time zone"):
        await estate.seed(estate_db, scale=1, seed=1, now=NOW.replace(tzinfo=None))
    await estate.load(db)
    with pytest.raises(ContentError, match=r"no partition of relation .* nothing was seeded"):
        await estate.seed(db, scale=0.001, seed=1, now=NOW + timedelta(days=400))
    with psycopg.connect(db) as connection:
        assert owners(connection) == {}


async def test_a_load_that_fails_half_way_leaves_nothing(db: str, tmp_path: Path) -> None:
    for path in estate.files():
        shutil.copy(path, tmp_path)
    broken = tmp_path / "95_broken.sql"
    broken.write_text("create schema broken;\n\nselect no_such_column\nfrom hs.jobs;\n")
    paths = (*(tmp_path / path.name for path in estate.files()), broken)
    with pytest.raises(ContentError) as caught:
        await estate.load(db, paths)
    assert "/95_broken.sql:3: column" in str(caught.value)
    assert str(caught.value).endswith("; nothing was loaded")
    assert "\n" not in str(caught.value)
    with psycopg.connect(db) as connection:
        left = connection.execute(
            "select nspname::text from pg_namespace where nspname = any(%s) union all"
            " select extname::text from pg_extension where extname <> 'plpgsql' union all"
            " select 'default privileges' from pg_default_acl",
            [[*estate.schemas(), "broken"]],
        ).fetchall()
    assert left == []
    await estate.load(db)
    with pytest.raises(ContentError, match="already holds hs, system_core, tenant_mgmt, user_mgmt"):
        await estate.load(db)


def test_several_databases_of_a_cluster_are_loaded_at_once(own_pg: server.RunningServer) -> None:
    names = ["first", "second", "Third one"]
    with psycopg.connect(own_pg.dsn(), autocommit=True) as connection:
        for name in names:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    async def load_all() -> None:
        await asyncio.gather(*(estate.load(own_pg.dsn(name)) for name in names))

    asyncio.run(load_all())
    with psycopg.connect(own_pg.dsn(), autocommit=True) as connection:
        connection.execute("alter role thorbis_app bypassrls")
        connection.execute("create database mighty")
    with pytest.raises(ContentError, match="round tenant isolation: thorbis_app"):
        asyncio.run(estate.load(own_pg.dsn("mighty")))
