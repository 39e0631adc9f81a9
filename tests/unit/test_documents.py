"""What the command and the API print alike."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from thorbis_ops.core import documents


def test_a_number_stays_a_number_and_all_else_is_text() -> None:
    assert documents.plain(Decimal("1.5")) == 1.5
    assert documents.plain(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02 00:00:00+00:00"
