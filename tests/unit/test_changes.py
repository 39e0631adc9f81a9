"""What a user is told of yesterday and today: opened, worsened, improved, closed, unseen."""

from hypothesis import given
from hypothesis import strategies as st

from thorbis_ops.core.changes import Changes, compare
from thorbis_ops.model import Finding, Severity

CHECKS = ("a.one", "a.two", "b.three")


def finding(check: str, name: str = "table:t", severity: Severity = Severity.MEDIUM) -> Finding:
    return Finding(target="main", check=check, object=name, severity=severity, title="")


def test_a_new_finding_opens_and_one_that_is_gone_closes() -> None:
    old, new = finding("a.one"), finding("a.two")
    changes = compare([old], [new], asked=CHECKS)
    assert (changes.opened, changes.closed) == ((new,), (old,))
    assert changes.any


def test_a_check_that_gave_no_answer_closes_nothing() -> None:
    old = finding("a.one")
    changes = compare([old], [], asked=CHECKS, unanswered=["a.one"])
    assert changes == Changes(unseen=(old,))
    assert not changes.any


def test_a_check_that_was_not_asked_closes_nothing() -> None:
    old = finding("a.one")
    assert compare([old], [], asked=["a.two"]) == Changes(unseen=(old,))


def test_what_a_partial_answer_does_report_counts() -> None:
    old, seen = finding("a.one", "table:x"), finding("a.one", "table:y")
    changes = compare([old], [seen], asked=CHECKS, unanswered=["a.one"])
    assert changes == Changes(opened=(seen,), unseen=(old,))


def test_a_graver_severity_worsens_and_a_lesser_one_improves() -> None:
    low, high = (finding("a.one", severity=s) for s in (Severity.LOW, Severity.HIGH))
    worsened = compare([low], [high], asked=CHECKS).worsened
    improved = compare([high], [low], asked=CHECKS).improved
    assert [(r.before, r.finding) for r in worsened] == [(Severity.LOW, high)]
    assert [(r.before, r.finding) for r in improved] == [(Severity.HIGH, low)]


def test_of_two_findings_with_one_key_the_worse_counts() -> None:
    low, high = (finding("a.one", severity=s) for s in (Severity.LOW, Severity.HIGH))
    assert compare([], [high, low], asked=CHECKS).opened == (high,)


findings = st.lists(
    st.builds(
        finding, st.sampled_from(CHECKS), st.sampled_from(("x", "y")), st.sampled_from(Severity)
    ),
    max_size=8,
)
checks = st.frozensets(st.sampled_from(CHECKS))


@given(findings, findings, checks, checks)
def test_every_finding_is_told_exactly_once(
    before: list[Finding],
    now: list[Finding],
    asked: frozenset[str],
    unanswered: frozenset[str],
) -> None:
    changes = compare(before, now, asked=asked, unanswered=unanswered)
    regraded = [r.finding for r in (*changes.worsened, *changes.improved)]
    told = [*changes.opened, *regraded, *changes.closed, *changes.unchanged, *changes.unseen]
    assert sorted(f.key for f in told) == sorted({f.key for f in (*before, *now)})
    assert all(f.check in asked - unanswered for f in changes.closed)


@given(findings)
def test_the_same_findings_are_no_news(before: list[Finding]) -> None:
    changes = compare(before, before, asked=CHECKS)
    assert not changes.any
    assert not changes.unseen
