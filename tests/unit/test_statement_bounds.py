"""Certain bounds on slow calls hold for every distribution, and are as tight as can be."""

from __future__ import annotations

import itertools
import math
from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.statement_entries import EPOCH, Entry
from thorbis_ops.statements.bounds import calls_above
from thorbis_ops.statements.interval import Interval, between, since_creation
from thorbis_ops.statements.share import share, tail

durations = st.one_of(
    st.floats(0.001, 1e5),
    st.integers(1, 3000).map(lambda n: n / 10),
    st.sampled_from([99.999999, 100.0, 100.000001, 0.05, 5000.0]),
)
histories = st.lists(durations, max_size=60)
spans = st.lists(durations, min_size=1, max_size=60)
thresholds = st.one_of(st.sampled_from([100.0, 500.0, 2000.0]), st.floats(0.01, 1e4))


def true_count(values: list[float], threshold: float) -> int:
    return sum(value > threshold for value in values)


def interval_of(history: list[float], span: list[float]) -> Interval:
    entry = Entry().run(history)
    before = entry.counters()
    now = entry.run(span).counters()
    return between(before, now) if history else since_creation(now)


@settings(max_examples=600, deadline=None)
@given(histories, spans, thresholds)
def test_the_truth_is_never_outside_the_bounds(
    history: list[float], span: list[float], threshold: float
) -> None:
    least, most = calls_above(interval_of(history, span), threshold)
    assert 0 <= least <= true_count(span, threshold) <= most <= len(span)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(durations, min_size=1, max_size=5),
    st.integers(10**3, 10**10),
    spans,
    thresholds,
)
def test_the_truth_is_inside_also_after_a_billion_calls(
    history: list[float], copies: int, span: list[float], threshold: float
) -> None:
    """As if the history had been repeated so often, with the rounding of each addition left out."""
    entry = Entry().run(history)
    entry.calls *= copies
    entry.total *= copies
    entry.squares *= copies
    before = entry.counters()
    entry.squares = before.square_sum
    interval = between(before, entry.run(span).counters())
    least, most = calls_above(interval, threshold)
    assert least <= true_count(span, threshold) <= most


@settings(max_examples=200, deadline=None)
@given(histories, spans, spans, thresholds)
def test_a_reset_of_the_extremes_in_between_loosens_but_never_lies(
    history: list[float], span: list[float], rest: list[float], threshold: float
) -> None:
    entry = Entry(since=EPOCH, extremes_since=EPOCH).run(history)
    before = entry.counters()
    entry.run(span)
    entry.reset_extremes(EPOCH + timedelta(seconds=3))
    now = entry.run(rest).counters()
    interval = between(before, now) if history else since_creation(now)
    least, most = calls_above(interval, threshold)
    assert least <= true_count(span + rest, threshold) <= most


@settings(max_examples=200, deadline=None)
@given(histories, st.lists(durations, min_size=1, max_size=2), thresholds)
def test_one_and_two_calls_are_known_exactly(
    history: list[float], span: list[float], threshold: float
) -> None:
    assume(all(abs(value - threshold) > 1e-4 * threshold for value in span))
    assume(len(span) == 1 or abs(span[0] - span[1]) > 1e-3 * max(span))
    count = true_count(span, threshold)
    assert calls_above(interval_of(history, span), threshold) == (count, count)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(1, 1e4), min_size=3, max_size=3), thresholds)
def test_three_calls_of_a_new_statement_are_known_exactly(
    span: list[float], threshold: float
) -> None:
    assume(min(abs(a - b) for a, b in itertools.combinations(span, 2)) > 0.5)
    assume(all(abs(value - threshold) > 0.1 for value in span))
    count = true_count(span, threshold)
    assert calls_above(since_creation(Entry().run(span).counters()), threshold) == (count, count)


def feasible(interval: Interval, threshold: float) -> list[int]:
    """Every k that some vector reaches, by trying all corners of the polytope of each k.

    The greatest sum of squares is at a corner, where all values but one are at a bound; the
    least is where each group is level.
    """
    n, total, low, high = interval.calls, interval.total, interval.low, interval.high
    wanted = interval.squares + total * total / n
    found = []
    for k in range(n + 1):
        greatest = max(corners(n, k, total, low, high, threshold), default=-math.inf)
        if greatest < wanted * (1 - 1e-12) or least(n, k, total, threshold) > wanted * (1 + 1e-12):
            continue
        found.append(k)
    return found


