"""
title = "Redis is running out of memory"
why   = '''At maxmemory Redis evicts keys or refuses writes, by its policy; without a maxmemory it
takes what the machine has until the kernel kills it.'''
fix   = '''Raise maxmemory, let keys expire earlier, or find the keys that grow: redis-cli --bigkeys.'''
every  = "1m"
reads  = ["sources.redis"]
unit   = "share"
medium = 0.8
high   = 0.95
[metrics.redis_memory_used_bytes]
type   = "gauge"
help   = "Memory that Redis has allocated"
value  = "used_memory"
labels = ["server"]
[metrics.redis_memory_max_bytes]
type   = "gauge"
help   = "Limit of the memory, 0 for none"
value  = "maxmemory"
labels = ["server"]
[metrics.redis_evicted_keys_total]
type   = "counter"
help   = "Keys evicted for want of memory"
value  = "evicted_keys"
labels = ["server"]
"""

from collections.abc import Iterator

from thorbis_ops.model import Answer, Row


def rows(servers: Answer) -> Iterator[Row]:
    """The used share of each server's memory; a server without a limit is said to have none."""
    for server in servers.rows:
        used, limit = int(str(server["used_memory"])), int(str(server["maxmemory"]))
        if limit:
            yield {**server, "value": used / limit, "detail": f"{used:,} of {limit:,} bytes"}
        else:
            yield {**server, "value": None, "severity": "low", "detail": "no maxmemory is set"}
