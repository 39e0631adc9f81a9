"""
title = "Redis answers too few look-ups from its cache"
why   = '''A cache that misses sends its load to the database. The ratio is of all look-ups since
the server started, so it moves slowly; the alert uses rates. Fewer than 10,000 look-ups say nothing.'''
fix   = '''Look at what is not found: keys that expire too early, keys evicted for want of memory,
keys that changed their name with a deploy.'''
every  = "1m"
reads  = ["sources.redis"]
unit   = "share"
worse  = "lower"
medium = 0.9
high   = 0.5
[metrics.redis_keyspace_hits_total]
type   = "counter"
help   = "Look-ups that found their key"
value  = "keyspace_hits"
labels = ["server"]
[metrics.redis_keyspace_misses_total]
type   = "counter"
help   = "Look-ups that did not find their key"
value  = "keyspace_misses"
labels = ["server"]
"""

from collections.abc import Iterator

from thorbis_ops.model import Answer, Row

ENOUGH = 10_000


def rows(servers: Answer) -> Iterator[Row]:
    """The hit ratio of each server that has been asked often enough to tell."""
    for server in servers.rows:
        hits, misses = int(str(server["keyspace_hits"])), int(str(server["keyspace_misses"]))
        asked = hits + misses
        ratio = hits / asked if asked >= ENOUGH else None
        yield {**server, "value": ratio, "detail": f"{hits:,} of {asked:,} look-ups found"}
