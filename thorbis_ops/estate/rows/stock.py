"""Stock in warehouses and vans: levels, movements, purchases, and what jobs used up."""

from __future__ import annotations

from collections.abc import Iterator

from thorbis_ops.estate.rows.shop import HISTORY_DAYS, Batch, Shop


def batches(shop: Shop) -> Iterator[Batch]:
    """Where things lie, how they move, and the lines of each job."""
    bought: list[str] = []
    yield Batch(
        "hs.stock_locations", "id location_id vehicle_id name kind created_at", _stores(shop)
    )
    yield Batch(
        "hs.stock_levels",
        "stock_location_id item_id on_hand counted_at created_at",
        _levels(shop),
    )
    yield Batch(
        "hs.stock_movements",
        "id item_id stock_location_id job_id kind quantity unit_cost moved_at moved_by_user_id",
        _movements(shop),
    )
    yield Batch(
        "hs.purchase_orders",
        "id purchase_order_number supplier_id deliver_to_stock_location_id status ordered_on"
        " expected_on total_amount created_by_user_id created_at",
        _purchases(shop, bought),
    )
    yield Batch(
        "hs.purchase_order_lines",
        "purchase_order_id line_number item_id quantity_ordered unit_cost created_at",
        _purchase_lines(shop, bought),
    )
    yield Batch(
        "hs.job_line_items",
        "job_id line_number service_id item_id description quantity unit_price created_at",
        _job_lines(shop),
    )


def _stores(shop: Shop) -> Iterator[tuple[object, ...]]:
    for i, location in enumerate(shop.locations):
        yield shop.new(shop.stores), location, None, f"Warehouse {i + 1}", "warehouse", _made(shop)
    for i, vehicle in enumerate(shop.vehicles):
        location = shop.pick(shop.locations)
        yield shop.new(shop.stores), location, vehicle, f"Van {i + 1}", "vehicle", _made(shop)


def _made(shop: Shop) -> object:
    return shop.ago(HISTORY_DAYS)


def _levels(shop: Shop) -> Iterator[tuple[object, ...]]:
    for store in shop.stores:
        for item, _, _ in shop.some(shop.items, 30):
            counted = shop.ago(60)
            yield store, item, shop.random.randint(0, 80), counted, counted


def _movements(shop: Shop) -> Iterator[tuple[object, ...]]:
    for _ in range(shop.count(8000, 6)):
        item, _, price = shop.pick(shop.items)
        job = shop.pick(shop.jobs)
        used = shop.chance(0.8)
        yield (
            shop.id(),
            item,
            shop.pick(shop.stores),
            job.id if used else None,
            "usage" if used else "receipt",
            -shop.random.randint(1, 4) if used else shop.random.randint(10, 60),
            round(price / 1.6, 4),
            shop.ago(180),
            shop.pick(shop.users),
        )


def _purchases(shop: Shop, kept: list[str]) -> Iterator[tuple[object, ...]]:
    for _ in range(shop.count(700, 2)):
        days, arrived = shop.random.randint(0, 300), shop.chance(0.9)
        yield (
            shop.new(kept),
            shop.number("purchase_order", "PO"),
            shop.pick(shop.suppliers),
            shop.pick(shop.stores),
            "received" if arrived else "sent",
            shop.day(-days),
            shop.day(10 - days),
            shop.between(50, 4000),
            shop.pick(shop.users),
            shop.ago(300),
        )


def _purchase_lines(shop: Shop, orders: list[str]) -> Iterator[tuple[object, ...]]:
    for order in orders:
        for line, (item, _, price) in enumerate(shop.some(shop.items, 5), start=1):
            yield order, line, item, shop.random.randint(5, 60), price, shop.ago(300)


def _job_lines(shop: Shop) -> Iterator[tuple[object, ...]]:
    for job in shop.jobs:
        if job.status != "completed":
            continue
        service, title, price = shop.pick(shop.services)
        yield job.id, 1, service, None, title, 1, price, job.starts_at
        if shop.chance(0.6):
            item, name, each = shop.pick(shop.items)
            count = shop.random.randint(1, 4)
            yield job.id, 2, None, item, name, count, each, job.starts_at
