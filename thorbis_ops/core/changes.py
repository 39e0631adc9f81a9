"""Yesterday's findings and today's: what opened, worsened, improved, closed.

A finding closes only when its check was asked, answered, and no longer reports it. Where the
check was not asked or could not be answered, the finding stands unseen: silence is not health.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from thorbis_ops.model import Finding, Severity

Key: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Regraded:
    """A finding whose severity is another than before."""

    before: Severity
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What became of the findings of one target between two looks.

    ``unseen`` are open still because their check gave no answer this time.
    """

    opened: tuple[Finding, ...] = ()
    worsened: tuple[Regraded, ...] = ()
    improved: tuple[Regraded, ...] = ()
    closed: tuple[Finding, ...] = ()
    unchanged: tuple[Finding, ...] = ()
    unseen: tuple[Finding, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.opened or self.worsened or self.improved or self.closed)


def compare(
    previous: Iterable[Finding],
    current: Iterable[Finding],
    *,
    asked: Collection[str],
    unanswered: Collection[str] = (),
) -> Changes:
    """What changed from ``previous``, the findings open so far, to ``current``.

    ``asked`` are the ids of the checks that were asked this time, ``unanswered`` those of
    them that gave no answer or only a part of one. Of two findings with one key the worse
    counts.
    """
    before, now = _by_key(previous), _by_key(current)
    answered = frozenset(asked) - frozenset(unanswered)
    gone = [finding for key, finding in before.items() if key not in now]
    both = [Regraded(before=before[k].severity, finding=now[k]) for k in now if k in before]
    return Changes(
        opened=tuple(finding for key, finding in now.items() if key not in before),
        worsened=tuple(r for r in both if r.finding.severity > r.before),
        improved=tuple(r for r in both if r.finding.severity < r.before),
        closed=tuple(finding for finding in gone if finding.check in answered),
        unchanged=tuple(r.finding for r in both if r.finding.severity == r.before),
        unseen=tuple(finding for finding in gone if finding.check not in answered),
    )


def _by_key(findings: Iterable[Finding]) -> Mapping[Key, Finding]:
    """One finding for a key, in the order of keys, so that the result has one order."""
    worst: dict[Key, Finding] = {}
    for finding in sorted(findings, key=lambda f: (f.key, f.severity)):
        worst[finding.key] = finding
    return worst
