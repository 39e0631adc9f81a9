"""How fast statements are understood: parsed, surveyed, classified and made fit to show.

Prints statements per CPU second, and the ratio of the time to what parsing, decoding and
walking the same texts costs without asking anything. The garbage collector stands still in
both, as its pauses would be charged to whoever comes second.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable
from typing import Any

import orjson
from pglast import parser

from thorbis_ops.statements.facts import understand

STATEMENTS = 5_000
ROUNDS = 3
TABLES = ("jobs", "customers", "invoices", "invoice_lines", "payments", "technicians", "visits")


def columns(chance: random.Random, alias: str, count: int) -> str:
    """Some columns of a table."""
    return ", ".join(f"{alias}.column_{chance.randrange(200)}" for _ in range(count))


def statement(chance: random.Random, number: int) -> str:
    """A normalised statement of the mix that an application sends."""
    one, other = chance.sample(TABLES, 2)
    c = f"column_{number}"
    shapes = (
        f"""select {columns(chance, "a", 24)} from hs.{one} a where a.business_id = $1 and a.id = $2
        for update""",
        f"""select {columns(chance, "a", 12)}, {columns(chance, "b", 10)} from hs.{one} a
        join hs.{other} b on b.business_id = a.business_id and b.id = a.{other}_id
        left join hs.visits v on v.business_id = a.business_id and v.job_id = a.id
        where a.business_id = $1 and a.status in ($2 /*, ... */) and a.{c} >= $3
        order by a.created_at desc limit $4""",
        f"""select date_trunc($1, a.created_at) as day, a.status, count(*),
        sum(a.total) filter (where a.{c} > $2) from hs.{one} a
        join hs.{other} b on b.business_id = a.business_id and b.id = a.{other}_id
        where a.business_id = $3 and a.created_at between $4 and $5
        group by 1, a.status order by $6""",
        f"""insert into hs.{one} ({columns(chance, "x", 20).replace("x.", "")}, {c})
        values ({", ".join(f"${n}" for n in range(1, 22))}) returning id""",
        f"""update hs.{one} set {", ".join(f"a{n} = coalesce(${n}, a{n})" for n in range(1, 16))},
        {c} = $16 where business_id = $17 and id = $18""",
        f"""with recent as (
          select {columns(chance, "a", 8)} from hs.{one} a
          where a.business_id = $1 and a.created_at > $2
        )
        select r.*, (
          select count(*) from hs.{other} b where b.business_id = $1 and b.{one}_id = r.{c}
        ) from recent r where exists (
          select $3 from hs.payments p where p.business_id = $1 and p.state = $4 and p.job_id = r.id
        )""",
    )
    return chance.choice(shapes)


def bare(text: str) -> int:
    """Parsing, decoding and visiting every node: the floor."""
    nodes, stack = 0, [orjson.loads(parser.parse_sql_json(text))]
    while stack:
        node: dict[str, Any] = stack.pop()
        nodes += 1
        for value in node.values():
            if type(value) is dict:
                stack.append(value)
            elif type(value) is list:
                stack.extend(value)
    return nodes


def cpu_seconds(work: Callable[[str], object], texts: list[str]) -> float:
    """CPU time of ``work`` on every text."""
    gc.collect()
    gc.disable()
    began = time.process_time()
    for text in texts:
        work(text)
    spent = time.process_time() - began
    gc.enable()
    return spent


def main() -> None:
    """Measures both, several times, and takes the quietest."""
    chance = random.Random(7)
    texts = list({statement(chance, number) for number in range(STATEMENTS + 500)})[:STATEMENTS]
    pairs = [(cpu_seconds(bare, texts), cpu_seconds(understand, texts)) for _ in range(ROUNDS)]
    floor, ours = (min(times) for times in zip(*pairs, strict=True))
    mean = sum(map(len, texts)) / len(texts)
    print(f"statements      {len(texts)}, mean {mean:.0f} characters")
    print(f"per CPU second  {len(texts) / ours:.0f}; parse, decode, walk: {len(texts) / floor:.0f}")
    print(f"ratio           {ours / floor:.2f}")


if __name__ == "__main__":
    main()
