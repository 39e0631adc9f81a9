"""What is left behind on the server, outside of any session."""

from tests.content.asking import Case
from thorbis_ops.model import Severity

LOW, MEDIUM = Severity.LOW, Severity.MEDIUM

PREPARE = """create table t ();
begin;
insert into t default values;
prepare transaction 'g''i"d 🐘'"""

CASES = (
    Case(
        check="activity.prepared_transactions",
        bad=PREPARE,
        object='transaction:"g\'i""d 🐘"',
        severity=MEDIUM,
        thresholds={MEDIUM: 0},
    ),
    Case(
        check="vacuum.horizon",
        bad=PREPARE,
        object='transaction:"g\'i""d 🐘"',
        severity=MEDIUM,
        thresholds={MEDIUM: 0},
        instead={"where r.place = 1 or r.age >= 10000000": ""},
    ),
    Case(
        check="replication.slots_inactive",
        bad="select pg_create_physical_replication_slot('left_behind', true)",
        object="slot:left_behind",
        severity=MEDIUM,
        thresholds={MEDIUM: 0},
    ),
    Case(
        check="vacuum.horizon",
        bad="select pg_create_logical_replication_slot('left_behind', 'pgoutput')",
        object="slot:left_behind",
        severity=MEDIUM,
        thresholds={MEDIUM: 0},
        instead={"where r.place = 1 or r.age >= 10000000": ""},
    ),
    Case(
        check="activity.connections",
        before='create role "Lim""it" login',
        bad='alter role "Lim""it" connection limit 1',
        object='role:"Lim""it"',
        severity=LOW,
        heal='alter role "Lim""it" connection limit -1',
        thresholds={LOW: 0},
    ),
)
