"""What each configured Redis says of its hits and its memory, through INFO alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from thorbis_ops.model import Answer, Row, Unanswered

DEADLINE = 3.0
QUESTION = "sources.redis"


async def read(urls: Sequence[str], now: datetime) -> Answer | Unanswered:
    """A row for each server that answers; unanswered as soon as one does not."""
    began = time.perf_counter()
    read_each = await asyncio.gather(*map(_info, urls))
    seconds = time.perf_counter() - began
    faults = [one for one in read_each if isinstance(one, str)]
    if faults:
        return Unanswered(
            question=QUESTION,
            reason="error",
            detail="; ".join(faults),
            seconds=seconds,
            taken_at=now,
        )
    rows = tuple(one for one in read_each if not isinstance(one, str))
    return Answer(question=QUESTION, rows=rows, seconds=seconds, taken_at=now)


def place(url: str) -> str:
    """``host:port`` or the socket's path: never the user or the password."""
    parts = urlsplit(url)
    try:
        port = parts.port or 6379
    except ValueError:
        return "a malformed url"
    return parts.path if parts.scheme == "unix" else f"{parts.hostname}:{port}"


async def _info(url: str) -> Row | str:
    try:
        async with asyncio.timeout(DEADLINE):
            return _row(place(url), await _ask(url))
    except TimeoutError:
        return f"{place(url)}: no answer in {DEADLINE:g} s"
    except (AuthenticationError, NoPermissionError):
        return f"{place(url)}: the user or password is wrong, or INFO is not allowed"
    except (RedisError, OSError, ValueError) as error:
        return f"{place(url)}: {type(error).__name__}; is Redis running there?"


async def _ask(url: str) -> dict[str, Any]:
    client: Any = Redis.from_url(url, socket_timeout=DEADLINE, socket_connect_timeout=DEADLINE)
    try:
        answer: dict[str, Any] = await client.info()
        return answer
    finally:
        await client.aclose()


_COUNTS = (
    "keyspace_hits",
    "keyspace_misses",
    "used_memory",
    "maxmemory",
    "evicted_keys",
    "connected_clients",
    "uptime_in_seconds",
)


def _row(where: str, info: dict[str, Any]) -> Row:
    counts = {name: int(info.get(name, 0)) for name in _COUNTS}
    return {"object": f"redis:{where}", "server": where, **counts}
