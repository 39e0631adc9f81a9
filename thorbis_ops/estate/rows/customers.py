"""The customers, the places where they live, and what is installed there."""

from __future__ import annotations

from collections.abc import Iterator

from thorbis_ops.estate.rows import words
from thorbis_ops.estate.rows.shop import HISTORY_DAYS, Batch, Property, Shop

_SOURCES = (
    ("Website", "web"),
    ("Phone", "phone"),
    ("Referral", "referral"),
    ("Ads", "advertising"),
)
_TAGS = ("VIP", "Slow payer", "Gate code", "Pets", "Warranty", "Landlord")
_COLORS = ("#2f6fed", "#d64545", "#3a9d5d", "#e0a030")


def batches(shop: Shop) -> Iterator[Batch]:
    """Customers first, then what hangs on them."""
    yield Batch("hs.lead_sources", "id name channel cost_per_lead created_at", _sources(shop))
    yield Batch(
        "hs.customers",
        "id customer_number kind display_name company_name given_name family_name email phone"
        " preferred_contact lead_source_id payment_terms_days customer_since created_at",
        _customers(shop),
    )
    yield Batch(
        "hs.customer_contacts",
        "id customer_id full_name relationship phone is_primary created_at",
        _contacts(shop),
    )
    yield Batch(
        "hs.customer_notes", "id customer_id author_user_id body is_pinned created_at", _notes(shop)
    )
    yield Batch("hs.tags", "id name color created_at", _tags(shop))
    yield Batch("hs.customer_tags", "customer_id tag_id created_at", _customer_tags(shop))
    yield Batch(
        "hs.leads",
        "id lead_source_id contact_name phone postal_code service_requested status estimated_value"
        " assigned_user_id received_at created_at",
        _leads(shop),
    )
    yield Batch(
        "hs.properties",
        "id customer_id dispatch_zone_id kind street_address city region postal_code latitude"
        " longitude floor_area_sqm year_built access_instructions has_pets created_at",
        _properties(shop),
    )
    yield Batch(
        "hs.equipment",
        "id property_id kind manufacturer model_number serial_number installed_on"
        " warranty_ends_on last_serviced_on created_at",
        _equipment(shop),
    )
    yield Batch(
        "hs.payment_methods",
        "id customer_id kind processor_token last_four expires_on is_default created_at",
        _cards(shop),
    )
    yield Batch(
        "hs.service_agreements",
        "id agreement_number customer_id property_id agreement_plan_id status starts_on ends_on"
        " auto_renew created_at",
        _agreements(shop),
    )
    yield Batch(
        "hs.agreement_visits", "id service_agreement_id due_on status created_at", _visits(shop)
    )


def _sources(shop: Shop) -> Iterator[tuple[object, ...]]:
    for name, channel in _SOURCES:
        key = shop.new(shop.lead_sources)
        yield key, name, channel, shop.between(5, 80), shop.ago(HISTORY_DAYS)


def _customers(shop: Shop) -> Iterator[tuple[object, ...]]:
    for _ in range(shop.count(5000, 8)):
        given, family = shop.pick(words.GIVEN), shop.pick(words.FAMILY)
        company = shop.maybe(0.15, f"{family} {shop.pick(words.COMPANY_KINDS)}")
        at, number = shop.ago(HISTORY_DAYS), shop.number("customer", "C")
        yield (
            shop.new(shop.customers),
            number,
            "commercial" if company else "residential",
            company or f"{given} {family}",
            company,
            given,
            family,
            f"{given}.{family}.{number}@example.com".lower(),
            shop.phone(),
            shop.pick(("phone", "email", "sms")),
            shop.pick(shop.lead_sources),
            shop.pick((0, 14, 14, 30)),
            at.date(),
            at,
        )


def _contacts(shop: Shop) -> Iterator[tuple[object, ...]]:
    for customer in shop.customers[::3]:
        name = f"{shop.pick(words.GIVEN)} {shop.pick(words.FAMILY)}"
        relationship = shop.pick(("spouse", "tenant", "property_manager", "billing"))
        yield shop.id(), customer, name, relationship, shop.phone(), False, shop.ago(300)


