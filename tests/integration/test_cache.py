"""Redis beside PostgreSQL: measured, judged, and unanswered when it does not answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import redis

from tests.integration.commands import thorbis_ops


def check(db: str, url: str, place: Path) -> dict[str, Any]:
    path = place / "config.toml"
    path.write_text(
        f'[[targets]]\nname = "main"\ndsn = "{db}"\n[cache]\nurls = ["{url}"]\n', encoding="utf-8"
    )
    ended = thorbis_ops("--config", str(path), "check", "cache", "--format", "json")
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


def found(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [f for f in document["findings"] if f["check"] == name]


def test_look_ups_that_miss_are_found_and_hits_cure_them(
    db: str, redis_server: str, tmp_path: Path
) -> None:
    client = redis.Redis.from_url(redis_server)
    client.config_resetstat()
    client.set("known", 1)
    with client.pipeline(transaction=False) as pipe:
        for _ in range(6000):
            pipe.get("unknown")
            pipe.get("known")
        pipe.execute()
    (finding,) = found(check(db, redis_server, tmp_path), "cache.redis_hit_ratio")
    assert finding["severity"] == "high"
    assert abs(finding["value"] - 0.5) < 0.01
    with client.pipeline(transaction=False) as pipe:
        for _ in range(100_000):
            pipe.get("known")
        pipe.execute()
    assert found(check(db, redis_server, tmp_path), "cache.redis_hit_ratio") == []
    client.close()


def test_few_look_ups_say_nothing(db: str, redis_server: str, tmp_path: Path) -> None:
    client = redis.Redis.from_url(redis_server)
    client.config_resetstat()
    client.get("unknown")
    client.close()
    assert found(check(db, redis_server, tmp_path), "cache.redis_hit_ratio") == []


def test_memory_near_its_limit_is_found(db: str, redis_server: str, tmp_path: Path) -> None:
    client = redis.Redis.from_url(redis_server)
    used = int(client.info("memory")["used_memory"])
    client.config_set("maxmemory", int(used * 1.1))
    (finding,) = found(check(db, redis_server, tmp_path), "cache.redis_memory")
    assert finding["severity"] in ("medium", "high")
    client.config_set("maxmemory", used * 100)
    assert found(check(db, redis_server, tmp_path), "cache.redis_memory") == []
    client.config_set("maxmemory", 0)
    client.close()


def test_a_redis_that_is_not_there_is_unanswered(db: str, tmp_path: Path) -> None:
    document = check(db, "redis://:s3cret@127.0.0.1:1/0", tmp_path)
    lost = {u["check"]: u["detail"] for u in document["unanswered"]}
    assert set(lost) >= {"cache.redis_hit_ratio", "cache.redis_memory"}
    assert "127.0.0.1:1" in lost["cache.redis_memory"]
    assert "s3cret" not in json.dumps(document)
