"""Tenancies of other makes: what is advised there must be true there, and alarm nobody in vain."""

import pytest

from tests.content.asking import Asker, asker, run, swept, variant
from tests.content.cases.tenants import APP, LINES, ORDERS, POLICY, SOUND, S
from thorbis_ops.model import Finding, Severity

CLAIMS = "(current_setting('request.claims', true)::json ->> 'business_id')::uuid"
MEMBERSHIP = f"(select m.business_id from {S}.member as m where m.person = "
PERSON = "nullif(current_setting('app.person', true), '')::uuid)"


async def found(at: Asker, check: str) -> dict[str, Finding]:
    return {f.object: f for f in await at.findings(variant(check, at.server.major))}


@pytest.mark.parametrize(
    "predicate",
    [f"business_id = {CLAIMS}", f"business_id in {MEMBERSHIP}{PERSON}"],
    ids=["claims", "membership"],
)
async def test_a_policy_that_cannot_be_copied_is_not(db: str, predicate: str) -> None:
    """To compare the tenant with all the claims, or with a person, would close the table."""
    with swept(db):
        run(
            db,
            f"{SOUND};\n"
            f"create table {S}.member (business_id uuid not null, person uuid not null);\n"
            f"alter table {S}.member enable row level security;\n"
            f"create policy own on {S}.member using (person = {PERSON[:-1]});\n"
            f"alter policy {POLICY} on {ORDERS} using ({predicate});\n"
            f"alter policy {POLICY} on {LINES} using ({predicate});\n"
            f"create table {S}.bare (business_id uuid not null);\n"
            f"grant select on {S}.bare to {APP}",
        )
        async with asker(db) as at:
            bare = (await found(at, "isolation.rls_disabled"))[f"table:{S}.bare"]
    assert bare.severity == Severity.CRITICAL
    assert "create policy" not in bare.fix
    assert "this closes it" in bare.detail


async def test_a_default_with_capitals_is_reset(db: str) -> None:
    with swept(db):
        predicate = "business_id = current_setting('App.Tenant')::uuid"
        run(
            db,
            f"{SOUND};\nalter policy {POLICY} on {ORDERS} using ({predicate});\n"
            f"alter role {APP} set \"App.Tenant\" = 'x'",
        )
        async with asker(db) as at:
            run(db, (await found(at, "isolation.context_default"))[f"role:{APP}"].fix)
            assert not await found(at, "isolation.context_default")


async def test_a_role_that_is_taken_on_is_one_fault(db: str) -> None:
    """The way to it is the fault; that a service's role is exempt may be its purpose."""
    with swept(db):
        run(
            db,
            f"{SOUND};\ncreate role service bypassrls;\nalter role {APP} noinherit;\n"
            f"grant service to {APP};\ngrant select on {ORDERS} to service",
        )
        async with asker(db) as at:
            assert not await found(at, "isolation.app_role_exempt")
            (way,) = (await found(at, "isolation.app_role_membership")).values()
    assert way.object == f"role:{APP}"
    assert way.severity == Severity.CRITICAL


async def test_closed_to_one_role_and_open_to_another_is_mentioned(db: str) -> None:
    with swept(db):
        run(
            db,
            f"{SOUND};\ncreate role anonymous login;\ngrant usage on schema {S} to anonymous;\n"
            f"grant select on {ORDERS} to anonymous;\n"
            f"alter policy {POLICY} on {ORDERS} to {APP}",
        )
        async with asker(db) as at:
            orders = (await found(at, "isolation.rls_without_policy"))[f"table:{ORDERS}"]
    assert orders.severity == Severity.INFO
    assert "anonymous" in orders.detail
    assert orders.fix == ""


async def test_forcing_does_not_bind_a_superuser(db: str) -> None:
    with swept(db):
        run(
            db,
            f"{SOUND};\nalter table {ORDERS} owner to postgres;\n"
            f"alter table {ORDERS} no force row level security",
        )
        async with asker(db) as at:
            orders = (await found(at, "isolation.rls_not_forced"))[f"table:{ORDERS}"]
    assert "a superuser, bound only once a plain role owns the table" in orders.detail


async def test_no_advice_locks_a_large_table_unsaid(db: str) -> None:
    with swept(db):
        run(
            db,
            f"{SOUND};\ncreate table {S}.loose (business_id uuid, n serial);\n"
            f"insert into {S}.loose (n) select generate_series(1, 5000);\nanalyze {S}.loose;\n"
            f"select setval('{S}.loose_n_seq', 2147483646)",
        )
        async with asker(db) as at:
            loose = (await found(at, "isolation.nullable_tenant_column"))[f"table:{S}.loose"]
            worn = (await found(at, "schema.sequences"))[f"sequence:{S}.loose_n_seq"]
    steps = loose.fix.split(";\n")
    assert [step.split(f"{S}.loose ")[1].split(" tenant")[0] for step in steps] == [
        "add constraint",
        "validate constraint",
        "alter column business_id set not null",
        "drop constraint",
    ]
    assert "not valid" in steps[0]
    assert "bigint rewrites 184 kB under an exclusive lock" in worn.detail
