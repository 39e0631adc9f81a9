"""The statements that make one partition like its parent and attach it, in one transaction.

Neither PARTITION OF nor ATTACH copies row security, policies or grants, so they are copied
here, before the partition can be reached through its parent. Foreign keys' targets are
locked first and in order, then the parent, then the default partition: two runs, or a run
and a migration, then cannot wait for one another in a circle. The new table is empty, so
ATTACH has nothing to scan in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

from psycopg import sql

from thorbis_ops.core import partitions
from thorbis_ops.core.partitions import Range
from thorbis_ops.runner.partition_sets import Table
from thorbis_ops.runner.session import Session

POLICIES = (files("thorbis_ops") / "runner" / "policies.sql").read_text(encoding="utf-8")
_VERIFY = """
select pg_catalog.count(*) = 1 from pg_catalog.pg_inherits i
join pg_catalog.pg_class c on c.oid = i.inhrelid
join pg_catalog.pg_class p on p.oid = i.inhparent
where p.oid = {parent} and not i.inhdetachpending
  and c.oid = pg_catalog.to_regclass({child})
  and c.relowner = p.relowner and c.relrowsecurity = p.relrowsecurity
  and c.relforcerowsecurity = p.relforcerowsecurity
  and (select pg_catalog.count(*) from pg_catalog.pg_policy where polrelid = c.oid)
    = (select pg_catalog.count(*) from pg_catalog.pg_policy where polrelid = p.oid)
"""


async def statements(session: Session, table: Table, child: str, need: Range) -> list[str]:
    """What makes ``child``, a quoted name, the partition of ``table`` for ``need``."""
    policies = await session.rows(POLICIES, (table.oid,))
    facts = table.facts
    but = _but(facts, session.connection.info.server_version)
    bounds = f"from ({_bound(table, need.lower)}) to ({_bound(table, need.upper)})"
    return [
        *locks(table),
        f"create table {child} (like {table.name} including all{but}){_space(facts)}",
        f"alter table {child} owner to {facts['owner']}",
        *(f"{head}{child}{tail}" for head, tail in facts["revokes"]),
        *(f"{head}{child}{tail}" for head, tail in facts["grants"]),
        *(f"{head}{child}{tail}" for head, tail in facts["column_grants"]),
        *_row_security(facts, child),
        *(_policy(table, child, policy) for policy in policies),
        *_options(table, child),
        f"alter table {table.name} attach partition {child} for values {bounds}",
    ]


def verification(table: Table, child: str) -> str:
    """A query that is true once ``child`` is attached and protected as its parent is."""
    return _VERIFY.format(parent=table.oid, child=quoted(child)).strip()


def quoted(text: str) -> str:
    """A text as a SQL literal."""
    return sql.Literal(text).as_string(None)


def locks(table: Table, *, parent: str = "share update exclusive") -> Iterator[str]:
    """The locks that a change of the set of partitions needs, in the order that is safe."""
    if table.facts["references"]:
        yield f"lock table {', '.join(table.facts['references'])} in share row exclusive mode"
    yield f"lock table only {table.name} in {parent} mode"
    if table.default is not None:
        yield f"lock table only {table.default['name']} in access exclusive mode"


def _bound(table: Table, moment: datetime) -> str:
    return quoted(partitions.literal(moment, table.key, table.zone))


def _but(facts: Mapping[str, Any], version: int) -> str:
    # From 18 on ATTACH refuses a partition with an identity of its own.
    return " excluding identity" if facts["identity"] and version >= 180000 else ""  # noqa: PLR2004


def _space(facts: Mapping[str, Any]) -> str:
    return f" tablespace {facts['tablespace']}" if facts["tablespace"] else ""


def _row_security(facts: Mapping[str, Any], child: str) -> Iterator[str]:
    if facts["row_security"]:
        yield f"alter table {child} enable row level security"
    if facts["forced"]:
        yield f"alter table {child} force row level security"


def _policy(table: Table, child: str, policy: Mapping[str, Any]) -> str:
    parts = [
        f"create policy {policy['name']} on {child} as {policy['kind']}",
        f"for {policy['command']} to {policy['roles']}",
    ]
    if policy["using"] is not None:
        parts.append(f"using ({_renamed(policy['using'], table, child)})")
    if policy["with_check"] is not None:
        parts.append(f"with check ({_renamed(policy['with_check'], table, child)})")
    return " ".join(parts)


def _renamed(expression: str, table: Table, child: str) -> str:
    """The expression with the row that sub-selects name by its table now named by the child's.

    The catalogue writes such a reference as ``jobs.business_id``, never with a schema; texts
    and longer names in which the same characters stand are passed over.
    """
    old, new = re.escape(_last(table.name)), _last(child)
    pattern = re.compile(rf"('(?:[^']|'')*')|(?<![\w\".$]){old}\.")
    return pattern.sub(lambda found: found[1] or f"{new}.", expression)


def _last(name: str) -> str:
    """The relation's part of a quoted, qualified name."""
    parts: Sequence[str] = re.findall(r'"(?:[^"]|"")*"|[^.]+', name)
    return parts[-1]


def _options(table: Table, child: str) -> Iterator[str]:
    """Storage parameters and replica identity as on the newest partition."""
    siblings = [m for m in table.members if not m["default"] and not m["foreign"]]
    if not siblings:
        return
    newest = max(siblings, key=lambda m: m["oid"])
    options = [
        *(_option("", text) for text in newest["options"]),
        *(_option("toast.", text) for text in newest["toast_options"]),
    ]
    if options:
        yield f"alter table {child} set ({', '.join(options)})"
    identity = {"f": "full", "n": "nothing"}.get(newest["replica_identity"])
    if identity:
        yield f"alter table {child} replica identity {identity}"


def _option(prefix: str, text: str) -> str:
    name, _, value = text.partition("=")
    return f"{prefix}{name} = {quoted(value)}"
