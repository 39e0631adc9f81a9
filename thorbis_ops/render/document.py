"""A report as the JSON of the contract. Additions are welcome here, renames are not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from thorbis_ops.core import documents
from thorbis_ops.core.report import Report
from thorbis_ops.model import Tenancy

VERSION = 1


def rfc3339(moment: datetime) -> str:
    """A moment in UTC to the second, as the contract writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dumps(value: Any) -> str:
    """One indented JSON document: numbers as numbers; what JSON has no type for, as text."""
    return orjson.dumps(value, default=documents.plain, option=orjson.OPT_INDENT_2).decode()


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
        "findings": [documents.finding(f) for f in found.findings],
        "unanswered": [documents.unanswered(u) for u in found.unanswered],
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
