"""What a statement is for: oltp, analytics, bulk or utility.

A class decides which objective a call is measured by, so where the tree leaves a doubt the
stricter one is taken, oltp. Without the catalogue a key is known by its name: an equality on
``id`` bounds a statement to one row, one on a column named like a reference or a code to few;
the tenant's own column bounds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, TypeAlias

from thorbis_ops.statements.parsing import Node
from thorbis_ops.statements.survey import Survey
from thorbis_ops.statements.words import words

StatementClass: TypeAlias = Literal["oltp", "analytics", "bulk", "utility"]

_RANK: dict[StatementClass, int] = {"utility": 0, "oltp": 1, "analytics": 2, "bulk": 3}
_MANY_JOINED = 4
_VERY_MANY_JOINED = 7

TENANT_COLUMNS = frozenset({"business_id", "tenant_id", "organization_id", "org_id", "company_id"})
_ROW = frozenset({"id", "uuid", "ctid"})
_FEW = words("""
    key token email slug code number sku hash phone username login serial reference
    """)
_FEW_ENDINGS = ("_id", "_uuid", "_key", "_token", "_number", "_code", "_hash", "_slug", "_email")
_COARSE = frozenset({"status_id", "state_id", "type_id", "kind_id", "category_id"})

_SYSTEM = frozenset({"pg_catalog", "information_schema", "thorbis_ops"})
# Functions of the session and the server; pg_sleep* alone of pg_* stands for work.
_SESSION = words("""
    set_config current_setting now clock_timestamp version current_database current_schema
    to_regclass hashtext hashtextextended extract format""")
_SLEEP = "pg_sleep"


def classify(statement: Node, found: Survey) -> StatementClass:
    """The class of a parsed statement, from its tree and the survey of it."""
    name, body = next(iter(statement.items()))
    if name in _WRITES and _of_system(found):
        return "utility"
    rule = _RULES.get(name)
    return "utility" if rule is None else rule(body, found)


def of_several(classes: Iterable[StatementClass]) -> StatementClass:
    """The class of statements sent as one: that of the heaviest."""
    return max(classes, key=_RANK.__getitem__, default="utility")


def _select(body: Node, found: Survey) -> StatementClass:
    if "intoClause" in body:
        return "bulk"
    if _of_session(found) or _of_system(found):
        return "utility"
    own: StatementClass = "analytics" if _scans(body, found) else "oltp"
    return of_several((own, *_written(body, found)))


def _scans(body: Node, found: Survey) -> bool:
    """Whether a query computes over many rows rather than fetching some."""
    bound = _bound(body)
    if bound == _ONE_ROW:
        return False
    if found.windows or "groupClause" in found.marks:
        return True
    joined = len(found.relations)
    if bound:
        return joined >= _VERY_MANY_JOINED
    if found.aggregates:
        return bool(found.relations)
    return "limitCount" not in body and (
        joined >= _MANY_JOINED or ("distinctClause" in found.marks and joined > 0)
    )


def _insert(body: Node, found: Survey) -> StatementClass:
    source = body.get("selectStmt", {}).get("SelectStmt", {})
    if len(source.get("valuesLists", ())) > 1 or _copies(body, source):
        return "bulk"
    return of_several(("oltp", *_written(body, found), *_written(source, found)))


def _copies(body: Node, source: Node) -> bool:
    """Whether it inserts what a query finds, other than one row or what it wrote itself."""
    if source.get("op", "SETOP_NONE") != "SETOP_NONE":
        return True
    read = [entry for entry in source.get("fromClause", ()) if not _from_written(entry, body)]
    return bool(read) and _bound(source) != _ONE_ROW


def _from_written(entry: Node, body: Node) -> bool:
    """Whether a FROM entry is what another part of the same statement wrote and returned."""
    name = entry.get("RangeVar", {}).get("relname")
    source = body["selectStmt"]["SelectStmt"]
    return any(
        cte["ctename"] == name and next(iter(cte["ctequery"])) in _WRITES
        for cte in (*_ctes(body), *_ctes(source))
    )


def _change(body: Node, found: Survey) -> StatementClass:
    own: StatementClass = "oltp" if _key(body.get("whereClause")) else "bulk"
    return of_several((own, *_written(body, found)))


def _merge(body: Node, _: Survey) -> StatementClass:
    source = body.get("sourceRelation", {}).get("RangeSubselect", {}).get("subquery", {})
    select = source.get("SelectStmt", {})
    single = len(select.get("valuesLists", ())) == 1 or (
        bool(select) and "fromClause" not in select and "valuesLists" not in select
    )
    return "oltp" if single else "bulk"


def _prepared(body: Node, found: Survey) -> StatementClass:
    return classify(body["query"], found)


def _always(kind: StatementClass) -> Callable[[Node, Survey], StatementClass]:
    return lambda _body, _found: kind


_WRITES = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})
_RULES: dict[str, Callable[[Node, Survey], StatementClass]] = {
    "SelectStmt": _select,
    "InsertStmt": _insert,
    "UpdateStmt": _change,
    "DeleteStmt": _change,
    "MergeStmt": _merge,
    "PrepareStmt": _prepared,
    "CallStmt": _always("oltp"),
    "CopyStmt": _always("bulk"),
    "CreateTableAsStmt": _always("bulk"),
    "RefreshMatViewStmt": _always("bulk"),
}


def _written(body: Node, found: Survey) -> Iterator[StatementClass]:
    """The classes of what the WITH queries write."""
    for cte in _ctes(body):
        query = cte["ctequery"]
        if next(iter(query)) in _WRITES:
            yield classify(query, found)


def _ctes(body: Node) -> Iterator[Node]:
    for cte in body.get("withClause", {}).get("ctes", ()):
        yield cte["CommonTableExpr"]


def _of_system(found: Survey) -> bool:
    """Whether it concerns the server's catalogues, or our own store, and no table of the user's.

    Such calls are monitoring and introspection: counted with the application's, they would
    make an idle night look healthy.
    """
    if not found.relations:
        return any(name.startswith("pg_stat") for name in found.functions)
    return all(
        schema in _SYSTEM or (not schema and name.startswith("pg_"))
        for schema, name in found.relations
    )


def _of_session(found: Survey) -> bool:
    """Whether it concerns the session alone, as SET, SHOW and LOCK do, or nothing, as a ping."""
    return not found.relations and all(map(_of_server, found.functions))


def _of_server(function: str) -> bool:
    return function in _SESSION or (function.startswith("pg_") and not function.startswith(_SLEEP))


_ONE_ROW = 2


def _bound(body: Node) -> int:
    """How narrowly the keys of a query's own level, of all its arms, bound it: 0, 1 or 2."""
    arms, least = [body], _ONE_ROW
    while arms:
        arm = arms.pop()
        if arm.get("op", "SETOP_NONE") != "SETOP_NONE":
            arms += [arm["larg"], arm["rarg"]]
            continue
        in_with = (_key(c["ctequery"].get("SelectStmt", {}).get("whereClause")) for c in _ctes(arm))
        least = min(least, max((_key(arm.get("whereClause")), *in_with)))
    return least


