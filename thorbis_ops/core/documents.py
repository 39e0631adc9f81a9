"""Findings and silences as the objects of the contract: the command and the API print the same.

Additions are welcome here, renames are not. Pure.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from thorbis_ops.model import Finding, Unanswered


def finding(found: Finding) -> dict[str, Any]:
    """One finding as the contract's object."""
    return {
        "check": found.check,
        "object": found.object,
        "severity": found.severity.label,
        "proven": found.proven,
        "title": found.title,
        "detail": found.detail,
        "value": found.value,
        "unit": found.unit,
        "fix": found.fix,
        "evidence": dict(found.evidence),
        "muted": found.muted,
    }


def unanswered(found: Unanswered) -> dict[str, Any]:
    """One question that was not answered, with the reason."""
    return {"check": found.question, "reason": found.reason, "detail": found.detail}


def plain(value: object) -> float | str:
    """What JSON has no type for: a number stays a number, all else is text."""
    return float(value) if isinstance(value, Decimal) else str(value)
