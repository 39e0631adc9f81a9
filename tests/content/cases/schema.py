"""Faults of tables, sequences, partitions, functions and of who may do what."""

from functools import partial

from tests.content.asking import Case
from thorbis_ops.model import Severity

LOW, MEDIUM = Severity.LOW, Severity.MEDIUM
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL

S = '"Sche""ma 🐘"'
T = f'{S}."Ta""ble"'
SOUND = f"create schema {S}"
LOG = f"create table {T} (at timestamptz not null) partition by range (at)"


def _partition(name: str, begins: int, ends: int) -> str:
    """A partition of the log from so many days from today until so many."""
    return (
        "do $$ begin execute format("
        f"'create table {S}.{name} partition of {T} for values from (%L) to (%L)',"
        f" current_date + {begins}, current_date + {ends}); end $$"
    )


sound = partial(Case, before=SOUND)
of_table = partial(sound, object=f"table:{T}")

CASES = (
    Case(
        # The column ends before its sequence would.
        check="schema.sequences",
        before=f'{SOUND};\ncreate table {S}.t ("i""d" serial primary key)',
        bad=f'select setval(\'{S}."t_i""d_seq"\', 1900000000)',
        object=f'sequence:{S}."t_i""d_seq"',
        severity=MEDIUM,
    ),
    Case(
        check="schema.sequences",
        before=f"""{SOUND};
create table {S}.t (id bigint primary key);
create sequence {S}."S q" as int owned by {S}.t.id""",
        bad=f"select setval('{S}.\"S q\"', 2147000000)",
        object=f'sequence:{S}."S q"',
        severity=CRITICAL,
    ),
    Case(
        # Belongs to no column, and counts down.
        check="schema.sequences",
        before=f"{SOUND};\ncreate sequence {S}.down increment -1 minvalue -1000 maxvalue -1",
        bad=f"select setval('{S}.down', -920)",
        object=f"sequence:{S}.down",
        severity=HIGH,
        heal=f"alter sequence {S}.down minvalue -100000",
    ),
    of_table(
        # What lies behind a gap does not count.
        check="schema.partition_runway",
        before=f"{SOUND};\n{LOG};\n{_partition('month', -1, 20)}",
        bad=f"""alter table {T} detach partition {S}.month;
{_partition("soon", -1, 3)};
{_partition("behind_a_gap", 4, 90)}""",
        severity=HIGH,
        heal=_partition("gap", 3, 4),
    ),
    of_table(
        check="schema.partition_runway",
        bad=f"""create table {T} (at date not null) partition by range (at);
create table {S}.past partition of {T} for values from (minvalue) to ('2020-01-01')""",
        severity=CRITICAL,
        heal=f"""
create table {S}.future partition of {T} for values from ('2020-01-01') to (maxvalue)""",
    ),
    of_table(
        check="schema.default_partition",
        before=f"""{SOUND};
create table {S}.log (at date not null) partition by range (at);
create table {T} partition of {S}.log default""",
        bad=f"insert into {S}.log values ('2026-01-01');\nanalyze {T}",
        severity=MEDIUM,
        heal=f"truncate {S}.log;\nanalyze {T}",
    ),
    Case(
        check="schema.not_valid",
        before=f"{SOUND};\ncreate table {T} (n int)",
        bad=f'alter table {T} add constraint "pos""itive" check (n > 0) not valid',
        object=f'constraint:{T}."pos""itive"',
        severity=LOW,
    ),
    of_table(
        check="schema.no_primary_key",
        bad=f"create table {T} (n int unique)",
        severity=LOW,
        heal=f"alter table {T} alter column n set not null",
    ),
    of_table(
        check="schema.no_primary_key",
        bad=f'create table {T} (n int);\ncreate publication "p""ub" for table {T}',
        severity=HIGH,
        heal=f"alter table {T} add primary key (n)",
    ),
    sound(
        check="security.public_schema",
        bad=f"grant create on schema {S} to public",
        object=f"schema:{S}",
        severity=MEDIUM,
    ),
    Case(
        check="security.definer_search_path",
        before=f'{SOUND};\ncreate role "own\'er"',
        bad=f"""
create function {S}."F""n"("a b" text, n int) returns int language sql security definer
  as 'select 1';
alter function {S}."F""n" owner to "own'er\"""",
        object=f'function:{S}."F""n"("a b" text, n integer)',
        severity=MEDIUM,
    ),
    sound(
        check="security.definer_search_path",
        bad=f"""
create procedure {S}."P""r"() language plpgsql security definer as 'begin end'""",
        object=f'function:{S}."P""r"()',
        severity=HIGH,
    ),
    Case(
        check="statements.extension",
        before="create extension pg_stat_statements",
        bad="drop extension pg_stat_statements",
        object="extension:pg_stat_statements",
        severity=MEDIUM,
    ),
)
