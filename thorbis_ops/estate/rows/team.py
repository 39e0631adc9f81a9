"""The people who do the work: teams, technicians, vehicles, shifts, and their sign-ins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from thorbis_ops.estate.rows.shop import HISTORY_DAYS, Batch, Shop

_SKILLS = (
    ("Refrigerant handling", True),
    ("Gas fitting", True),
    ("High voltage", True),
    ("Drain camera", False),
    ("Soldering", False),
    ("Customer care", False),
)
_VEHICLES = (("Ford", "Transit"), ("Mercedes-Benz", "Sprinter"), ("RAM", "ProMaster"))
_EVENTS = ("job_assigned", "estimate_accepted", "invoice_paid")


def batches(shop: Shop) -> Iterator[Batch]:
    """Teams and sessions of user_mgmt, and the field staff of hs."""
    yield Batch("user_mgmt.teams", "id location_id name lead_user_id created_at", _teams(shop))
    yield Batch("user_mgmt.team_members", "team_id user_id joined_on created_at", _members(shop))
    yield Batch(
        "user_mgmt.invitations",
        "id email role_id invited_by_user_id token_hash expires_at created_at",
        _invitations(shop),
    )
    yield Batch(
        "user_mgmt.sessions",
        "id user_id token_hash ip_address user_agent last_seen_at expires_at created_at",
        _sessions(shop),
    )
    yield Batch(
        "user_mgmt.api_keys",
        "id name key_prefix key_hash scopes created_by_user_id last_used_at created_at",
        _api_keys(shop),
    )
    yield Batch(
        "user_mgmt.notification_preferences",
        "user_id event channel enabled created_at",
        _preferences(shop),
    )
    yield Batch(
        "hs.dispatch_zones",
        "id location_id name postal_codes travel_fee created_at",
        _zones(shop),
    )
    yield Batch("hs.skills", "id name requires_license created_at", _skills(shop))
    yield Batch(
        "hs.vehicles",
        "id location_id unit_number make model model_year license_plate odometer_km"
        " next_service_due_on created_at",
        _vehicles(shop),
    )
    yield Batch(
        "hs.technicians",
        "id user_id location_id vehicle_id employee_number hourly_cost commission_rate hired_on"
        " status created_at",
        _technicians(shop),
    )
    yield Batch(
        "hs.technician_skills",
        "technician_id skill_id level license_number license_expires_on created_at",
        _technician_skills(shop),
    )
    yield Batch(
        "hs.technician_zones",
        "technician_id dispatch_zone_id priority created_at",
        _technician_zones(shop),
    )
    yield Batch(
        "hs.technician_shifts",
        "id technician_id starts_at ends_at kind created_at",
        _shifts(shop),
    )
    yield Batch(
        "hs.technician_time_off",
        "id technician_id starts_on ends_on reason approved_by_user_id created_at",
        _time_off(shop),
    )


def _teams(shop: Shop) -> Iterator[tuple[object, ...]]:
    for i, location in enumerate(shop.locations):
        key, lead = shop.new(shop.teams), shop.pick(shop.users)
        yield key, location, f"Team {i + 1}", lead, shop.ago(HISTORY_DAYS)


def _members(shop: Shop) -> Iterator[tuple[object, ...]]:
    for user in shop.users:
        joined = shop.ago(HISTORY_DAYS)
        yield shop.pick(shop.teams), user, joined.date(), joined


def _invitations(shop: Shop) -> Iterator[tuple[object, ...]]:
    for i in range(shop.count(60)):
        at = shop.ago(20)
        email = f"new.hire.{i}@business{shop.tenant.rank}.example"
        ends = at + timedelta(days=7)
        yield shop.id(), email, shop.roles[2], shop.users[0], shop.digest(), ends, at


def _sessions(shop: Shop) -> Iterator[tuple[object, ...]]:
    for _ in range(shop.count(1500, 4)):
        at = shop.ago(14)
        yield (
            shop.id(),
            shop.pick(shop.users),
            shop.digest(),
            f"198.51.100.{shop.random.randint(1, 254)}",
            "Mozilla/5.0 (Linux; Android 15)",
            shop.after(at, 8),
            at + timedelta(days=14),
            at,
        )


def _api_keys(shop: Shop) -> Iterator[tuple[object, ...]]:
    for i in range(2):
        prefix = f"tk_{shop.id()[:8]}"
        scopes = ["jobs:read", "jobs:write"] if i else ["reports:read"]
        user, at = shop.users[0], shop.ago(300)
        yield shop.id(), f"Key {i + 1}", prefix, shop.digest(), scopes, user, shop.ago(3), at


def _preferences(shop: Shop) -> Iterator[tuple[object, ...]]:
    for user in shop.users:
        for event in _EVENTS:
            yield user, event, "push", shop.chance(0.8), shop.ago(HISTORY_DAYS)


def _zones(shop: Shop) -> Iterator[tuple[object, ...]]:
    for i in range(shop.count(30, 2)):
        codes = [shop.tenant.postal_code, f"{shop.random.randint(10_000, 99_999)}"]
        fee = shop.pick((0, 25, 45))
        key, location = shop.new(shop.zones), shop.pick(shop.locations)
        yield key, location, f"Zone {i + 1}", codes, fee, shop.ago(HISTORY_DAYS)


def _skills(shop: Shop) -> Iterator[tuple[object, ...]]:
    for name, licensed in _SKILLS:
        yield shop.new(shop.skills), name, licensed, shop.ago(HISTORY_DAYS)


def _vehicles(shop: Shop) -> Iterator[tuple[object, ...]]:
    for i in range(shop.count(150, 2)):
        make, model = shop.pick(_VEHICLES)
        yield (
            shop.new(shop.vehicles),
            shop.pick(shop.locations),
            f"V{i + 1:03d}",
            make,
            model,
            shop.random.randint(2016, 2026),
            shop.id()[:7].upper(),
            shop.random.randint(1_000, 240_000),
            shop.day(shop.random.randint(5, 200)),
            shop.ago(HISTORY_DAYS),
        )


def _technicians(shop: Shop) -> Iterator[tuple[object, ...]]:
    for i, user in enumerate(shop.users[-shop.count(240, 3) :]):
        yield (
            shop.new(shop.technicians),
            user,
            shop.pick(shop.locations),
            shop.vehicles[i % len(shop.vehicles)],
            f"E{i + 1:04d}",
            shop.between(22, 58),
            shop.between(0, 0.12),
            shop.day(-shop.random.randint(30, 3000)),
            shop.pick(("available", "available", "on_job", "off_duty")),
            shop.ago(HISTORY_DAYS),
        )


def _technician_skills(shop: Shop) -> Iterator[tuple[object, ...]]:
    for technician in shop.technicians:
        for skill in shop.some(shop.skills, 4):
            ends = shop.day(shop.random.randint(-20, 700))
            number = f"L-{shop.id()[:8]}"
            yield technician, skill, shop.random.randint(1, 5), number, ends, shop.ago(400)


def _technician_zones(shop: Shop) -> Iterator[tuple[object, ...]]:
    for technician in shop.technicians:
        for priority, zone in enumerate(shop.some(shop.zones, 3), start=1):
            yield technician, zone, priority, shop.ago(400)


def _shifts(shop: Shop) -> Iterator[tuple[object, ...]]:
    midnight = shop.now.replace(hour=0, minute=0, second=0, microsecond=0)
    for technician in shop.technicians:
        for days in range(-7, 8):
            start = midnight + timedelta(days=days, hours=8)
            ends = start + timedelta(hours=9)
            yield shop.id(), technician, start, ends, "regular", shop.ago(30)


def _time_off(shop: Shop) -> Iterator[tuple[object, ...]]:
    for technician in shop.technicians[::3]:
        first = shop.random.randint(-60, 60)
        reason = shop.pick(("vacation", "sick", "training"))
        days = shop.day(first), shop.day(first + shop.random.randint(0, 9))
        yield shop.id(), technician, *days, reason, shop.users[0], shop.ago(90)
