"""Numbers as a tired reader takes them in: few digits, a unit, no guessing of magnitudes."""

from __future__ import annotations

_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SPANS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))
_KIBI = 1024.0


def quantity(value: float | None, unit: str | None) -> str:
    """A value with its unit: sizes in binary steps, times in the largest fitting span."""
    if value is None:
        return ""
    match unit:
        case "bytes":
            return size(value)
        case "seconds":
            return span(value)
        case _:
            return f"{number(value)} {unit or ''}".strip()


def number(value: float) -> str:
    """Whole numbers in groups of three, others with three digits that count."""
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,.3g}"


def size(value: float) -> str:
    """Bytes in binary steps."""
    step = 0
    while abs(value) >= _KIBI and step < len(_BINARY) - 1:
        value, step = value / _KIBI, step + 1
    return f"{value:.3g} {_BINARY[step]}"


def span(seconds: float) -> str:
    """A duration in its largest fitting unit, without a sign."""
    length = abs(seconds)
    for unit_seconds, unit in _SPANS:
        if length >= unit_seconds:
            return f"{length / unit_seconds:.3g} {unit}"
    return f"{length:.3g} s"


def percent(share: float) -> str:
    """A share of 0…1 with two decimals, rounded towards zero: 99.999 % is not 100 %."""
    return f"{int(share * 10_000) / 100:.2f} %"
