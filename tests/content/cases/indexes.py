"""Indexes that are broken, idle, doubled or missing."""

from functools import partial

from tests.content.asking import Case
from thorbis_ops.model import Severity

LOW, MEDIUM, HIGH = Severity.LOW, Severity.MEDIUM, Severity.HIGH

S = '"Sche""ma 🐘"'
T = f'{S}."Ta""ble"'
INDEX = f'{S}."I""x"'
SOUND = f'create schema {S};\ncreate table {T} ("i d" int not null, "b""x" text, other int)'


def _break(index: str) -> str:
    """What a build that was broken off leaves in the catalogue."""
    return f"""
update pg_catalog.pg_index set indisvalid = false where indexrelid = '{index}'::regclass"""


of_index = partial(Case, object=f"index:{INDEX}")
missing = partial(
    Case,
    check="indexes.missing_foreign_key",
    object=f'constraint:{T}."F""k"',
    severity=LOW,
)

CASES = (
    of_index(
        check="indexes.invalid",
        before=f'{SOUND};\ncreate index "I""x" on {T} ("i d")',
        bad=_break(INDEX),
        severity=MEDIUM,
    ),
    of_index(
        check="indexes.invalid",
        before=f'{SOUND};\ncreate unique index "I""x" on {T} ("i d")',
        bad=_break(INDEX),
        severity=HIGH,
    ),
    Case(
        # What a reindex left behind is dropped.
        check="indexes.invalid",
        before=f'{SOUND};\ncreate unique index "I""x_ccnew1" on {T} ("i d")',
        bad=_break(f'{S}."I""x_ccnew1"'),
        object=f'index:{S}."I""x_ccnew1"',
        severity=MEDIUM,
    ),
    of_index(
        check="indexes.unused",
        before=f"{SOUND};\ninsert into {T} select n, n, n from generate_series(1, 60000) as n",
        bad=f'create index "I""x" on {T} ("i d")',
        severity=LOW,
        instead={"interval '30 days'": "interval '0 days'"},
    ),
    of_index(
        check="indexes.duplicate",
        before=f"""{SOUND};
create index kept on {T} ("i d", "b""x");
create index turned on {T} ("b""x", "i d");
create index descending on {T} ("i d", "b""x" desc);
create index partial on {T} ("i d", "b""x") where other > 0;
create index pattern on {T} ("i d", "b""x" text_pattern_ops)""",
        bad=f'create index "I""x" on {T} ("i d", "b""x")',
        severity=LOW,
    ),
    of_index(
        # The same formula, written at another place of another text.
        check="indexes.duplicate",
        before=f"""{SOUND};
create index kept on {T} (lower("b""x")) where other > 0;
create index another on {T} (lower("b""x")) where other > 1""",
        bad=f'create   index   "I""x"   on {T} (  lower(  "b""x")) where   (other > 0)',
        severity=LOW,
    ),
    of_index(
        # The primary key is kept, although it is the younger.
        check="indexes.duplicate",
        before=f'{SOUND};\ncreate index "I""x" on {T} ("i d")',
        bad=f'alter table {T} add primary key ("i d")',
        severity=LOW,
    ),
    missing(
        before=f"""create schema {S};
create table {S}.parent (a int, "b c" int, primary key (a, "b c"));
create table {T} ("x y" int, z int);
insert into {T} select null, n from generate_series(1, 1000) as n;
analyze {T}""",
        bad=f"""
alter table {T} add constraint "F""k" foreign key (z, "x y") references {S}.parent""",
    ),
    missing(
        # The rows of a partitioned table are those of its partitions.
        before=f"""create schema {S};
create table {S}.parent (a int primary key);
create table {T} (a int, z int) partition by hash (z);
create table {S}.only partition of {T} for values with (modulus 1, remainder 0);
insert into {T} select null, n from generate_series(1, 1000) as n;
analyze {T}""",
        bad=f'alter table {T} add constraint "F""k" foreign key (a) references {S}.parent',
    ),
    missing(
        # An index that covers the rows which are not null is enough.
        before=f"""create schema {S};
create table {S}.parent (a int primary key);
create table {T} (a int);
insert into {T} select null from generate_series(1, 1000) as n;
analyze {T};
create index serves on {T} (a) where a is not null;
alter table {T} add constraint "F""k" foreign key (a) references {S}.parent""",
        bad=f"drop index {S}.serves;\ncreate index on {T} (a) where a > 0",
    ),
)
