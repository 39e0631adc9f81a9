"""Work orders, the jobs that carry them out, and everything written down on a visit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from thorbis_ops.estate.rows import words
from thorbis_ops.estate.rows.shop import HISTORY_DAYS, Batch, Job, Shop, WorkOrder

_KINDS = ("diagnostic", "repair", "repair", "installation", "maintenance", "inspection")
_DONE = ("completed", "invoiced", "invoiced", "invoiced", "invoiced", "cancelled")
_OPEN = ("new", "scheduled", "scheduled", "in_progress", "on_hold")
_JOB_STATUS = {
    "new": "unscheduled",
    "scheduled": "scheduled",
    "in_progress": "in_progress",
    "on_hold": "scheduled",
    "completed": "completed",
    "invoiced": "completed",
    "cancelled": "cancelled",
}
_SETTLED_AFTER = timedelta(days=10)


def batches(shop: Shop) -> Iterator[Batch]:
    """From the agreement to the review of the visit."""
    yield Batch(
        "hs.work_orders",
        "id work_order_number customer_id property_id location_id summary priority status"
        " requested_at due_on completed_at estimated_amount created_by_user_id created_at",
        _orders(shop),
    )
    yield Batch(
        "hs.jobs",
        "id job_number work_order_id property_id lead_technician_id kind status"
        " scheduled_start_at scheduled_end_at started_at completed_at work_performed"
        " total_amount created_at",
        _jobs(shop),
    )
    yield Batch(
        "hs.job_assignments", "job_id technician_id role accepted_at created_at", _assigned(shop)
    )
    yield Batch(
        "hs.appointments",
        "id job_id arrival_window_starts_at arrival_window_ends_at status created_at",
        _appointments(shop),
    )
    yield Batch(
        "hs.job_checklist_steps",
        "job_id step_number instruction completed_by_technician_id completed_at created_at",
        _checklists(shop),
    )
    yield Batch(
        "hs.job_notes",
        "id job_id author_user_id body visible_to_customer created_at",
        _notes(shop),
    )
    yield Batch(
        "hs.time_entries",
        "id technician_id job_id activity starts_at ends_at created_at",
        _time_entries(shop),
    )
    yield Batch(
        "hs.attachments",
        "id attached_to_type attached_to_id file_name content_type byte_count sha256 storage_key"
        " uploaded_by_user_id created_at",
        _attachments(shop),
    )
    yield Batch(
        "hs.customer_messages",
        "id customer_id job_id direction channel body sent_at delivered_at created_at",
        _messages(shop),
    )
    yield Batch(
        "hs.reviews", "id job_id customer_id rating comment reviewed_at created_at", _reviews(shop)
    )


def _orders(shop: Shop) -> Iterator[tuple[object, ...]]:
    for _ in range(shop.count(6500, 10)):
        at = shop.ago(HISTORY_DAYS)
        settled = shop.now - at > _SETTLED_AFTER
        status = shop.pick(_DONE if settled else _OPEN)
        order = WorkOrder(shop.id(), shop.pick(shop.properties), at, status)
        shop.orders.append(order)
        yield (
            order.id,
            shop.number("work_order", "WO"),
            order.place.customer_id,
            order.place.id,
            shop.pick(shop.locations),
            shop.pick(words.PROBLEMS),
            shop.pick(("low", "normal", "normal", "high", "emergency")),
            status,
            at,
            (at + timedelta(days=7)).date(),
            shop.after(at, 200) if settled and status != "cancelled" else None,
            shop.between(90, 4000),
            shop.pick(shop.users),
            at,
        )


def _jobs(shop: Shop) -> Iterator[tuple[object, ...]]:
    for order in shop.orders:
        for _ in range(2 if shop.chance(0.15) else 1):
            yield _job(shop, order)


def _job(shop: Shop, order: WorkOrder) -> tuple[object, ...]:
    status = _JOB_STATUS[order.status]
    done = status == "completed"
    start = order.requested_at + timedelta(hours=shop.random.randint(1, 96))
    start = min(start, shop.now - timedelta(hours=3)) if done else start
    job = Job(shop.id(), order, shop.pick(shop.technicians), start, status)
    shop.jobs.append(job)
    planned = status != "unscheduled"
    return (
        job.id,
        shop.number("job", "J"),
        order.id,
        order.place.id,
        job.technician_id if planned else None,
        shop.pick(_KINDS),
        status,
        start if planned else None,
        start + timedelta(hours=2) if planned else None,
        start if done else None,
        start + timedelta(minutes=shop.random.randint(20, 170)) if done else None,
        shop.pick(words.WORK) if done else None,
        shop.between(90, 2500) if done else 0,
        order.requested_at,
    )


def _planned(shop: Shop) -> Iterator[Job]:
    return (job for job in shop.jobs if job.status != "unscheduled")


def _finished(shop: Shop) -> Iterator[Job]:
    return (job for job in shop.jobs if job.status == "completed")


def _assigned(shop: Shop) -> Iterator[tuple[object, ...]]:
    for job in _planned(shop):
        made = job.order.requested_at
        yield job.id, job.technician_id, "lead", made, made
        helper = shop.pick(shop.technicians)
        if helper != job.technician_id and shop.chance(0.2):
            yield job.id, helper, "helper", made, made


def _appointments(shop: Shop) -> Iterator[tuple[object, ...]]:
    for job in _planned(shop):
        status = "kept" if job.status == "completed" else "booked"
        ends = job.starts_at + timedelta(hours=2)
        yield shop.id(), job.id, job.starts_at, ends, status, job.order.requested_at


def _checklists(shop: Shop) -> Iterator[tuple[object, ...]]:
    for job in shop.jobs[::4]:
        done = job.status == "completed"
        for step, text in enumerate(words.CHECKLIST, start=1):
            at = shop.after(job.starts_at, 2) if done else None
            who = job.technician_id if done else None
            yield job.id, step, text, who, at, job.order.requested_at


def _notes(shop: Shop) -> Iterator[tuple[object, ...]]:
    for job in shop.jobs[::2]:
        body = shop.pick(words.NOTES)
        made = job.order.requested_at
        yield shop.id(), job.id, shop.pick(shop.users), body, shop.chance(0.3), made


def _time_entries(shop: Shop) -> Iterator[tuple[object, ...]]:
    for job in _finished(shop):
        start = job.starts_at
        for activity, minutes in (("travel", 25), ("work", shop.random.randint(20, 160))):
            end = start + timedelta(minutes=minutes)
            yield shop.id(), job.technician_id, job.id, activity, start, end, end
            start = end


def _attachments(shop: Shop) -> Iterator[tuple[object, ...]]:
    for job in shop.jobs[::3]:
        key = shop.id()
        yield (
            key,
            "job",
            job.id,
            f"photo-{shop.random.randint(1, 9999)}.jpg",
            "image/jpeg",
            shop.random.randint(90_000, 6_000_000),
            shop.digest(),
            f"{shop.tenant.rank}/{key}",
            shop.pick(shop.users),
            job.order.requested_at,
        )


def _messages(shop: Shop) -> Iterator[tuple[object, ...]]:
    for job in shop.jobs[::2]:
        at = shop.after(job.order.requested_at, 24)
        direction = shop.pick(("inbound", "outbound", "outbound"))
        channel, body = shop.pick(("sms", "email", "portal")), shop.pick(words.NOTES)
        yield shop.id(), job.order.place.customer_id, job.id, direction, channel, body, at, at, at


def _reviews(shop: Shop) -> Iterator[tuple[object, ...]]:
    for job in list(_finished(shop))[::4]:
        at = shop.after(job.starts_at, 240)
        rating = shop.pick((5, 5, 5, 4, 4, 3, 1))
        comment = shop.maybe(0.5, shop.pick(words.NOTES))
        yield shop.id(), job.id, job.order.place.customer_id, rating, comment, at, at
