"""What grows without end: events, positions, histories, audit trail, outbox.

Only the last weeks are made, since older partitions would have been retired.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

from thorbis_ops.estate.rows.shop import LIVE_DAYS, Batch, Shop

_EVENTS = ("created", "scheduled", "dispatched", "en_route", "arrived", "started", "completed")
_PATH = ("new", "scheduled", "in_progress", "completed", "invoiced")
_PREFIXES = {
    "customer": "C",
    "work_order": "WO",
    "job": "J",
    "estimate": "E",
    "invoice": "INV",
    "payment": "P",
    "purchase_order": "PO",
    "service_agreement": "SA",
}


def batches(shop: Shop) -> Iterator[Batch]:
    """The partitioned logs, the outbox, and where each series of numbers stands."""
    yield Batch(
        "hs.work_order_status_history",
        "changed_at id work_order_id from_status to_status changed_by_user_id",
        _history(shop),
    )
    yield Batch(
        "hs.job_events", "occurred_at id job_id technician_id kind device payload", _events(shop)
    )
    yield Batch(
        "hs.gps_pings",
        "recorded_at id technician_id latitude longitude accuracy_m speed_kmh heading_degrees"
        " battery_percent",
        _positions(shop),
    )
    yield Batch(
        "user_mgmt.sign_in_attempts",
        "attempted_at id user_id email ip_address outcome",
        _sign_ins(shop),
    )
    yield Batch(
        "tenant_mgmt.audit_log",
        "occurred_at id actor_user_id actor_role action table_schema table_name row_key changes",
        _audit(shop),
    )
    yield Batch(
        "tenant_mgmt.outbox_messages", "topic payload published_at created_at", _outbox(shop)
    )
    yield Batch(
        "tenant_mgmt.number_series", "document_type prefix next_number created_at", _series(shop)
    )


def _history(shop: Shop) -> Iterator[tuple[object, ...]]:
    for order in shop.orders:
        at, user = order.requested_at, shop.pick(shop.users)
        steps = _PATH[: _PATH.index(order.status) + 1] if order.status in _PATH else _PATH[:1]
        for before, status in zip((None, *steps), steps, strict=False):
            if shop.is_live(at):
                yield at, shop.id(), order.id, before, status, user
            at = shop.after(at, 72)


def _events(shop: Shop) -> Iterator[tuple[object, ...]]:
    for job in shop.jobs:
        at = job.order.requested_at
        for kind in _EVENTS if job.status == "completed" else _EVENTS[:2]:
            if shop.is_live(at):
                payload = json.dumps({"source": "mobile", "battery": shop.random.randint(5, 100)})
                yield at, shop.id(), job.id, job.technician_id, kind, "android", payload
            at = shop.after(at, 12)


def _positions(shop: Shop) -> Iterator[tuple[object, ...]]:
    for i in range(shop.count(32_000, 20)):
        yield (
            shop.ago(LIVE_DAYS),
            shop.id(),
            shop.technicians[i % len(shop.technicians)],
            round(41 + shop.random.gauss(0, 0.2), 6),
            round(-87 + shop.random.gauss(0, 0.2), 6),
            shop.pick((4, 6, 9, 15)),
            shop.random.randint(0, 110),
            shop.random.randint(0, 359),
            shop.random.randint(5, 100),
        )


def _sign_ins(shop: Shop) -> Iterator[tuple[object, ...]]:
    for _ in range(shop.count(5000, 5)):
        user = shop.pick(shop.users)
        address = f"198.51.100.{shop.random.randint(1, 254)}"
        outcome = "success" if shop.chance(0.94) else "wrong_password"
        email = f"{user[:8]}@business{shop.tenant.rank}.example"
        yield shop.ago(LIVE_DAYS), shop.id(), user, email, address, outcome


def _audit(shop: Shop) -> Iterator[tuple[object, ...]]:
    for order in shop.orders:
        if shop.is_live(order.requested_at):
            key = json.dumps({"business_id": shop.tenant.id, "id": order.id})
            changes = json.dumps({"status": [None, "new"]})
            at, actor = order.requested_at, shop.pick(shop.users)
            source = "thorbis_app", "insert", "hs", "work_orders"
            yield at, shop.id(), actor, *source, key, changes


def _outbox(shop: Shop) -> Iterator[tuple[object, ...]]:
    for job in shop.jobs[::4]:
        at = job.order.requested_at
        sent = at + timedelta(seconds=2)
        yield f"job.{job.status}", json.dumps({"job_id": job.id}), sent, at


def _series(shop: Shop) -> Iterator[tuple[object, ...]]:
    for kind, prefix in _PREFIXES.items():
        yield kind, prefix, shop.numbers[kind] + 1, shop.now - timedelta(days=LIVE_DAYS)
