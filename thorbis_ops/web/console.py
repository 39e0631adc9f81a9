"""The console: what somebody woken at night needs to see first, readable without scripts.

The first line is the verdict over everything. It never says that all is well while something
could not be asked. The rest goes from what burns to what merely runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from thorbis_ops import __version__
from thorbis_ops.metrics import Observed
from thorbis_ops.web import panels
from thorbis_ops.web.html import Html, join, tag
from thorbis_ops.web.verdict import Documents, Verdict, verdict


def page(body: Html, *, now: datetime) -> Html:
    """The whole document around ``body``; only the time in its head changes by itself."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", "thorbis-ops"),
        tag("link", rel="stylesheet", href="/console.css"),
        tag("link", rel="icon", href="/icon.svg"),
        tag("script", src="/console.js", defer=True),
        tag("noscript", tag("meta", http_equiv="refresh", content="15")),
    )
    top = tag(
        "header",
        tag("span", "thorbis-ops", class_="brand"),
        tag("span", f"version {__version__}", class_="quiet"),
        tag("span", "as of ", panels.moment(now), id="asof"),
        tag("p", "", id="lost", role="alert", hidden=True),
    )
    return join(Html("<!doctype html>"), tag("html", head, tag("body", top, body), lang="en"))


def body(
    observed: Sequence[Observed],
    *,
    now: datetime,
    waiting: Sequence[str],
    slo: Documents,
) -> Html:
    """The part that is replaced when something has changed."""
    return tag(
        "main",
        _headline(verdict(observed, now=now, waiting=waiting, slo=slo)),
        panels.targets(observed, now),
        panels.findings([finding for one in observed for finding in one.findings]),
        panels.unknown(observed, now),
        panels.objectives(slo),
        panels.jobs(observed),
        _more(),
        id="live",
    )


def _headline(told: Verdict) -> Html:
    rest = tag("p", " · ".join(told.rest)) if told.rest else None
    return tag("section", tag("h1", told.headline), rest, class_=f"verdict {told.mood}")


def _more() -> Html:
    links = ("metrics", *(f"api/v1/{name}" for name in _DOCUMENTS))
    return tag("footer", [join(tag("a", f"/{link}", href=f"/{link}"), " ") for link in links])


_DOCUMENTS = ("findings", "jobs", "slo", "statements", "targets")
