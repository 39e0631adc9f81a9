"""Ways round row level security: roles, views, copies, grants, keys and columns."""

from tests.content.asking import Case
from tests.content.cases.tenants import (
    APP,
    CONTEXT,
    CRITICAL,
    HIGH,
    INFO,
    LINES,
    LOW,
    MEDIUM,
    ORDERS,
    OWNER,
    S,
    of_app,
    of_new,
    of_orders,
    of_view,
    sound,
)

CASES = (
    of_app(
        # Nobody else was granted anything: who owns the tables and logs in is the application.
        check="isolation.app_owns_table",
        bad=f"""
revoke all on all tables in schema {S} from {APP};
alter table {ORDERS} owner to {APP}""",
        severity=HIGH,
        heal=f"alter table {ORDERS} owner to {OWNER}",
    ),
    of_app(check="isolation.app_role_membership", bad=f"grant {OWNER} to {APP}", severity=HIGH),
    of_app(
        check="isolation.app_role_membership",
        bad=f'create role "B""ypass" bypassrls;\ngrant "B""ypass" to {APP}',
        severity=CRITICAL,
    ),
    of_app(
        check="isolation.app_role_membership",
        bad=f"grant pg_read_all_data to {APP}",
        severity=HIGH,
    ),
    of_app(
        check="isolation.app_role_exempt",
        bad=f"alter role {APP} createrole",
        severity=HIGH,
        milder=MEDIUM,
    ),
    *(
        of_app(
            check="isolation.app_role_exempt",
            bad=f"alter role {APP} {attribute}",
            severity=CRITICAL,
            tenancy={"app_roles": "app 🐘"},
        )
        for attribute in ("bypassrls", "superuser")
    ),
    sound(
        check="isolation.partition_exposed",
        bad=f"""
create table {S}.log (business_id uuid not null, at date not null) partition by range (at);
create table {S}."L""1" partition of {S}.log for values from ('2026-01-01') to ('2027-01-01');
grant select on {S}."L""1" to {APP}""",
        object=f'table:{S}."L""1"',
        severity=CRITICAL,
    ),
    of_view(
        bad=f"""
create view {S}."V""iew" as select * from {ORDERS};
grant select on {S}."V""iew" to {APP}""",
        object=f'view:{S}."V""iew"',
        severity=CRITICAL,
    ),
    of_view(
        # Below a view that reads as whoever asks.
        bad=f"""
create view {S}.below as select * from {ORDERS};
create view {S}.above with (security_invoker = true) as select * from {S}.below;
grant select on {S}.below, {S}.above to {APP}""",
        object=f"view:{S}.below",
        severity=CRITICAL,
    ),
    of_view(
        # Above one.
        bad=f"""
create view {S}.below with (security_invoker = true) as select * from {ORDERS};
create view {S}.above as select * from {S}.below;
grant select on {S}.above to {APP}""",
        object=f"view:{S}.above",
        severity=CRITICAL,
    ),
    of_view(
        bad=f"""
create view {S}.filters as select * from {ORDERS} where business_id = {CONTEXT};
grant select on {S}.filters to {APP}""",
        object=f"view:{S}.filters",
        severity=INFO,
    ),
    sound(
        check="isolation.copies_granted",
        bad=f"""
create materialized view {S}."Co""py" as select * from {ORDERS};
grant select on {S}."Co""py" to {APP}""",
        object=f'materialized view:{S}."Co""py"',
        severity=CRITICAL,
    ),
    of_orders(
        check="isolation.public_grants",
        bad=f"grant select, update on {ORDERS} to public",
        severity=MEDIUM,
    ),
    sound(
        check="isolation.default_privileges",
        bad=f"""
alter default privileges for role {OWNER} in schema {S} grant select on tables to public""",
        object=f"role:{OWNER}",
        severity=MEDIUM,
    ),
    of_orders(
        check="isolation.truncate_grants",
        bad=f"grant truncate on {ORDERS} to {APP}",
        severity=HIGH,
    ),
    of_orders(
        check="isolation.truncate_grants",
        bad=f"grant references on {ORDERS} to {APP}",
        severity=LOW,
    ),
    of_new(
        check="isolation.missing_tenant_column",
        bad=f"""
create table {S}."N""ew" (tenant uuid, "order" uuid);
alter table {S}."N""ew" add foreign key (tenant, "order") references {ORDERS};
grant select on {S}."N""ew" to {APP}""",
        severity=HIGH,
        heal=f'drop table {S}."N""ew"',
    ),
    of_new(
        check="isolation.missing_tenant_column",
        bad=f'create table {S}."N""ew" (code text);\ngrant select on {S}."N""ew" to {APP}',
        severity=INFO,
        heal=f'revoke select on {S}."N""ew" from {APP}',
    ),
    of_new(
        check="isolation.nullable_tenant_column",
        bad=f'create table {S}."N""ew" (business_id uuid)',
        severity=LOW,
    ),
    of_new(
        check="isolation.tenant_column_type",
        bad=f'create table {S}."N""ew" (business_id text not null)',
        severity=LOW,
    ),
    sound(
        check="isolation.foreign_key_without_tenant",
        bad=f"""
alter table {ORDERS} add unique (id);
alter table {LINES} add constraint "f""k" foreign key (order_id) references {ORDERS} (id)
  on delete cascade""",
        object=f'constraint:{LINES}."f""k"',
        severity=HIGH,
        heal=f'alter table {LINES} drop constraint "f""k"',
    ),
    of_new(
        check="isolation.no_tenant_index",
        bad=f"""
create table {S}."N""ew" (business_id uuid not null, n int);
insert into {S}."N""ew" select gen_random_uuid(), n from generate_series(1, 10000) as n;
analyze {S}."N""ew\"""",
        severity=LOW,
    ),
    of_app(
        check="isolation.context_default",
        bad=f"alter role {APP} set app.current_tenant = 'somebody'",
        severity=HIGH,
    ),
    sound(
        check="isolation.context_default",
        bad="alter role all set app.current_tenant = 'somebody'",
        object="role:all",
        severity=HIGH,
    ),
    Case(
        check="isolation.tenancy_unclear",
        before="create role nobody",
        bad="drop role nobody",
        object="role:nobody",
        severity=HIGH,
        tenancy={"app_roles": "nobody"},
        heal="create role nobody",
    ),
    Case(
        check="isolation.tenancy_unclear",
        before='create schema s;\ncreate table s.t ("b""id" uuid)',
        bad='alter table s.t rename column "b""id" to id',
        object="setting:tenancy.column",
        severity=HIGH,
        tenancy={"tenant_column": 'b"id'},
        heal='alter table s.t rename column id to "b""id"',
    ),
    Case(
        check="isolation.tenancy_unclear",
        before="create schema s",
        bad="create table s.t (tenant_id uuid)",
        object="setting:tenancy.column",
        severity=INFO,
        heal="create policy p on s.t using (tenant_id is not null)",
    ),
)
