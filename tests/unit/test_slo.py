"""A verdict stands only where nothing unknown could overturn it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thorbis_ops.slo.burn import BURN_RULES, BurnRule, burn, can_fire, highest_burn, impossible
from thorbis_ops.slo.objective import DEFAULT_OBJECTIVES, Objective, Tally, total, verdict
from thorbis_ops.slo.report import slo_document

OLTP = DEFAULT_OBJECTIVES[0]


def tally(calls: int, bad_min: int, bad_max: int) -> Tally:
    return Tally(
        calls=calls, bad_min=bad_min, bad_max=bad_max, bad_estimated=(bad_min + bad_max) / 2
    )


@pytest.mark.parametrize(
    ("counted", "unseen", "expected"),
    [
        (tally(100, 0, 5), 0, "met"),
        (tally(100, 0, 6), 0, "undetermined"),
        (tally(100, 6, 40), 0, "missed"),
        (tally(100, 5, 40), 0, "undetermined"),
        (tally(0, 0, 0), 0, "undetermined"),
        (tally(100, 0, 0), 5, "met"),
        (tally(100, 0, 0), 6, "undetermined"),
        (tally(100, 50, 60), 5, "missed"),
        (tally(100, 50, 60), 900, "undetermined"),
        (tally(0, 0, 0), 100, "undetermined"),
    ],
)
def test_verdict(counted: Tally, unseen: int, expected: str) -> None:
    assert verdict(OLTP, counted, unseen=unseen) == expected


@given(
    st.integers(0, 200), st.integers(0, 200), st.integers(0, 200), st.floats(0.5, 0.999), st.data()
)
def test_no_verdict_is_contradicted_by_what_was_unknown(
    calls: int, bad_min: int, unseen: int, share: float, data: st.DataObject
) -> None:
    bad_min = min(bad_min, calls)
    bad_max = data.draw(st.integers(bad_min, calls))
    bad = data.draw(st.integers(bad_min, bad_max)) + data.draw(st.integers(0, unseen))
    objective = Objective(name="x", statement_class="oltp", threshold_seconds=0.1, objective=share)
    said = verdict(objective, tally(calls, bad_min, bad_max), unseen=unseen)
    kept = calls + unseen - bad >= share * (calls + unseen)
    assert said == "undetermined" or (said == "met") == kept


def test_tallies_add_up() -> None:
    both = total([tally(10, 1, 3), tally(20, 0, 4)])
    assert (both.calls, both.good_min, both.good_max, both.good_estimated) == (30, 23, 29, 26.0)


def test_the_defaults_are_those_of_the_mission() -> None:
    assert [(o.name, o.threshold_seconds, o.objective) for o in DEFAULT_OBJECTIVES] == [
        ("oltp", 0.1, 0.95),
        ("analytics", 0.5, 0.95),
        ("bulk", 2.0, 0.95),
    ]


def test_document_has_the_shape_of_the_contract() -> None:
    document = slo_document(
        DEFAULT_OBJECTIVES,
        {"oltp": tally(100, 1, 3)},
        target="main",
        window_seconds=10.0,
        coverage=0.998,
        unseen=0,
        statements=[],
    )
    assert list(document) == [
        "version",
        "target",
        "window_seconds",
        "coverage",
        "objectives",
        "statements",
    ]
    assert document["objectives"][0] == {
        "name": "oltp",
        "threshold_seconds": 0.1,
        "objective": 0.95,
        "calls": 100,
        "good_estimated": 98.0,
        "good_min": 97,
        "good_max": 99,
        "good_measured": None,
        "verdict": "met",
    }
    assert document["objectives"][1]["verdict"] == "undetermined"


@pytest.mark.parametrize(
    ("rule", "share"), list(zip(BURN_RULES, (0.02, 0.05, 0.10, 0.10), strict=True))
)
def test_the_factor_of_each_rule_is_the_budget_it_spends(rule: BurnRule, share: float) -> None:
    assert rule.budget_share == pytest.approx(share)
    assert rule.long_seconds == pytest.approx(12 * rule.short_seconds)


def test_an_alert_that_can_never_fire_is_refused_with_the_cure() -> None:
    assert impossible(0.95) is None
    said = impossible(0.90)
    assert said is not None
    assert "14.4 can never fire" in said
    assert "above 0.931" in said


@given(st.floats(0.5, 0.9999), st.floats(0.1, 100))
def test_an_alert_can_fire_iff_all_calls_bad_would_fire_it(objective: float, factor: float) -> None:
    assert can_fire(factor, objective) == (factor * (1.0 - objective) < 1.0)
    if factor < highest_burn(objective) * 0.999:
        assert can_fire(factor, objective)


def test_burn() -> None:
    assert burn(10, 100, 0.95) == pytest.approx(2.0)
    assert burn(0, 0, 0.95) is None
