"""What a value in the configuration may be: each kind parsed once, refused with its cure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
)

from thorbis_ops import metrics
from thorbis_ops.core import jobs
from thorbis_ops.core.front_matter import seconds
from thorbis_ops.model import Window as DailyWindow


def _dsn(text: str, info: ValidationInfo) -> str:
    """Put through the connection library's own parser, which the caller lends us."""
    if info.context:
        info.context["check_dsn"](text)
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f'"{name}" is not a time zone; write UTC or Europe/Berlin') from None
    return name


def _day(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time.max, UTC)
    return value


def _address(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isdigit() and int(port) < 2**16):
        raise ValueError(f'"{text}" is not an address; write 127.0.0.1:9187')
    return text


def _relation(name: str) -> str:
    if "." not in name:
        raise ValueError(f'"{name}" needs its schema: write hs.jobs')
    return name


def _labels(labels: Mapping[str, str]) -> Mapping[str, str]:
    for name in labels:
        if fault := metrics.label_fault(name):
            raise ValueError(fault)
    return labels


Dsn = Annotated[str, AfterValidator(_dsn)]
Duration = Annotated[float, BeforeValidator(seconds)]
Cron = Annotated[str, BeforeValidator(jobs.cron)]
Window = Annotated[DailyWindow, BeforeValidator(jobs.window)]
Zone = Annotated[str, AfterValidator(_zone)]
Moment = Annotated[datetime, BeforeValidator(_day)]
Address = Annotated[str, AfterValidator(_address)]
Relation = Annotated[str, AfterValidator(_relation)]
Share = Annotated[float, Field(gt=0, lt=1)]
Labels = Annotated[Mapping[str, str], AfterValidator(_labels)]
