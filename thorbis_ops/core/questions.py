"""From a header and a statement to a Question, with every key checked.

The id is the path: ``checks/vacuum/wraparound.sql`` is ``vacuum.wraparound``, and
``wraparound@14-16.sql`` is its variant for those server versions. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from thorbis_ops.core import front_matter
from thorbis_ops.core.front_matter import Fields, Header
from thorbis_ops.errors import ContentError
from thorbis_ops.model import Metric, Question, Row, Severity

Rows = Callable[..., Iterable[Row]]

OLDEST, NEWEST = 14, 18
_VARIANT = re.compile(r"^(?P<name>[a-z0-9_]+)(?:@(?P<low>\d+)(?:-(?P<high>\d+))?)?$")
_NEED = re.compile(r"^(primary|replica|extension:\S+|setting:[\w.]+=\S+|member:\S+)$")
_METRIC_NAME = re.compile(r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")


def stem(path: Path) -> tuple[str, tuple[int, int]]:
    """The name in a file's name, and the versions that it is for."""
    match = _VARIANT.match(path.stem)
    if match is None:
        raise ContentError(f"{path}: name it name.sql or name@14-16.sql, in lower case")
    low = int(match["low"] or OLDEST)
    high = int(match["high"] or match["low"] or NEWEST)
    return match["name"], (low, high)


def parse(text: str, path: Path) -> Question:
    """The question in ``text``; ContentError names ``path`` and the key that is wrong."""
    fields, statement = front_matter.split(text, path)
    name, versions = stem(path)
    header = Header(fields, path)
    question = _question(header, f"{path.parent.name}.{name}", statement, versions, path)
    header.finish()
    return _judged(question, header)


def parse_computed(text: str, path: Path, rows: Callable[[], Rows]) -> Question:
    """The question of a Python file, whose header ``text`` names the answers it reads.

    ``rows`` gives the function that turns those answers into rows; it is called when the
    question is first asked, so that loading runs no code.
    """
    name, versions = stem(path)
    header = Header(front_matter.toml(text, path), path)
    reads = header.words("reads")
    if not reads:
        raise header.fault("reads", "is missing: name the answers that the rows come from")
    question = _question(header, f"{path.parent.name}.{name}", "", versions, path)
    header.finish()
    computed = replace(question, reads=reads, compute=lambda *answers: rows()(*answers))  # noqa: PLW0108 - loaded when asked
    return _judged(computed, header)


def _question(
    header: Header, identifier: str, statement: str, versions: tuple[int, int], path: Path
) -> Question:
    return Question(
        id=identifier,
        title=header.required("title", str),
        sql=statement,
        path=path,
        why=header.take("why", str, "").strip(),
        fix=header.take("fix", str, "").strip(),
        every=header.parsed("every", front_matter.seconds, 300.0),
        timeout=header.parsed("timeout", front_matter.seconds),
        scope=header.choice("scope", ("cluster", "database"), "database"),
        needs=_needs(header),
        unit=header.take("unit", str),
        thresholds=_thresholds(header),
        descending=header.choice("worse", ("higher", "lower"), "higher") == "lower",
        severity=header.parsed("severity", Severity.parse),
        metrics=_metrics(header, path),
        versions=versions,
        facts=header.take("facts", bool, False),  # noqa: FBT003
    )


def _needs(header: Header) -> tuple[str, ...]:
    needs = header.words("needs")
    for need in needs:
        if not _NEED.match(need):
            known = "primary, replica, extension:NAME, setting:NAME=VALUE, member:ROLE"
            raise header.fault("needs", f"holds {need!r}; use {known}")
    return needs


def _thresholds(header: Header) -> dict[Severity, float]:
    graded = {s: header.take(s.label, (int, float)) for s in Severity}
    return {severity: float(limit) for severity, limit in graded.items() if limit is not None}


def _metrics(header: Header, path: Path) -> tuple[Metric, ...]:
    tables: dict[str, Fields] = header.take("metrics", dict, {})
    return tuple(_metric(name, fields, path) for name, fields in tables.items())


def _metric(name: str, fields: Fields, path: Path) -> Metric:
    header = Header(fields, path, prefix=f"metrics.{name}.")
    if not _METRIC_NAME.match(name):
        raise header.fault("", "is not a metric name")
    metric = Metric(
        name=name,
        type=header.choice("type", ("gauge", "counter"), "gauge"),
        help=header.required("help", str),
        value=header.take("value", str, "value"),
        labels=header.words("labels"),
    )
    header.finish()
    return metric


def _judged(question: Question, header: Header) -> Question:
    """Refuses a question that could be read in two ways."""
    judged = bool(question.thresholds) or question.severity is not None
    if question.thresholds and question.severity is not None:
        raise header.fault("severity", "stands beside thresholds; keep one of the two")
    if question.facts and (judged or question.metrics):
        raise header.fault("facts", "questions are neither measured nor judged; drop the rest")
    own = question.compute is not None or "severity" in question.sql.lower()
    if not (question.facts or judged or question.metrics or own):
        raise header.fault("severity", "is missing: nothing would be done with the answer")
    return _ordered(question, header)


def _ordered(question: Question, header: Header) -> Question:
    limits = [question.thresholds[s] for s in sorted(question.thresholds)]
    if limits != sorted(limits, reverse=question.descending):
        raise header.fault("thresholds", "must grow worse from info to critical")
    return question


def gaps(questions: Iterable[Question]) -> list[str]:
    """What is wrong with the version ranges of variants: a gap or an overlap, a line each."""
    ordered = sorted(questions, key=lambda q: (q.id, q.versions))
    return [
        problem
        for identifier, variants in groupby(ordered, key=lambda q: q.id)
        for problem in _coverage(identifier, [q.versions for q in variants])
    ]


def _coverage(identifier: str, ranges: list[tuple[int, int]]) -> list[str]:
    counts = {v: sum(lo <= v <= hi for lo, hi in ranges) for v in range(OLDEST, NEWEST + 1)}
    return [
        f"{identifier}: {'no variant' if count == 0 else f'{count} variants'} for {version}"
        for version, count in counts.items()
        if count != 1
    ]
