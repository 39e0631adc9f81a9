"""The security review keeps what it found, and tells what opened and closed since."""

from datetime import UTC, datetime
from typing import Any

import psycopg

from tests.maintenance import Bench, outcomes, prepare
from thorbis_ops.store import open_store

CHECK = "isolation.rls_disabled table:hs.customers"


async def review(bench: Bench) -> tuple[str, dict[str, Any]]:
    report = await bench.run("security_review")
    assert set(outcomes(report).values()) == {"done"}
    rows = bench.execute("select result from thorbis_ops.evidence order by id desc limit 1")
    return report.results[0].detail, rows[0][0]


async def test_what_opens_and_closes_between_reviews_is_told_and_kept(estate_db: str) -> None:
    await prepare(estate_db)
    async with await open_store(estate_db, now=datetime.now(UTC)) as store:
        bench = Bench(estate_db, store)
        said, first = await review(bench)
        assert "the first review" in said
        assert first["asked"] > 10

        bench.execute("alter table hs.customers disable row level security")
        said, second = await review(bench)
        assert CHECK in said
        opened = {(one["check"], one["object"]) for one in second["opened"]}
        assert ("isolation.rls_disabled", "table:hs.customers") in opened

        bench.execute("alter table hs.customers enable row level security")
        said, third = await review(bench)
        assert CHECK in said.split("closed:")[1]
        assert third["opened"] == []


DROP_POLICIES = """do $$ declare name text; begin
  for name in select polname from pg_policy where polrelid = 'hs.customers'::regclass loop
    execute format('drop policy %I on hs.customers', name);
  end loop; end $$"""


async def test_a_fault_that_went_unseen_stays_open(estate_db: str) -> None:
    await prepare(estate_db)
    async with await open_store(estate_db, now=datetime.now(UTC)) as store:
        bench = Bench(estate_db, store)
        bench.execute(DROP_POLICIES)
        _, first = await review(bench)
        fault = {"check": "isolation.rls_without_policy", "object": "table:hs.customers"}
        assert any(fault.items() <= one.items() for one in first["open"])
        with psycopg.connect(estate_db) as other:
            other.execute("lock table pg_catalog.pg_policy in access exclusive mode")
            said, second = await review(bench)
        assert second["unanswered"]["isolation.rls_without_policy"] == "locked"
        assert "not answered" in said
        assert any(fault.items() <= one.items() for one in second["open"])
        assert second["closed"] == []
