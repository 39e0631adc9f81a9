"""Plausible values for the parameters of a statement, of one business.

Keys are read back as the application would have them, through row security; the rest is drawn.
A business that lacks a kind of record gets a key that no row has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from random import Random

from thorbis_ops.estate.rows import words
from thorbis_ops.estate.statements import Statement

Keys = Mapping[str, list[str]]
NOBODY = "00000000-0000-0000-0000-000000000000"

_DRAWN: Mapping[str, Callable[[Random], object]] = {
    "phone": lambda r: f"+1{r.randint(201, 989)}555{r.randint(100, 199):04d}",
    "email": lambda r: f"{r.choice(words.GIVEN)}.{r.choice(words.FAMILY)}.c-000001@example.com",
    "family_name": lambda r: r.choice(words.FAMILY),
    "text": lambda r: r.choice(words.PROBLEMS),
    "count": lambda r: r.randint(1, 24),
    "step": lambda r: r.randint(1, len(words.CHECKLIST)),
    "amount": lambda r: r.randint(90, 2500),
    "latitude": lambda r: round(r.uniform(40, 42), 6),
    "longitude": lambda r: round(r.uniform(-88, -87), 6),
}


def known(rows: Iterable[tuple[str, str]]) -> Keys:
    """Keys by the name of the parameter that takes them."""
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for kind, key in rows:
        keys[kind].append(key)
    return keys


def draw(
    statement: Statement, business_id: str, keys: Keys, random: Random
) -> dict[str, object] | None:
    """A value for each parameter of ``statement``; None where it takes none."""
    values: dict[str, object] = {}
    for name in sorted(statement.parameters):
        if name == "business_id":
            values[name] = business_id
        elif name in _DRAWN:
            values[name] = _DRAWN[name](random)
        else:
            values[name] = random.choice(keys.get(name) or [NOBODY])
    return values or None
