"""What vacuum and analyze should have done, and what keeps them from it."""

from functools import partial

from tests.content.asking import Case
from thorbis_ops.model import Severity

MEDIUM, HIGH = Severity.MEDIUM, Severity.HIGH

S = '"Sche""ma 🐘"'
T = f'{S}."Ta""ble"'
# A session's counts reach the statistics late; what comes later must not overtake them.
FLUSH = "select pg_stat_force_next_flush()"
SOUND = f"""create schema {S};
create table {T} (n int) with (autovacuum_enabled = true);
insert into {T} select n from generate_series(1, 30000) as n;
{FLUSH};
vacuum analyze {T}"""
PARTITIONED = f"""create schema {S};
create table {T} (n int) partition by hash (n);
create table {S}.p0 partition of {T} for values with (modulus 2, remainder 0);
create table {S}.p1 partition of {T} for values with (modulus 2, remainder 1)"""
LOADED = f"""insert into {T} select generate_series(1, 4000);
{FLUSH};
analyze {S}.p0, {S}.p1"""

of_table = partial(Case, object=f"table:{T}", severity=MEDIUM)
stale = partial(of_table, check="vacuum.stale_statistics")

CASES = (
    of_table(
        check="vacuum.dead_rows", before=SOUND, bad=f"delete from {T} where n > 15000;\n{FLUSH}"
    ),
    stale(before=SOUND, bad=f"update {T} set n = 0 where n <= 20000;\n{FLUSH}"),
    stale(
        before=f"create schema {S};\ncreate table {T} (n int)",
        bad=f"insert into {T} select generate_series(1, 2000);\n{FLUSH}",
    ),
    # Each partition was analyzed, the table itself never.
    stale(before=PARTITIONED, bad=LOADED),
    # The table was analyzed as well, and has twice its rows since.
    stale(before=f"{PARTITIONED};\n{LOADED};\nanalyze {T}", bad=LOADED),
    of_table(
        check="vacuum.autovacuum_disabled",
        before=SOUND,
        bad=f"alter table {T} set (autovacuum_enabled = off)",
    ),
    Case(
        # The age at which it must be frozen is set so low that a few transactions count.
        check="vacuum.freeze_tables",
        before=f"create schema {S};\ncreate table {T} (n int);\nvacuum (freeze) {T}",
        bad=f"alter table {T} set (autovacuum_freeze_max_age = 100000);\n"
        + ";\n".join(["select pg_current_xact_id()"] * 60),
        object=f"table:{T}",
        severity=HIGH,
        thresholds={HIGH: 0.0005},
        instead={"where r.place = 1 or r.ratio >= 1": ""},
    ),
)
