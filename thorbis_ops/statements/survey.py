"""One pass over a statement's tree: what it reads, what it computes, and how.

Everything that is later asked of a tree is gathered here at once, since walking it again
would cost as much as reading it did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from thorbis_ops.statements.parsing import Node
from thorbis_ops.statements.words import words

#: Keys whose mere presence says something.
_MARKS = frozenset(
    {
        "CommonTableExpr",
        "JoinExpr",
        "JsonArrayAgg",
        "JsonObjectAgg",
        "agg_distinct",
        "agg_filter",
        "agg_order",
        "agg_star",
        "agg_within_group",
        "distinctClause",
        "groupClause",
        "havingClause",
        "over",
        "windowClause",
    }
)
#: Keys below which there is nothing that anybody asks for.
_LEAVES = frozenset(
    {
        "A_Const",
        "ColumnRef",
        "ParamRef",
        "RangeVar",
        "alias",
        "colnames",
        "funcname",
        "name",
        "rel",
        "relation",
        "typeName",
    }
)
_RELATIONS = frozenset({"RangeVar", "rel", "relation"})
_NOTED = _RELATIONS | {"A_Const", "CommonTableExpr", "funcname"}
#: A mark is a node, a list of nodes or a flag; the many strings and numbers are none.
_SAYING = frozenset({bool, dict, list})
_AGGREGATES = words("""
    any_value array_agg avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop
    covar_samp cume_dist every json_agg json_agg_strict json_object_agg json_objectagg jsonb_agg
    jsonb_object_agg max min mode percentile_cont percentile_disc range_agg range_intersect_agg
    regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope stddev stddev_pop
    stddev_samp string_agg sum var_pop var_samp variance xmlagg""")
_AGGREGATE_MARKS = frozenset(mark for mark in _MARKS if mark.startswith("agg_")) | {
    "JsonArrayAgg",
    "JsonObjectAgg",
}


@dataclass(frozen=True, slots=True)
class Survey:
    """What a statement's tree holds anywhere: marks, relations (schema, name), functions.

    ``literals`` says whether any value was written out, be it a number, a text or null.
    """

    marks: frozenset[str]
    relations: tuple[tuple[str, str], ...]
    functions: frozenset[str]
    literals: bool

    @property
    def aggregates(self) -> bool:
        """Whether an aggregate is computed."""
        return bool(self.marks & _AGGREGATE_MARKS or self.functions & _AGGREGATES)

    @property
    def windows(self) -> bool:
        """Whether a window function is computed."""
        return "over" in self.marks or "windowClause" in self.marks


def survey(statement: Node) -> Survey:
    """Everything that is asked of a tree, in one walk without recursion."""
    marks: set[str] = set()
    noted: list[tuple[str, Any]] = []
    stack = [statement]
    pop, extend, push = stack.pop, stack.extend, stack.append
    while stack:
        for key, value in pop().items():
            kind = type(value)
            if kind is dict or kind is list:
                if key in _NOTED:
                    noted.append((key, value))
                if key in _LEAVES:
                    continue
                (push if kind is dict else extend)(value)
            if kind in _SAYING and key in _MARKS:
                marks.add(key)
    return _surveyed(frozenset(marks), noted)


def _surveyed(marks: frozenset[str], noted: list[tuple[str, Any]]) -> Survey:
    """What was noted, sorted out; a relation is named once, the statement's WITH queries never."""
    functions = {value[-1]["String"]["sval"] for key, value in noted if key == "funcname"}
    defined = {value["ctename"] for key, value in noted if key == "CommonTableExpr"}
    named = {
        (value.get("schemaname", ""), value.get("relname", ""))
        for key, value in noted
        if key in _RELATIONS
    }
    relations = sorted(pair for pair in named if pair[0] or pair[1] not in defined)
    literals = any(key == "A_Const" for key, _ in noted)
    return Survey(marks, tuple(relations), frozenset(functions), literals)
