"""Facts that are not SQL: what a cache and a backup folder say, as answers to be judged.

A source that is configured and silent is unanswered, never absent; one that nobody
configured is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from thorbis_ops.model import Answer, Unanswered

Facts = dict[str, Answer | Unanswered]


async def gather(urls: Sequence[str], backups: Sequence[Path], now: datetime) -> Facts:
    """The facts of every configured source."""
    facts: Facts = {}
    if urls:
        from thorbis_ops.sources import redis_servers  # noqa: PLC0415 - a slow import, seldom used

        facts["sources.redis"] = await redis_servers.read(urls, now)
    if backups:
        from thorbis_ops.sources import backup_folders  # noqa: PLC0415

        facts["sources.backups"] = backup_folders.read(backups, now)
    return facts
