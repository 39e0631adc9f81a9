"""From what is known of all targets to families: freshness, bounds and labels.

The samples of a question follow its header; those of our own follow the contract. A question's
answer is shown while it is fresh and then not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from thorbis_ops import __version__
from thorbis_ops.metrics import own
from thorbis_ops.metrics.collection import LOSSES, Collection
from thorbis_ops.metrics.exposition import Family, block, label_fault
from thorbis_ops.metrics.freshness import is_stale, is_up, silences
from thorbis_ops.metrics.observed import Observed
from thorbis_ops.model import Answer, Question, Row, Unanswered

#: Rows of one question that become series; the rest is counted.
ROW_LIMIT = 1000


def families(
    observed: Iterable[Observed], *, now: datetime, row_limit: int = ROW_LIMIT
) -> tuple[Family, ...]:
    """Everything known as families, each name once; ``row_limit`` bounds each question."""
    collection = Collection()
    collection.accepts(own.OWN["thorbis_build_info"])
    collection.add(own.OWN["thorbis_build_info"], "", block({"version": __version__}), 1)
    for one in observed:
        _Gathering(collection, one, now, row_limit).gather()
    return collection.families()


class _Gathering:
    """One target's pass through the collection; it ends with the count of its losses."""

    def __init__(
        self, collection: Collection, observed: Observed, now: datetime, row_limit: int
    ) -> None:
        self._collection = collection
        self._observed = observed
        self._now = now
        self._row_limit = row_limit
        self._target = observed.target.name
        self._labels = _target_labels(observed)
        self._silences = silences(observed, now)

    def gather(self) -> None:
        up = is_up(self._observed.snapshot, self._now)
        self._own(("thorbis_up", {}, up))
        self._own(("pg_up", {}, up))
        self._questions()
        unknown = frozenset(silence.check for silence in self._silences)
        for sample in own.samples(self._observed, unknown):
            self._own(sample)
        for loss in LOSSES:
            lost = self._collection.losses[self._target, loss]
            self._own(("thorbis_samples_dropped", {"reason": loss}, lost))

    def _own(self, sample: own.Sample) -> None:
        name, labels, value = sample
        metric = own.OWN[name]
        if self._collection.accepts(metric):
            self._collection.add(metric, self._target, block({**self._labels, **labels}), value)

    def _questions(self) -> None:
        snapshot = self._observed.snapshot
        answers = snapshot.answers if snapshot else {}
        # While the version is unknown, variants of one question stand side by side.
        questions = {question.id: question for question in self._observed.questions}
        for question in questions.values():
            if question.id in answers:
                self._question(question, answers[question.id])
        reasons = Counter(silence.reason for silence in self._silences)
        for reason, count in sorted(reasons.items()):
            self._own(("thorbis_questions_unanswered", {"reason": reason}, count))

    def _question(self, question: Question, answer: Answer | Unanswered) -> None:
        if is_stale(question, answer, self._now):
            rows = len(answer.rows) if isinstance(answer, Answer) else 0
            self._collection.losses[self._target, "stale"] += rows * len(question.metrics)
            self._own(("thorbis_question_answered", {"check": question.id}, 0))
            return
        left_out = self._rows(question, answer.rows) if isinstance(answer, Answer) else 0
        for sample in own.answer_samples(question.id, answer, left_out=left_out):
            self._own(sample)

    def _rows(self, question: Question, rows: tuple[Row, ...]) -> int:
        left_out = max(0, len(rows) - self._row_limit)
        self._collection.losses[self._target, "limit"] += left_out * len(question.metrics)
        shown = rows[: self._row_limit]
        blocks: dict[tuple[str, ...], list[str]] = {}
        for metric in question.metrics:
            if not self._collection.accepts(metric):
                self._collection.losses[self._target, "invalid"] += len(shown)
                continue
            if metric.labels not in blocks:
                blocks[metric.labels] = _blocks(self._labels, metric.labels, shown)
            for labels, row in zip(blocks[metric.labels], shown, strict=True):
                self._collection.add(metric, self._target, labels, row.get(metric.value))
        return left_out


def _blocks(
    target: Mapping[str, str], columns: tuple[str, ...], rows: tuple[Row, ...]
) -> list[str]:
    """One label block per row; a column wins over a configured label, but never over target."""
    read = tuple(name for name in columns if name != "target")
    fixed = {name: value for name, value in target.items() if name not in read}
    return [block({**fixed, **{name: _label(row.get(name)) for name in read}}) for row in rows]


def _label(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _target_labels(observed: Observed) -> dict[str, str]:
    target = observed.target
    allowed = {name: value for name, value in target.labels.items() if not label_fault(name)}
    return {**allowed, "target": target.name}
