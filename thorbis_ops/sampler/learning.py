"""What the texts of statements mean, read once each and parsed beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime

from thorbis_ops.database import Connection
from thorbis_ops.database.statements import fetch_texts
from thorbis_ops.model import Unanswered
from thorbis_ops.statements.counters import Key
from thorbis_ops.statements.deltas import Delta
from thorbis_ops.statements.facts import Facts, text_hash, understand

_TOO_LONG = Facts(kind=None, shown="?", error="its text is too long, or the server lost it")


async def learn(
    connection: Connection,
    found: Delta,
    hashes: dict[Key, bytes],
    facts: Mapping[bytes, Facts],
    now: datetime,
) -> dict[bytes, Facts] | Unanswered:
    """The facts of texts not met before; adds to ``hashes`` what they are the texts of.

    With the first sample all texts are read, so that few are left to ask for one by one.
    """
    used = found.changed if found.fresh else found.intervals
    wanted = [key for key in used if hashes.get(key) not in facts]
    if not wanted:
        return {}
    texts = await fetch_texts(connection, wanted, now)
    if isinstance(texts, Unanswered):
        return texts
    learnt = await asyncio.to_thread(_understood, set(texts.values()), facts)
    hashes |= {key: _digest(text) for key, text in texts.items()}
    return learnt


def _understood(texts: Iterable[str | None], known: Mapping[bytes, Facts]) -> dict[bytes, Facts]:
    """Parsing takes its time, so it happens beside the event loop."""
    return {
        digest: _TOO_LONG if text is None else understand(text)
        for text in texts
        if (digest := _digest(text)) not in known
    }


def _digest(text: str | None) -> bytes:
    return text_hash("\0" if text is None else text)
