"""What the business sells, and what it buys for that: price book, stock items, suppliers."""

from __future__ import annotations

from collections.abc import Iterator

from thorbis_ops.estate.rows import words
from thorbis_ops.estate.rows.shop import HISTORY_DAYS, Batch, Shop

_CATEGORIES = ("Repair", "Maintenance", "Installation", "Emergency")
_SUPPLIERS = ("Midwest Supply", "ProParts Wholesale", "Union Electric Supply", "Pipe & Fitting")
_MARKUP = 1.6


def batches(shop: Shop) -> Iterator[Batch]:
    """Services, items and who delivers them."""
    categories: list[str] = []
    yield Batch(
        "hs.service_categories", "id name sort_order created_at", _categories(shop, categories)
    )
    yield Batch(
        "hs.services",
        "id category_id code name price cost duration_minutes created_at",
        _services(shop, categories),
    )
    yield Batch(
        "hs.suppliers",
        "id name account_number phone email lead_time_days created_at",
        _suppliers(shop),
    )
    yield Batch(
        "hs.inventory_items",
        "id sku name unit_code preferred_supplier_id unit_cost unit_price reorder_point"
        " reorder_quantity barcode created_at",
        _items(shop),
    )
    yield Batch("hs.service_materials", "service_id item_id quantity created_at", _materials(shop))
    yield Batch(
        "hs.agreement_plans",
        "id name visits_per_year annual_price discount_rate created_at",
        _plans(shop),
    )


def _categories(shop: Shop, kept: list[str]) -> Iterator[tuple[object, ...]]:
    for order, name in enumerate(_CATEGORIES):
        yield shop.new(kept), name, order, shop.ago(HISTORY_DAYS)


def _services(shop: Shop, categories: list[str]) -> Iterator[tuple[object, ...]]:
    for i in range(shop.count(480, len(words.SERVICES))):
        name, base, minutes = words.SERVICES[i % len(words.SERVICES)]
        price = round(base * shop.random.uniform(0.8, 1.4), 2)
        variant = i // len(words.SERVICES)
        title = f"{name}, variant {variant}" if variant else name
        key = shop.id()
        shop.services.append((key, title, price))
        cost = round(price * 0.4, 2)
        made = shop.ago(HISTORY_DAYS)
        yield key, shop.pick(categories), f"S{i + 1:04d}", title, price, cost, minutes, made


def _suppliers(shop: Shop) -> Iterator[tuple[object, ...]]:
    for i, name in enumerate(_SUPPLIERS):
        email = f"orders@supplier{i + 1}.example"
        key, account = shop.new(shop.suppliers), f"A-{shop.id()[:6]}"
        days = shop.random.randint(1, 14)
        yield key, name, account, shop.phone(), email, days, shop.ago(HISTORY_DAYS)


def _items(shop: Shop) -> Iterator[tuple[object, ...]]:
    for i in range(shop.count(900, len(words.MATERIALS))):
        name, base = words.MATERIALS[i % len(words.MATERIALS)]
        cost = round(base * shop.random.uniform(0.7, 1.5), 4)
        key, price = shop.id(), round(cost * _MARKUP, 2)
        shop.items.append((key, name, price))
        yield (
            key,
            f"SKU-{i + 1:05d}",
            name,
            "each",
            shop.pick(shop.suppliers),
            cost,
            price,
            shop.random.randint(2, 12),
            shop.random.randint(10, 60),
            f"{shop.random.randrange(10**12, 10**13)}",
            shop.ago(HISTORY_DAYS),
        )


def _materials(shop: Shop) -> Iterator[tuple[object, ...]]:
    for service, _, _ in shop.services:
        for item, _, _ in shop.some(shop.items, 3):
            yield service, item, shop.random.randint(1, 4), shop.ago(HISTORY_DAYS)


def _plans(shop: Shop) -> Iterator[tuple[object, ...]]:
    for name, visits, price, discount in (
        ("Basic care", 1, 149, 0.05),
        ("Comfort care", 2, 249, 0.1),
        ("Total care", 4, 429, 0.15),
    ):
        yield shop.new(shop.plans), name, visits, price, discount, shop.ago(HISTORY_DAYS)
