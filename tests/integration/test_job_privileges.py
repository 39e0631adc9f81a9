"""The least privileged role that ``init`` makes can do every job on the estate."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from tests.maintenance import Bench
from thorbis_ops.model import Target
from thorbis_ops.runner import PartitionSet
from thorbis_ops.store import install, open_store, provision


@pytest.fixture
async def estate(estate_db: str) -> AsyncIterator[Bench]:
    async with install.installation(estate_db) as connection:
        survey = await install.survey(connection)
        steps = provision.plan(survey, watch=True, store=True)
        await install.apply(connection, steps, lambda _: None)
    async with await open_store(estate_db, now=datetime.now(UTC)) as store:
        yield Bench(estate_db, store)


def by_maintenance(estate: Bench, **changes: Any) -> dict[str, Any]:
    dsn = conninfo.make_conninfo(estate.dsn, user=provision.MAINTENANCE)
    return {"target": Target(name="main", dsn=dsn), **changes}


async def test_every_table_of_the_estate_can_be_analyzed(estate: Bench) -> None:
    report = await estate.run("analyze", **by_maintenance(estate))
    assert report.plan.refused == ()
    assert report.outcome in {"done", "nothing_to_do"}
    left = await estate.plan("analyze", **by_maintenance(estate))
    assert [s.object for s in left.steps] == []


async def test_partitions_are_made_isolated_and_retired(estate: Bench) -> None:
    later = datetime.now(UTC) + timedelta(days=62)
    made = await estate.run("partitions_create", **by_maintenance(estate, at=later))
    assert made.outcome == "done", made.detail
    assert len(made.results) >= 10
    unlike = estate.value(
        "select count(*) from pg_inherits i join pg_class c on c.oid = inhrelid "
        "join pg_class p on p.oid = inhparent join pg_namespace n on n.oid = p.relnamespace "
        "where p.relkind = 'p' and n.nspname <> 'thorbis_ops' and "
        "(c.relowner, c.relrowsecurity, c.relforcerowsecurity) "
        "<> (p.relowner, p.relrowsecurity, p.relforcerowsecurity)"
    )
    assert unlike == 0
    app = conninfo.make_conninfo(estate.dsn, user="thorbis_app")
    name = next(r.step.object for r in made.results).removeprefix("table:")
    with psycopg.connect(app) as session:
        assert session.execute(f"select count(*) from {name}".encode()).fetchone() == (0,)

    sets = (PartitionSet(table="hs.gps_pings", period="month", retention=1),)
    wishes = by_maintenance(estate, at=later, partitions=sets)
    retired = await estate.run("partitions_retire", **wishes)
    assert retired.outcome == "done", retired.detail
    gone = await estate.run("partitions_retire", **{**wishes, "at": later + timedelta(days=8)})
    assert "drop" in {r.step.statements[0].split()[0] for r in gone.results}
    assert gone.outcome == "done", gone.detail


async def test_indexes_are_rebuilt_by_the_owners_member(estate: Bench) -> None:
    estate.execute(
        "create table hs.wide (id bigint primary key)",
        "alter table hs.wide owner to thorbis_owner",
        "insert into hs.wide select g from generate_series(1, 100000) g",
        "delete from hs.wide where id > 100",
        "vacuum analyze hs.wide",
    )
    report = await estate.run("reindex", **by_maintenance(estate))
    assert {r.step.object: r.outcome for r in report.results}["index:hs.wide_pkey"] == "done"
    assert report.outcome == "done", report.detail


async def test_the_review_is_made_by_a_role_that_changes_nothing(estate: Bench) -> None:
    report = await estate.run("security_review", **by_maintenance(estate))
    assert report.outcome == "done", report.detail
