"""Alert rules on their way out: links to runbooks derived from the alerts' names, never typed.

Rules rest on findings and on objectives as the daemon exports them, so a changed threshold
or objective changes the alert without a new export. The files are edited as text: what a
reader wrote in them, comments included, arrives unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

#: Share of bad calls above which a budget always counts as burning: a burn beyond
#: 1/(1 - objective) cannot be, so that the rules cap theirs here.
CAP = 0.8
#: How many times too fast a budget must burn before somebody is told, longest window last.
#: Source: Google SRE workbook, chapter 5, for a period of 30 days.
BURNS = (14.4, 6.0, 3.0, 1.0)

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
    told = []
    for name, objective in objectives.items():
        burns = [burn for burn in BURNS if burn * (1 - objective) > CAP]
        if burns:
            told.append(
                f"objectives.{name}: at {objective:.4g} a budget burns at most "
                f"{1 / (1 - objective):.3g} times too fast; the alerts for "
                f"{' and '.join(f'{burn:g}' for burn in burns)} fire at {CAP:.0%} bad calls instead"
            )
    return told
