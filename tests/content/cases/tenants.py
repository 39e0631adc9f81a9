"""A small database of tenants in good order, with names that nobody would choose."""

from functools import partial

from tests.content.asking import Case
from thorbis_ops.model import Severity

LOW, MEDIUM, INFO = Severity.LOW, Severity.MEDIUM, Severity.INFO
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL

S = '"Te""n ant 🐘"'
ORDERS = f'{S}."Or""ders"'
LINES = f'{S}."Li nes"'
APP = '"app 🐘"'
OWNER = '"Own\'er"'
POLICY = '"the tenant\'s"'
CONTEXT = "(select nullif(current_setting('app.current_tenant', true), '')::uuid)"


def _protect(table: str) -> str:
    return f"""
alter table {table} enable row level security;
alter table {table} force row level security;
create policy {POLICY} on {table} using (business_id = {CONTEXT});
grant select, insert, update, delete on {table} to {APP};
"""


SOUND = f"""
create role {APP} login;
create role {OWNER};
create schema {S} authorization {OWNER};
grant usage on schema {S} to {APP};
set role {OWNER};
create table {ORDERS} (
  business_id uuid not null, id uuid not null, note text, primary key (business_id, id)
);
{_protect(ORDERS)}
create table {LINES} (
  business_id uuid not null, id uuid not null, order_id uuid,
  primary key (business_id, id), foreign key (business_id, order_id) references {ORDERS}
);
{_protect(LINES)}
reset role;
"""

sound = partial(Case, before=SOUND)
of_orders = partial(sound, object=f"table:{ORDERS}")
of_app = partial(sound, object=f"role:{APP}")
of_new = partial(sound, object=f'table:{S}."N""ew"')
of_view = partial(sound, check="isolation.view_exempt")
