"""Row level security that is off, open, or binds not everybody."""

from tests.content.cases.tenants import (
    APP,
    CRITICAL,
    HIGH,
    LINES,
    LOW,
    MEDIUM,
    ORDERS,
    OWNER,
    POLICY,
    S,
    of_new,
    of_orders,
)

CASES = (
    of_orders(
        check="isolation.rls_disabled",
        bad=f"alter table {ORDERS} disable row level security",
        severity=CRITICAL,
    ),
    of_new(
        # One column is enough to read the tenants by.
        check="isolation.rls_disabled",
        bad=f"""
create table {S}."N""ew" (business_id uuid not null);
grant select (business_id) on {S}."N""ew" to {APP}""",
        severity=CRITICAL,
    ),
    of_new(
        check="isolation.rls_disabled",
        bad=f'create table {S}."N""ew" (business_id uuid not null)',
        severity=LOW,
    ),
    of_new(
        check="isolation.rls_disabled",
        bad=f"""
create table {S}."N""ew" (business_id uuid not null);
revoke all on all tables in schema {S} from {APP};
grant update on {S}."N""ew" to public""",
        severity=CRITICAL,
    ),
    of_new(
        # A role that logs in and inherits nothing takes on the one that was granted.
        check="isolation.rls_disabled",
        bad=f"""
create table {S}."N""ew" (business_id uuid not null);
create role "gro""up";
create role authenticator login noinherit;
grant "gro""up" to authenticator;
grant usage on schema {S} to "gro""up";
revoke all on all tables in schema {S} from {APP};
grant select on {S}."N""ew" to "gro""up\"""",
        severity=CRITICAL,
    ),
    of_new(
        check="isolation.policy_without_rls",
        bad=f"""
create table {S}."N""ew" (id int);
create policy p on {S}."N""ew" using (id > 0);
grant select on {S}."N""ew" to {APP}""",
        severity=HIGH,
    ),
    of_orders(
        check="isolation.rls_without_policy",
        bad=f"drop policy {POLICY} on {ORDERS}",
        severity=MEDIUM,
    ),
    of_orders(
        check="isolation.rls_without_policy",
        bad=f"alter policy {POLICY} on {ORDERS} to {OWNER}",
        severity=MEDIUM,
        heal=f"alter policy {POLICY} on {ORDERS} to {APP}",
    ),
    of_new(
        # Without the tenant column nobody can say which policy it wants.
        check="isolation.rls_without_policy",
        bad=f"""
create table {S}."N""ew" (id int);
alter table {S}."N""ew" enable row level security;
grant select on {S}."N""ew" to {APP}""",
        severity=MEDIUM,
        heal=f'revoke select on {S}."N""ew" from {APP}',
    ),
    of_new(
        # No policy anywhere shows what to compare with: the fix closes the table.
        check="isolation.rls_disabled",
        bad=f"""
drop policy {POLICY} on {ORDERS};
drop policy {POLICY} on {LINES};
create table {S}."N""ew" (business_id uuid not null);
grant select on {S}."N""ew" to {APP}""",
        severity=CRITICAL,
        tenancy={"tenant_column": "business_id"},
    ),
    of_orders(
        check="isolation.rls_not_forced",
        bad=f"alter table {ORDERS} no force row level security",
        severity=LOW,
    ),
    of_orders(
        check="isolation.rls_not_forced",
        bad=f"alter table {ORDERS} no force row level security;\ngrant {OWNER} to {APP}",
        severity=CRITICAL,
    ),
)
