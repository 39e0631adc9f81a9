"""The statements of the application: well formed, tenant-bound, chosen by weight."""

from collections import Counter
from random import Random

import pglast
import pytest

from thorbis_ops.errors import ConfigError
from thorbis_ops.estate import MIX, TENANTS, parameters, statements
from thorbis_ops.estate.statements import choose, refuse_unknown


def test_there_are_many_shapes_of_every_kind() -> None:
    kinds = Counter(s.kind for s in statements().values() if s.weight)
    assert kinds.keys() == MIX.keys()
    assert sum(kinds.values()) >= 60
    fingerprints = {pglast.fingerprint(plain(s.sql)) for s in statements().values()}
    assert len(fingerprints) == len(statements())


def plain(text: str) -> str:
    """The statement as the server's grammar reads it, with positions for names."""
    names = sorted({*parameters_of(text)})
    for position, name in enumerate(names, start=1):
        text = text.replace(f"%({name})s", f"${position}")
    return text.replace("%%", "%")


def parameters_of(text: str) -> frozenset[str]:
    (found,) = (s.parameters for s in statements().values() if s.sql == text)
    return found


def test_each_one_binds_the_tenant_and_draws_all_that_it_takes() -> None:
    keys = parameters.known([("customer_id", "one"), ("customer_id", "two")])
    for statement in statements().values():
        bound = "business_id = %(business_id)s", "(%(business_id)s,", "app.current_business_id"
        assert any(b in statement.sql for b in bound), statement.name
        drawn = parameters.draw(statement, TENANTS[0].id, keys, Random(1)) or {}
        assert drawn.keys() == statement.parameters, statement.name


def test_a_business_without_records_gets_a_key_that_no_row_has() -> None:
    statement = statements()["customer_profile"]
    drawn = parameters.draw(statement, TENANTS[0].id, {}, Random(1))
    assert drawn == {"business_id": TENANTS[0].id, "customer_id": parameters.NOBODY}


def test_the_mix_decides_the_kinds_and_the_weight_within() -> None:
    random = Random(1)
    chosen = Counter(choose(random, MIX).kind for _ in range(5000))
    assert chosen["read"] > chosen["write"] > chosen["upsert"] > chosen["export"] > 0
    reads = Counter(choose(random, {"read": 1}).name for _ in range(2000))
    assert reads["job_detail"] > reads["reminders_due"] > 0


@pytest.mark.parametrize(
    ("mix", "fault"),
    [
        ({"raed": 1.0}, "mix: there is no kind raed; use read, write"),
        ({"setup": 1.0}, "mix: there is no kind setup"),
        ({"read": 0.0}, "mix: give at least one kind a positive share"),
        ({"read": 1.0, "write": -1.0}, "and none a negative one"),
        ({}, "mix: give at least one kind"),
    ],
)
def test_a_mix_that_makes_no_sense_is_refused(mix: dict[str, float], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault):
        refuse_unknown(mix)