def _key(where: Node | None) -> int:
    """How narrowly a WHERE clause bounds the rows: 2 to one row, 1 to few, 0 unknown."""
    best, terms = 0, [where] if where else []
    while terms:
        name, term = next(iter(terms.pop().items()))
        if name == "BoolExpr" and term["boolop"] == "AND_EXPR":
            terms += term["args"]
        elif name == "CurrentOfExpr":
            return _ONE_ROW
        elif name == "A_Expr":
            best = max(best, _equality(term))
    return best


def _equality(term: Node) -> int:
    """The bound by one term; ``= any`` and ``in`` name several rows."""
    if term["name"][-1]["String"]["sval"] != "=":
        return 0
    left, right = term.get("lexpr", {}), term.get("rexpr", {})
    if term["kind"] in {"AEXPR_IN", "AEXPR_OP_ANY"}:
        return min(1, max(map(_column, _columns(left)), default=0))
    if term["kind"] != "AEXPR_OP" or ("ColumnRef" in left and "ColumnRef" in right):
        return 0
    return max(map(_column, (*_columns(left), *_columns(right))), default=0)


def _columns(side: Node) -> Iterator[str]:
    """The columns named by one side of an equality, which may be a row of several."""
    for node in (side, *side.get("RowExpr", {}).get("args", ())):
        last = node.get("ColumnRef", {}).get("fields", ({},))[-1]
        if "String" in last:
            yield last["String"]["sval"]


def _column(name: str) -> int:
    if name in _ROW:
        return _ONE_ROW
    if name in TENANT_COLUMNS or name in _COARSE:
        return 0
    return int(name in _FEW or name.endswith(_FEW_ENDINGS))
