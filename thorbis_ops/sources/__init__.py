"""Facts that are not SQL: what a cache and a backup folder say, as answers to be judged.

A source that is configured and silent is unanswered, never absent; one that nobody
configured is not asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from thorbis_ops.model import Answer, Unanswered

#: Seconds that the backup folders are given.
DEADLINE = 5.0
Facts = dict[str, Answer | Unanswered]


async def gather(urls: Sequence[str], backups: Sequence[Path], now: datetime) -> Facts:
    """The facts of every configured source."""
    facts: Facts = {}
    if urls:
        from thorbis_ops.sources import redis_servers  # noqa: PLC0415 - a slow import, seldom used

        facts["sources.redis"] = await redis_servers.read(urls, now)
    if backups:
        from thorbis_ops.sources import backup_folders  # noqa: PLC0415

        read = asyncio.to_thread(backup_folders.read, backups, now)
        facts[backup_folders.QUESTION] = await _in_time(read, backup_folders.QUESTION, now)
    return facts


async def _in_time(
    reading: Coroutine[Any, Any, Answer | Unanswered], question: str, now: datetime
) -> Answer | Unanswered:
    """What was read, if it was in time: a file system of the network may hang."""
    try:
        return await asyncio.wait_for(reading, DEADLINE)
    except TimeoutError:
        return Unanswered(
            question=question,
            reason="timeout",
            detail=f"no answer in {DEADLINE:g} s; does the file system hang?",
            seconds=DEADLINE,
            taken_at=now,
        )
