"""The business, its places and limits, its people and what they may do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

from thorbis_ops.estate.rows import words
from thorbis_ops.estate.rows.shop import HISTORY_DAYS, LIVE_DAYS, Batch, Shop

_ROLES = ("owner", "manager", "staff", "accountant", "auditor")
_PERMISSIONS = {
    "owner": "settings.manage users.manage reports.read invoices.void payments.refund audit.read",
    "manager": "dispatch.manage jobs.read jobs.write estimates.approve reports.read",
    "staff": "customers.read customers.write jobs.write estimates.write",
    "accountant": "invoices.write payments.record payments.refund reports.read",
    "auditor": "audit.read reports.read",
}
_LIMITS = (("users", 50), ("storage_bytes", 10**11), ("api_calls_per_minute", 600))
_METRICS = ("api_calls", "jobs_created", "invoices_sent", "messages_sent")
_SATURDAY = 6
_SETTINGS = {
    "invoice.footer": "Thank you for your business.",
    "booking.window_hours": 2,
    "reminder.hours_before": [24, 2],
}


def batches(shop: Shop) -> Iterator[Batch]:
    """tenant_mgmt and user_mgmt, but for their logs."""
    yield Batch(
        "tenant_mgmt.businesses",
        "legal_name trading_name industry_code country_code currency_code time_zone language_tag"
        " phone email status onboarded_at created_at",
        _business(shop),
    )
    yield Batch(
        "tenant_mgmt.business_locations",
        "id name street_address city region postal_code is_headquarters created_at",
        _locations(shop),
    )
    yield Batch(
        "tenant_mgmt.business_hours",
        "location_id weekday opens_at closes_at accepts_emergency_calls created_at",
        _hours(shop),
    )
    yield Batch("tenant_mgmt.business_settings", "key value created_at", _settings(shop))
    yield Batch(
        "tenant_mgmt.business_domains",
        "domain purpose verification_token verified_at created_at",
        _domains(shop),
    )
    yield Batch(
        "tenant_mgmt.subscriptions",
        "id plan_code billing_period seats unit_price status started_on"
        " current_period_starts_on current_period_ends_on created_at",
        _subscription(shop),
    )
    yield Batch(
        "tenant_mgmt.resource_limits", "resource soft_limit hard_limit created_at", _limits(shop)
    )
    yield Batch("tenant_mgmt.usage_daily", "used_on metric quantity created_at", _usage(shop))
    yield Batch(
        "tenant_mgmt.tax_rates",
        "id name rate jurisdiction applies_to valid_from created_at",
        _tax_rates(shop),
    )
    yield Batch(
        "user_mgmt.users",
        "id email given_name family_name phone mfa_enabled status last_sign_in_at created_at",
        _users(shop),
    )
    yield Batch("user_mgmt.roles", "id name kind is_built_in created_at", _roles(shop))
    yield Batch(
        "user_mgmt.role_permissions",
        "role_id permission_code granted_by_user_id created_at",
        _permissions(shop),
    )
    yield Batch("user_mgmt.user_roles", "user_id role_id created_at", _user_roles(shop))


def _founded(shop: Shop, days: float = 0) -> object:
    return shop.now - timedelta(days=HISTORY_DAYS + 30 + days)


def _business(shop: Shop) -> Iterator[tuple[object, ...]]:
    t = shop.tenant
    yield (
        f"{t.name} Ltd.",
        t.name,
        t.industry,
        t.country,
        t.currency,
        t.time_zone,
        t.language,
        shop.phone(),
        f"office@business{t.rank}.example",
        "active",
        _founded(shop),
        _founded(shop),
    )


def _locations(shop: Shop) -> Iterator[tuple[object, ...]]:
    t = shop.tenant
    for i in range(shop.count(12)):
        street = f"{shop.random.randint(1, 999)} {shop.pick(words.STREETS)} Street"
        name = "Headquarters" if i == 0 else f"Branch {i}"
        key = shop.new(shop.locations)
        yield key, name, street, t.city, t.region, t.postal_code, i == 0, _founded(shop)


def _hours(shop: Shop) -> Iterator[tuple[object, ...]]:
    for location in shop.locations:
        for weekday in range(1, 7):
            closes = "13:00" if weekday == _SATURDAY else "17:30"
            yield location, weekday, "08:00", closes, True, _founded(shop)


def _settings(shop: Shop) -> Iterator[tuple[object, ...]]:
    for key, value in _SETTINGS.items():
        yield key, json.dumps(value), _founded(shop)


def _domains(shop: Shop) -> Iterator[tuple[object, ...]]:
    for purpose in ("portal", "booking"):
        domain = f"{purpose}.business{shop.tenant.rank}.example"
        yield domain, purpose, shop.id(), _founded(shop, -1), _founded(shop)


def _subscription(shop: Shop) -> Iterator[tuple[object, ...]]:
    start, plan = shop.day(-12), shop.tenant.plan
    price = {"starter": 49, "growth": 149, "professional": 349}.get(plan, 999)
    seats = shop.count(400, 6)
    yield (
        shop.id(),
        plan,
        "monthly",
        seats,
        price,
        "active",
        shop.day(-570),
        start,
        shop.day(18),
        _founded(shop),
    )


def _limits(shop: Shop) -> Iterator[tuple[object, ...]]:
    for resource, limit in _LIMITS:
        yield resource, limit * 8 // 10, limit, _founded(shop)


def _usage(shop: Shop) -> Iterator[tuple[object, ...]]:
    for days in range(int(min(LIVE_DAYS, shop.count(1500, 5)))):
        for metric in _METRICS:
            quantity = shop.random.randint(0, shop.count(4000, 20))
            yield shop.day(-days), metric, quantity, shop.now - timedelta(days=days)


def _tax_rates(shop: Shop) -> Iterator[tuple[object, ...]]:
    for name, rate in (("Standard", 0.0825), ("Reduced", 0.05), ("Exempt", 0)):
        key = shop.new(shop.tax_rates)
        yield key, name, rate, shop.tenant.region, "all", shop.day(-570), _founded(shop)


def _users(shop: Shop) -> Iterator[tuple[object, ...]]:
    for i in range(shop.count(400, 6)):
        given, family = shop.pick(words.GIVEN), shop.pick(words.FAMILY)
        email = f"{given}.{family}.{i}@business{shop.tenant.rank}.example".lower()
        key = shop.new(shop.users)
        seen = shop.ago(20)
        yield (
            key,
            email,
            given,
            family,
            shop.phone(),
            shop.chance(0.6),
            "active",
            seen,
            _founded(shop),
        )


def _roles(shop: Shop) -> Iterator[tuple[object, ...]]:
    for kind in _ROLES:
        yield shop.new(shop.roles), kind.capitalize(), kind, True, _founded(shop)


def _permissions(shop: Shop) -> Iterator[tuple[object, ...]]:
    for role, kind in zip(shop.roles, _ROLES, strict=True):
        for code in _PERMISSIONS[kind].split():
            yield role, code, shop.users[0], _founded(shop)


def _user_roles(shop: Shop) -> Iterator[tuple[object, ...]]:
    for i, user in enumerate(shop.users):
        role = shop.roles[i] if i < len(_ROLES) else shop.roles[2]
        yield user, role, _founded(shop)
