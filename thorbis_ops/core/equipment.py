"""Extensions and settings that a server should have for us, and why. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from thorbis_ops.core.diagnosis import Diagnosis, Facts, Needs, lost
from thorbis_ops.model import Server

STATEMENTS = "pg_stat_statements"


def statement_counters(server: Server, facts: Facts, needs: Needs) -> Diagnosis:
    """Whether pg_stat_statements counts here, in the newest version that the machine has."""
    installed, newest = server.extensions.get(STATEMENTS), facts.installable.get(STATEMENTS)
    fault = _statement_fault(installed, newest, facts, server)
    if fault is None:
        return Diagnosis(subject=STATEMENTS, verdict="ok", detail=f"{installed}, counting")
    detail, cure = fault
    if installed and facts.statements_preloaded:
        cost = f"version {installed} lacks columns of {newest}"
        blind: tuple[str, ...] = ()
    else:
        cost = "`statements` and `slo` are blind: no call is held against its objective"
        blind = lost(needs, f"extension:{STATEMENTS}")
    return Diagnosis(
        subject=STATEMENTS, verdict="missing", detail=detail, cost=cost, cure=cure, lost=blind
    )


def _statement_fault(
    installed: str | None, newest: str | None, facts: Facts, server: Server
) -> tuple[str, str] | None:
    """What keeps it from counting and the cure, or None."""
    create = "" if installed else f" then: create extension {STATEMENTS};"
    if newest is None:
        return "not installed on the machine", "apt-get install postgresql-contrib"
    if not facts.statements_preloaded:
        return "not preloaded", f"{_preload(server)} -- restart,{create}".removesuffix(",")
    if installed is None:
        return "not created in this database", f"create extension {STATEMENTS};"
    if installed != newest:
        return f"{installed}, {newest} is there", f"alter extension {STATEMENTS} update;"
    return None


def _preload(server: Server) -> str:
    present = server.settings.get("shared_preload_libraries")
    if present is None:
        return f"add {STATEMENTS} to shared_preload_libraries in postgresql.conf"
    libraries = [part.strip().strip('"') for part in present.split(",") if part.strip()]
    quoted = ", ".join(f"'{library}'" for library in (*libraries, STATEMENTS))
    return f"alter system set shared_preload_libraries = {quoted};"


def extensions(server: Server, facts: Facts, needs: Needs) -> Iterable[Diagnosis]:
    """Extensions that some check or job needs, other than the one told above."""
    for need in sorted(needs):
        kind, _, name = need.partition(":")
        if kind != "extension" or name == STATEMENTS or name in server.extensions:
            continue
        there = name in facts.installable
        yield Diagnosis(
            subject=name,
            verdict="missing",
            detail="not created" if there else "not installed on the machine",
            cost="what needs it is not asked",
            cure=f"create extension {_quoted(name)};"
            if there
            else f"install the package with {name}",
            lost=lost(needs, need),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    name: str
    good: frozenset[str]
    cost: str
    cure: str


def _wish(name: str, good: str, cost: str, after: str, value: str = "on") -> _Wish:
    cure = f"alter system set {name} = {value}; {after}".strip()
    return _Wish(name=name, good=frozenset(good.split()), cost=cost, cure=cure)


_RELOAD = "select pg_catalog.pg_reload_conf();"
_WISHES = (
    _wish(
        "track_io_timing",
        "on",
        "the time that statements wait for the disk is unknown",
        _RELOAD,
    ),
    _wish(
        "compute_query_id",
        "on auto",
        "statements have no id: they cannot be counted or named",
        _RELOAD,
        "auto",
    ),
    _Wish(
        name="archive_mode",
        good=frozenset({"on", "always"}),
        cost="no restore to a point in time: all since the last base backup can be lost",
        cure="set archive_command or archive_library first, then archive_mode = on, and restart",
    ),
    _Wish(
        name="data_checksums",
        good=frozenset({"on"}),
        cost="damage on the disk is read as data, and copied into every backup",
        cure='pg_checksums --enable --pgdata "$PGDATA" # with the server stopped',
    ),
)


def settings(server: Server, needs: Needs) -> Iterable[Diagnosis]:
    """Settings whose value takes sight or safety away; one that is hidden is unknown."""
    for wish in _WISHES:
        value = server.settings.get(wish.name)
        if value is None:
            yield Diagnosis(subject=wish.name, verdict="unknown", detail="not shown to this role")
        elif value in wish.good:
            yield Diagnosis(subject=wish.name, verdict="ok", detail=value)
        else:
            blind = lost(needs, *(f"setting:{wish.name}={good}" for good in wish.good))
            yield Diagnosis(
                subject=wish.name,
                verdict="missing",
                detail=f"is {value}",
                cost=wish.cost,
                cure=wish.cure,
                lost=blind,
            )
    yield _log(server)


def _log(server: Server) -> Diagnosis:
    """Lines for programs: jsonlog from 15 on, csvlog before; both need the collector."""
    value = server.settings.get("log_destination")
    form = "jsonlog" if server.major >= 15 else "csvlog"  # noqa: PLR2004 - the first with jsonlog
    if value is None:
        return Diagnosis(
            subject="log_destination", verdict="unknown", detail="not shown to this role"
        )
    collected = server.settings.get("logging_collector") == "on"
    if collected and {"jsonlog", "csvlog"} & {part.strip() for part in value.split(",")}:
        return Diagnosis(subject="log_destination", verdict="ok", detail=value)
    restart = "select pg_catalog.pg_reload_conf();" if collected else ""
    collector = "" if collected else " alter system set logging_collector = on; -- and restart"
    return Diagnosis(
        subject="log_destination",
        verdict="missing",
        detail=f"is {value}" + ("" if collected else " without the collector"),
        cost="errors, deadlocks and slow statements are in no log that a program can read",
        cure=f"alter system set log_destination = '{form}'; {restart}{collector}".replace(
            "  ", " "
        ),
    )


def _quoted(name: str) -> str:
    return name if re.fullmatch("[a-z_][a-z0-9_]*", name) else '"' + name.replace('"', '""') + '"'
