"""Estimates, agreements, invoices and the payments that settle them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from thorbis_ops.estate.rows.shop import Batch, Bill, Shop

_TAX = 0.0825


def batches(shop: Shop) -> Iterator[Batch]:
    """What is offered, promised, billed and paid."""
    offers: list[str] = []
    payments: list[tuple[str, Bill]] = []
    yield Batch(
        "hs.estimates",
        "id estimate_number customer_id property_id work_order_id status issued_on valid_until"
        " subtotal_amount tax_amount prepared_by_user_id created_at",
        _estimates(shop, offers),
    )
    yield Batch(
        "hs.estimate_lines",
        "estimate_id line_number service_id description quantity unit_price created_at",
        _estimate_lines(shop, offers),
    )
    yield Batch(
        "hs.invoices",
        "id invoice_number customer_id work_order_id tax_rate_id status issued_on due_on"
        " subtotal_amount tax_amount total_amount paid_amount sent_at created_at",
        _invoices(shop),
    )
    yield Batch(
        "hs.invoice_lines",
        "invoice_id line_number service_id description quantity unit_price line_amount created_at",
        _invoice_lines(shop),
    )
    yield Batch(
        "hs.payments",
        "id payment_number customer_id payment_method_id method amount status"
        " processor_reference received_at recorded_by_user_id created_at",
        _payments(shop, payments),
    )
    yield Batch(
        "hs.payment_allocations",
        "payment_id invoice_id amount allocated_at created_at",
        _allocations(shop, payments),
    )
    yield Batch(
        "hs.refunds",
        "id payment_id amount reason approved_by_user_id refunded_at created_at",
        _refunds(shop, payments),
    )


def _estimates(shop: Shop, kept: list[str]) -> Iterator[tuple[object, ...]]:
    for order in shop.orders[::3]:
        net = shop.between(120, 6000)
        issued = order.requested_at.date()
        yield (
            shop.new(kept),
            shop.number("estimate", "E"),
            order.place.customer_id,
            order.place.id,
            order.id,
            shop.pick(("sent", "accepted", "accepted", "declined", "expired")),
            issued,
            issued + timedelta(days=30),
            net,
            round(net * _TAX, 2),
            shop.pick(shop.users),
            order.requested_at,
        )


def _estimate_lines(shop: Shop, offers: list[str]) -> Iterator[tuple[object, ...]]:
    for offer in offers:
        for line, (service, title, price) in enumerate(shop.some(shop.services, 3), start=1):
            yield offer, line, service, title, 1, price, shop.ago(300)


def _invoices(shop: Shop) -> Iterator[tuple[object, ...]]:
    for order in shop.orders:
        if order.status == "invoiced":
            at = shop.after(order.requested_at, 240)
            net = shop.between(90, 3500)
            total = round(net * (1 + _TAX), 2)
            paid = total if shop.chance(0.85) else 0.0
            bill = Bill(shop.id(), order.place.customer_id, at, total, paid)
            shop.bills.append(bill)
            due = (at + timedelta(days=14)).date()
            overdue = "overdue" if due < shop.now.date() else "sent"
            yield (
                bill.id,
                shop.number("invoice", "INV"),
                bill.customer_id,
                order.id,
                shop.tax_rates[0],
                "paid" if paid else overdue,
                at.date(),
                due,
                net,
                round(total - net, 2),
                total,
                paid,
                at,
                at,
            )


def _invoice_lines(shop: Shop) -> Iterator[tuple[object, ...]]:
    for bill in shop.bills:
        for line, (service, title, price) in enumerate(shop.some(shop.services, 3), start=1):
            yield bill.id, line, service, title, 1, price, price, bill.issued_at


def _payments(shop: Shop, kept: list[tuple[str, Bill]]) -> Iterator[tuple[object, ...]]:
    for bill in shop.bills:
        if bill.paid:
            key, card = shop.id(), shop.cards.get(bill.customer_id)
            kept.append((key, bill))
            at = shop.after(bill.issued_at, 400)
            yield (
                key,
                shop.number("payment", "P"),
                bill.customer_id,
                card,
                "card" if card else shop.pick(("check", "cash", "bank_transfer")),
                bill.paid,
                "captured",
                f"ch_{shop.id()[:18]}",
                at,
                shop.pick(shop.users),
                at,
            )


def _allocations(shop: Shop, paid: list[tuple[str, Bill]]) -> Iterator[tuple[object, ...]]:
    for payment, bill in paid:
        at = shop.after(bill.issued_at, 400)
        yield payment, bill.id, bill.paid, at, at


def _refunds(shop: Shop, paid: list[tuple[str, Bill]]) -> Iterator[tuple[object, ...]]:
    for payment, bill in paid[::50]:
        at = shop.after(bill.issued_at, 900)
        amount = max(0.01, round(bill.paid / 4, 2))
        yield shop.id(), payment, amount, "Goodwill", shop.users[0], at, at
