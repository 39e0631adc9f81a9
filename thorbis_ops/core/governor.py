"""Keeps us harmless: what costs more than its share is asked less often, and says so. Pure."""

from __future__ import annotations

from thorbis_ops.model import Question

SHARE = 0.01


def interval(question: Question, seconds: float) -> float:
    """How often to ask, in seconds, when the last answer took ``seconds``.

    The cost stays at or below 1 % of the interval; a cheap question keeps its own.
    """
    return max(question.every, seconds / SHARE)


def is_held_back(question: Question, seconds: float) -> bool:
    """Whether the question is asked less often than it wants."""
    return interval(question, seconds) > question.every