def corners(n: int, k: int, total: float, low: float, high: float, threshold: float) -> list[float]:
    ranges = [(threshold, high)] * k + [(low, threshold)] * (n - k)
    sums = []
    for free in range(n):
        others = [r for i, r in enumerate(ranges) if i != free]
        for corner in itertools.product(*others):
            value = total - sum(corner)
            if ranges[free][0] - 1e-9 <= value <= ranges[free][1] + 1e-9:
                sums.append(value * value + sum(c * c for c in corner))
    return sums


def least(n: int, k: int, total: float, threshold: float) -> float:
    mean = total / n
    if k in {0, n} or mean == threshold:
        return total * mean
    inner, outer = (k, n - k) if mean < threshold else (n - k, k)
    return inner * threshold**2 + (total - inner * threshold) ** 2 / outer


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 400), min_size=3, max_size=6),
    st.integers(10, 390),
    st.integers(0, 50),
    st.integers(0, 200),
)
def test_bounds_are_the_tightest_that_the_moments_allow(
    values: list[int], threshold: int, below: int, beyond: int
) -> None:
    n, total = len(values), float(sum(values))
    squares = sum((value - total / n) ** 2 for value in values)
    interval = Interval(
        calls=n,
        rows=n,
        total=total,
        total_error=0.0,
        squares=squares,
        squares_error=1e-9,
        low=float(max(0, min(values) - below)),
        high=float(max(values) + beyond),
    )
    if not interval.low <= threshold < interval.high:
        return
    possible = feasible(interval, threshold + 0.5)
    assert calls_above(interval, threshold + 0.5) == (min(possible), max(possible))


def test_contradicting_counters_bound_nothing() -> None:
    nonsense = Interval(
        calls=10, rows=10, total=500.0, total_error=0, squares=1e9, squares_error=0, low=1, high=90
    )
    assert calls_above(nonsense, 60.0) == (0, 10)


def test_a_maximum_below_the_threshold_is_proof() -> None:
    interval = interval_of([5.0] * 50, [20.0, 30.0, 99.0, 100.0])
    assert calls_above(interval, 100.0) == (0, 0)


def test_a_minimum_above_the_threshold_is_proof() -> None:
    assert calls_above(interval_of([150.0], [200.0] * 7), 100.0) == (7, 7)


def test_a_possible_rebirth_widens_the_bounds_to_hold_either_way() -> None:
    born = Entry().run([10.0, 10.0]).counters()
    now = Entry().run([10.0, 10.0, 400.0, 300.0]).counters()
    straight = between(born, now)
    doubtful = Interval(
        **{name: getattr(straight, name) for name in Interval.__slots__ if name != "otherwise"},
        otherwise=since_creation(now),
    )
    assert calls_above(straight, 100.0) == (2, 2)
    assert calls_above(doubtful, 100.0) == (0, 2)


@pytest.mark.parametrize(
    ("mean", "deviation", "threshold", "expected"),
    [
        (50.0, 0.0, 100.0, 0.0),
        (150.0, 0.0, 100.0, 1.0),
        # lognormal, mu = 3, sigma = 0.5: P(X > 40) by the normal distribution
        (22.7598950935, 12.1296, 40.0, 0.084067),
        # gamma of shape 1 is the exponential: exp(-2)
        (50.0, 50.0, 100.0, 0.135335),
        # gamma of shape 0.5, scale 2 is chi-squared of one degree of freedom
        (1.0, math.sqrt(2), 3.841459, 0.05),
    ],
)
def test_tail_of_known_distributions(
    mean: float, deviation: float, threshold: float, expected: float
) -> None:
    assert tail(mean, deviation**2, threshold) == pytest.approx(expected, abs=2e-4)


@settings(max_examples=300, deadline=None)
@given(histories, spans, st.floats(0.001, 10))
def test_the_estimate_stays_within_the_bounds(
    history: list[float], span: list[float], threshold: float
) -> None:
    result = share(interval_of(history, span), threshold)
    assert result.above_min <= result.above_estimated <= result.above_max


@given(spans, spans, st.floats(0.001, 10))
def test_shares_of_two_spans_add_up(one: list[float], other: list[float], threshold: float) -> None:
    both = share(interval_of([], one), threshold) + share(interval_of([], other), threshold)
    assert both.calls == len(one) + len(other)
    assert both.above_min <= true_count(one + other, threshold * 1000.0) <= both.above_max
