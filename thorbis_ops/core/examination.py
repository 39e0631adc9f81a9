"""The whole examination of a server: who we are there, what it has, where the store stands.

Pure: discovery, facts and needs in, diagnoses out, in the order in which one would cure them.
"""

from __future__ import annotations

from collections.abc import Iterable

from thorbis_ops.core.diagnosis import Diagnosis, Facts, Needs, StoreFacts, lost
from thorbis_ops.core.equipment import extensions, settings, statement_counters
from thorbis_ops.model import Server

CONNECTIONS_NEEDED = 3


def diagnose(
    server: Server, facts: Facts, store: StoreFacts, needs: Needs
) -> tuple[Diagnosis, ...]:
    """Every subject that was looked at, those that are well too.

    ``needs`` maps a need, as headers write it, to the checks and jobs that have it.
    """
    return (
        _role(server),
        _statistics(server, facts, needs),
        *_connections(server, facts),
        statement_counters(server, facts, needs),
        *extensions(server, facts, needs),
        *settings(server, needs),
        _store(store),
        _maintenance(server, facts, needs),
    )


def _role(server: Server) -> Diagnosis:
    excess = "a superuser; a monitor needs far less" if server.superuser else "no superuser"
    return Diagnosis(subject="role", verdict="ok", detail=f"{server.user}, {excess}")


def _statistics(server: Server, facts: Facts, needs: Needs) -> Diagnosis:
    subject = "pg_monitor"
    if server.superuser or "pg_monitor" in server.memberships:
        return Diagnosis(subject=subject, verdict="ok", detail="sees all statistics and settings")
    members = [need for need in needs if need.startswith("member:")]
    return Diagnosis(
        subject=subject,
        verdict="missing",
        detail=f"{server.user} is no member",
        cost="sessions, statements and settings of others are hidden, so faults in them are too",
        cure=f"grant pg_monitor to {facts.quoted_user};",
        lost=lost(needs, *members),
    )


def _connections(server: Server, facts: Facts) -> Iterable[Diagnosis]:
    limit = int(server.settings.get("max_connections", "0"))
    free = limit - facts.connections_reserved - facts.connections_used
    told = f"{max(free, 0)} of {limit} free"
    if free >= CONNECTIONS_NEEDED:
        yield Diagnosis(subject="max_connections", verdict="ok", detail=told)
    else:
        yield Diagnosis(
            subject="max_connections",
            verdict="missing",
            detail=f"{told}; {CONNECTIONS_NEEDED} are needed",
            cost="the monitor is locked out just when it matters",
            cure=f"alter system set max_connections = {limit + 50}; -- and restart",
        )
    if 0 <= facts.role_limit < CONNECTIONS_NEEDED:
        yield Diagnosis(
            subject="connection limit",
            verdict="missing",
            detail=f"{server.user} may open {facts.role_limit}",
            cost="questions wait for one another, or are not asked",
            cure=f"alter role {facts.quoted_user} connection limit 10;",
        )


def _store(store: StoreFacts) -> Diagnosis:
    if store.fault is None:
        return Diagnosis(subject="store", verdict="ok", detail=store.detail)
    return Diagnosis(
        subject="store",
        verdict="missing",
        detail=store.fault,
        cost="no history, no journal, and so no maintenance: the daemon only watches",
        cure=store.cure,
    )


def _maintenance(server: Server, facts: Facts, needs: Needs) -> Diagnosis:
    subject = "maintenance role"
    if facts.maintenance_role or server.superuser:
        detail = "thorbis_ops_maintenance" if facts.maintenance_role else f"{server.user} may"
        return Diagnosis(subject=subject, verdict="ok", detail=detail)
    return Diagnosis(
        subject=subject,
        verdict="missing",
        detail="there is no thorbis_ops_maintenance",
        cost="no job may run",
        cure="thorbis-ops init --apply",
        lost=lost(needs, "maintenance"),
    )
