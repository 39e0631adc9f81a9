"""The rows of the estate, one business at a time, parents before children.

Each module makes the tables of one part of the business as batches that COPY can stream.
"""

from collections.abc import Iterator

from thorbis_ops.estate.rows import (
    customers,
    money,
    organisation,
    price_book,
    stock,
    team,
    trail,
    work,
)
from thorbis_ops.estate.rows.shop import Batch, Shop


def batches(shop: Shop) -> Iterator[Batch]:
    """Every batch of one business, in the order in which foreign keys allow them."""
    for part in (organisation, team, price_book, customers, work, stock, money, trail):
        yield from part.batches(shop)


__all__ = ["Batch", "Shop", "batches"]
