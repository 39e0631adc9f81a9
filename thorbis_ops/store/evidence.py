"""Results that are kept, each beside the one before it: reviews, drills, reports.

A result is any value that JSON can hold. Its digest tells at a glance whether anything
moved since the last time; what moved is for the one who knows what the result means.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from thorbis_ops.store.connection import Cursor, Store
from thorbis_ops.store.values import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One kept result on a ``subject``, such as ``security_review``; ``digest`` is SHA-256."""

    id: int
    target: str
    subject: str
    at: datetime
    digest: str
    result: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A result just kept, and the last one on the same subject before it, if any."""

    evidence: Evidence
    previous: Evidence | None

    @property
    def moved(self) -> bool:
        """Whether it says anything else than the one before; the first one does."""
        return self.previous is None or self.previous.digest != self.evidence.digest


async def keep_evidence(
    store: Store, *, target: str, subject: str, at: datetime, result: Mapping[str, object]
) -> Kept:
    """Keeps ``result`` for good and gives the one before it to compare with."""
    values = {"target": target, "subject": subject, "at": at}
    text = plain(result)
    async with store.transaction() as cursor:
        previous = await _last(cursor, values)
        await cursor.execute(_KEEP, {**values, "digest": digest(text), "result": Jsonb(text)})
        row = await cursor.fetchone()
    assert row is not None, "an insert that returns gives one row"  # noqa: S101
    return Kept(evidence=Evidence(**row), previous=previous)


async def last_evidence(store: Store, *, target: str, subject: str) -> Evidence | None:
    """The newest kept result on ``subject``."""
    async with store.transaction() as cursor:
        return await _last(cursor, {"target": target, "subject": subject})


def digest(result: object) -> str:
    """The SHA-256 of a result in one canonical form: keys sorted, no spaces."""
    text = json.dumps(plain(result), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_KEEP = """
insert into thorbis_ops.evidence (target, subject, at, digest, result)
values (%(target)s, %(subject)s, %(at)s, %(digest)s, %(result)s)
returning id, target, subject, at, digest, result
"""

_LAST = """
select id, target, subject, at, digest, result from thorbis_ops.evidence
where target = %(target)s and subject = %(subject)s
order by at desc, id desc limit 1
"""


async def _last(cursor: Cursor, values: Mapping[str, object]) -> Evidence | None:
    await cursor.execute(_LAST, values)
    row = await cursor.fetchone()
    return None if row is None else Evidence(**row)
