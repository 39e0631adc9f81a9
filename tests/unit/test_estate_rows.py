"""The rows of one business: repeatable, in proportion, within the live partitions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from thorbis_ops.estate import TENANTS
from thorbis_ops.estate.rows import Shop, batches

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
Rows = dict[str, list[tuple[object, ...]]]


def rows(seed: int = 1, size: float = 0.01, now: datetime = NOW) -> Rows:
    shop = Shop(TENANTS[0], size, Random(seed), now)
    return {batch.table: list(batch.rows) for batch in batches(shop)}


def moments(row: tuple[object, ...]) -> Iterator[datetime]:
    return (value for value in row if isinstance(value, datetime))


def test_the_same_seed_gives_the_same_rows_and_another_gives_others() -> None:
    assert rows(seed=1) == rows(seed=1)
    assert rows(seed=1)["hs.customers"] != rows(seed=2)["hs.customers"]


def test_a_business_grows_with_its_size_and_never_lacks_anything() -> None:
    small, large = rows(size=1e-9), rows(size=0.05)
    assert small.keys() == large.keys()
    assert len(large["hs.gps_pings"]) == 1600 > len(small["hs.gps_pings"]) >= 20
    assert all(small[table] for table in ("user_mgmt.users", "hs.customers", "hs.jobs"))


def test_every_row_is_as_wide_as_its_columns() -> None:
    shop = Shop(TENANTS[3], 0.01, Random(1), NOW)
    for batch in batches(shop):
        widths = {len(row) for row in batch.rows}
        assert widths <= {len(batch.columns.split())}, batch.table


def test_logs_lie_in_the_live_partitions_even_on_the_first_of_march() -> None:
    # Partitions reach back to the first day of the month before last: 59 days, the fewest.
    oldest = datetime(2026, 1, 1, tzinfo=UTC)
    made = rows(size=0.05)
    for table in (
        "hs.job_events",
        "hs.gps_pings",
        "hs.work_order_status_history",
        "tenant_mgmt.audit_log",
        "user_mgmt.sign_in_attempts",
    ):
        times = [next(moments(row)) for row in made[table]]
        assert oldest <= min(times) <= max(times) <= NOW, table
        assert max(times) - min(times) > timedelta(days=20), table


def test_ids_are_random_uuids_of_version_4() -> None:
    shop = Shop(TENANTS[0], 1.0, Random(5), NOW)
    ids = {shop.id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {key[14] for key in ids} == {"4"}
    assert {key[19] for key in ids} == set("89ab")
