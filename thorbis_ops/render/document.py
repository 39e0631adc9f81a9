"""A report as the JSON of the contract. Additions are welcome here, renames are not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from thorbis_ops.core.report import Report
from thorbis_ops.model import Finding, Tenancy, Unanswered

VERSION = 1


def rfc3339(moment: datetime) -> str:
    """A moment in UTC to the second, as the contract writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dumps(value: Any) -> str:
    """One indented JSON document: numbers as numbers; what JSON has no type for, as text."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2).decode()


def _plain(value: object) -> float | str:
    return float(value) if isinstance(value, Decimal) else str(value)


def reports(found: Sequence[Report]) -> str:
    """The document of one target; of several, theirs in a list."""
    documents = [report(one) for one in found]
    if len(documents) == 1:
        return dumps(documents[0])
    return dumps({"version": VERSION, "targets": documents})


def report(found: Report) -> dict[str, Any]:
    """One report as the contract's object."""
    server = found.server
    return {
        "version": VERSION,
        "target": found.target,
        "server": {"version": server.version, "role": server.role} if server else None,
        "started_at": rfc3339(found.started_at),
        "duration_seconds": round(found.seconds, 3),
        "tenancy": tenancy(found.tenancy),
        "findings": [finding(f) for f in found.findings],
        "unanswered": [unanswered(u) for u in found.unanswered],
        "summary": {
            "checks": found.checks,
            "tables": found.tables,
            "by_severity": found.by_severity(),
        },
        "error": found.error,
    }


def tenancy(found: Tenancy) -> dict[str, Any]:
    """How tenants are told apart, and whether that was inferred."""
    return {
        "column": found.column,
        "setting": found.setting,
        "app_roles": list(found.app_roles),
        "inferred": found.inferred,
    }


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
