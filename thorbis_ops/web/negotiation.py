"""What a client can read, from its Accept and Accept-Encoding headers (RFC 9110, section 12)."""

from __future__ import annotations

_OPENMETRICS = "application/openmetrics-text"


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether the client takes gzip; without a header it takes only plain bytes."""
    weights = {name: weight for name, _, weight in _preferences(accept_encoding)}
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def prefers_openmetrics(accept: str) -> bool:
    """Whether OpenMetrics 1.0 is asked for at least as much as plain text."""
    wanted, plain = 0.0, 0.0
    for name, version, weight in _preferences(accept):
        if name == _OPENMETRICS and version in {"", "1.0.0"}:
            wanted = max(wanted, weight)
        elif name == "text/plain":
            plain = max(plain, weight)
    return wanted > 0 and wanted >= plain


def _preferences(header: str) -> list[tuple[str, str, float]]:
    """(name, version parameter, weight) of each alternative."""
    found = []
    for alternative in header.lower().split(","):
        name, *parameters = (part.strip() for part in alternative.split(";"))
        given = dict(parameter.partition("=")[::2] for parameter in parameters)
        found.append((name, given.get("version", ""), _weight(given.get("q", "1"))))
    return found


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
