"""Alert rules on their way out: links to runbooks derived from the alerts' names, never typed.

Rules rest on findings and on objectives as the daemon exports them, so a changed threshold
or objective changes the alert without a new export. The files are edited as text: what a
reader wrote in them, comments included, arrives unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from thorbis_ops.slo.burn import impossible

#: Share of bad calls above which a budget always counts as burning: a burn that an objective
#: cannot reach would never be told, so the rules cap theirs here.
CAP = 0.8

_ALERT = re.compile(r"^\s*- alert: (\w+)\s*$")
_ANNOTATIONS = re.compile(r"^(\s*)annotations:\s*$")
_HOLD = re.compile(r"^(\s*)for: .*$")


def names(rules: str) -> list[str]:
    """The alerts of one file, in order."""
    return [found[1] for line in rules.splitlines() if (found := _ALERT.match(line))]


def export(rules: str, *, runbooks: str, hold: str | None = None) -> str:
    """The file with a ``runbook_url`` for each alert, below ``runbooks``.

    ``hold`` replaces the time for which every condition must hold, to try the rules quickly.
    """
    alert, lines = "", []
    for line in rules.splitlines():
        if found := _ALERT.match(line):
            alert = found[1]
        if hold is not None and (found := _HOLD.match(line)):
            lines.append(f"{found[1]}for: {hold}")
            continue
        lines.append(line)
        if found := _ANNOTATIONS.match(line):
            lines.append(f'{found[1]}  runbook_url: "{runbooks.rstrip("/")}/{alert}"')
    return "\n".join(lines) + "\n"


def merged(files: Iterable[str]) -> str:
    """Several rule files as one."""
    bodies = (text.partition("groups:\n") for text in files)
    return "groups:\n" + "".join(body for _, _, body in bodies)


def capped(objectives: Mapping[str, float]) -> list[str]:
    """What to tell of objectives so low that the quickest burns cannot be reached."""
    reasons = {name: impossible(objective) for name, objective in objectives.items()}
    return [
        f"objectives.{name}: {reason}; until then it fires at {CAP:.0%} bad calls"
        for name, reason in reasons.items()
        if reason
    ]
