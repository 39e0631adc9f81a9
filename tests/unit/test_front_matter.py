"""A file's header: what is read from it, and what is refused with the file's name."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thorbis_ops.core import front_matter, jobs, questions
from thorbis_ops.errors import ContentError
from thorbis_ops.model import Question, Severity, Window

PATH = Path("checks/vacuum/wraparound@14-16.sql")
GOOD = """/*
title = "Transaction ids are running out"
every = "1h30m"
needs = ["primary", "extension:pg_stat_statements"]
medium = 500
critical = 1500
[metrics.pg_database_xid_age]
help = "Age"
labels = ["datname"]
*/
select 1 as value;
"""


def test_a_header_becomes_a_question() -> None:
    question = questions.parse(GOOD, PATH)
    assert question.id == "vacuum.wraparound"
    assert question.area == "vacuum"
    assert question.versions == (14, 16)
    assert question.every == 5400
    assert question.thresholds == {Severity.MEDIUM: 500, Severity.CRITICAL: 1500}
    assert question.sql == "select 1 as value"
    assert question.metrics[0].labels == ("datname",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("select 1", "begin the file with a /*"),
        ("/* title = 'x'", "never closed"),
        ("/* title = 'x' /* */ select 1", "would nest"),
        ("/* title = */ select 1", "not valid TOML"),
        ("/* title = 'x' */", "no statement follows"),
        ("/* severity = 'high' */ select 1", "title is missing"),
        ("/* title = 'x' */ select 1", "severity is missing"),
        ("/* title = 'x'\nseverity = 'bad' */ select 1", '"bad" is not a severity'),
        ("/* title = 'x'\nseverity = 'low'\nhigh = 5 */ select 1", "stands beside thresholds"),
        ("/* title = 'x'\nhigh = true */ select 1", "high must be a number"),
        ("/* title = 'x'\nlow = 5\nhigh = 4 */ select 1", "must grow worse"),
        ("/* title = 'x'\nhigh = 4\ncolour = 1 */ select 1", "colour is not a key"),
        ("/* title = 'x'\nhigh = 4\nevery = '5 parsecs' */ select 1", "every is wrong"),
        ("/* title = 'x'\nhigh = 4\nneeds = ['luck'] */ select 1", "needs holds 'luck'"),
        ("/* title = 'x'\nfacts = true\nhigh = 4 */ select 1", "facts questions are neither"),
        ("/* title = 'x'\n[metrics.m]\ntype = 'graph' */ select 1", "metrics.m.type is 'graph'"),
        ("/* title = 'x'\nhigh = 4 */ select '\0'", "NUL"),
    ],
)
def test_a_fault_names_the_file_and_the_key(text: str, said: str) -> None:
    with pytest.raises(ContentError) as caught:
        questions.parse(text, PATH)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(PATH))


def test_gaps_and_overlaps_between_variants_are_told() -> None:
    def variant(name: str) -> Question:
        return questions.parse(GOOD, Path(f"checks/vacuum/{name}.sql"))

    assert questions.gaps([variant("a@14-16"), variant("a@17-18")]) == []
    assert questions.gaps([variant("a@14-15"), variant("a@17-18")]) == [
        "vacuum.a: no variant for 16"
    ]
    assert questions.gaps([variant("a@14-17"), variant("a@17-18")]) == [
        "vacuum.a: 2 variants for 17"
    ]


@given(st.integers(0, 10**6), st.sampled_from(["s", "m", "h", "d"]))
def test_a_duration_reads_back(count: int, unit: str) -> None:
    assert front_matter.seconds(f"{count}{unit}") == count * front_matter._UNITS[unit]


@given(st.text(max_size=8))
def test_a_duration_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert front_matter.seconds(text) >= 0


JOB = '/*\ntitle = "x"\nschedule = "30 1 * * *"\ncommands = ["ANALYZE"]\n*/ select 1'


def test_a_job_is_read() -> None:
    job = jobs.parse(JOB.replace("*/", 'window = "22:00-04:00"\nlock_timeout = "200ms"\n*/'),
                     Path("maintenance/analyze.sql"))  # fmt: skip
    assert (job.name, job.schedule, job.lock_timeout) == ("analyze", "30 1 * * *", 0.2)
    assert job.window == Window(opens=1320, closes=240)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('schedule = "1 2 3"', "five fields"),
        ("commands = []", "commands is missing"),
        ('window = "25:00-26:00"', "not a window"),
        ("parallel = 0", "parallel must be at least 1"),
    ],
)
def test_a_faulty_job_is_refused(line: str, said: str) -> None:
    key = line.partition(" = ")[0]
    kept = [text for text in JOB.splitlines() if not text.startswith(key)]
    text = "\n".join([kept[0], line, *kept[1:]])
    with pytest.raises(ContentError, match=said):
        jobs.parse(text, Path("maintenance/analyze.sql"))


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 1439))
def test_a_window_and_its_complement_never_both_hold(opens: int, closes: int, minute: int) -> None:
    inside = Window(opens=opens, closes=closes).holds(minute)
    outside = Window(opens=closes, closes=opens).holds(minute)
    assert inside != outside or opens == closes