def _notes(shop: Shop) -> Iterator[tuple[object, ...]]:
    for customer in shop.customers[::4]:
        author, body = shop.pick(shop.users), shop.pick(words.NOTES)
        yield shop.id(), customer, author, body, shop.chance(0.1), shop.ago(300)


def _tags(shop: Shop) -> Iterator[tuple[object, ...]]:
    for name in _TAGS:
        yield shop.new(shop.tags), name, shop.pick(_COLORS), shop.ago(HISTORY_DAYS)


def _customer_tags(shop: Shop) -> Iterator[tuple[object, ...]]:
    for customer in shop.customers[::4]:
        for tag in shop.some(shop.tags, 3):
            yield customer, tag, shop.ago(200)


def _leads(shop: Shop) -> Iterator[tuple[object, ...]]:
    for _ in range(shop.count(1800, 4)):
        at = shop.ago(120)
        yield (
            shop.id(),
            shop.pick(shop.lead_sources),
            f"{shop.pick(words.GIVEN)} {shop.pick(words.FAMILY)}",
            shop.phone(),
            shop.tenant.postal_code,
            shop.pick(words.PROBLEMS),
            shop.pick(("new", "contacted", "quoted", "won", "lost")),
            shop.between(90, 9000),
            shop.maybe(0.8, shop.pick(shop.users)),
            at,
            at,
        )


def _properties(shop: Shop) -> Iterator[tuple[object, ...]]:
    t = shop.tenant
    for i in range(shop.count(5600, 9)):
        customer = shop.customers[i % len(shop.customers)]
        place = Property(shop.id(), customer)
        shop.properties.append(place)
        street = f"{shop.pick(words.STREETS)} {shop.pick(words.STREET_KINDS)}"
        yield (
            place.id,
            customer,
            shop.pick(shop.zones),
            shop.pick(("house", "house", "apartment", "office", "retail")),
            f"{shop.random.randint(1, 9999)} {street}",
            t.city,
            t.region,
            t.postal_code,
            round(shop.random.uniform(40, 42), 6),
            round(shop.random.uniform(-88, -87), 6),
            shop.random.randint(40, 900),
            shop.random.randint(1905, 2025),
            shop.maybe(0.2, shop.pick(words.NOTES)),
            shop.chance(0.3),
            shop.ago(HISTORY_DAYS),
        )


def _equipment(shop: Shop) -> Iterator[tuple[object, ...]]:
    for place in shop.properties:
        age = shop.random.randint(100, 6000)
        yield (
            shop.id(),
            place.id,
            shop.pick(words.EQUIPMENT),
            shop.pick(words.MAKERS),
            f"M{shop.random.randint(100, 999)}-{shop.random.randint(10, 99)}",
            shop.id()[:12].upper(),
            shop.day(-age),
            shop.day(3650 - age),
            shop.day(-shop.random.randint(1, 500)),
            shop.ago(HISTORY_DAYS),
        )


def _cards(shop: Shop) -> Iterator[tuple[object, ...]]:
    for customer in shop.customers[::2]:
        key = shop.cards[customer] = shop.id()
        token, last = f"pm_{shop.id()[:20]}", f"{shop.random.randint(0, 9999):04d}"
        ends = shop.day(shop.random.randint(30, 1400))
        yield key, customer, "card", token, last, ends, True, shop.ago(300)


def _agreements(shop: Shop) -> Iterator[tuple[object, ...]]:
    for place in shop.properties[::6]:
        age = shop.random.randint(0, 364)
        yield (
            shop.new(shop.agreements),
            shop.number("service_agreement", "SA"),
            place.customer_id,
            place.id,
            shop.pick(shop.plans),
            "active",
            shop.day(-age),
            shop.day(365 - age),
            shop.chance(0.8),
            shop.ago(400),
        )


def _visits(shop: Shop) -> Iterator[tuple[object, ...]]:
    for agreement in shop.agreements:
        for days in (-shop.random.randint(1, 180), shop.random.randint(1, 180)):
            status = "done" if days < 0 else "planned"
            yield shop.id(), agreement, shop.day(days), status, shop.ago(400)
