"""From a header and a body to a Job, with every key checked. Pure."""

from __future__ import annotations

import re
from pathlib import Path

from thorbis_ops.core import front_matter
from thorbis_ops.core.cron import parse as parse_cron
from thorbis_ops.core.front_matter import Header
from thorbis_ops.core.questions import stem
from thorbis_ops.errors import ContentError
from thorbis_ops.model import Job, Window

_CLOCK = re.compile(r"^([01]?\d|2[0-4]):([0-5]\d)$")


def parse(text: str, path: Path) -> Job:
    """The job in the SQL ``text``; ContentError names ``path`` and the key that is wrong."""
    fields, statement = front_matter.split(text, path)
    return from_header(Header(fields, path), path, statement)


def from_header(header: Header, path: Path, statement: str | None) -> Job:
    """The job that a header describes; without a statement it is a Python procedure."""
    name, versions = stem(path)
    job = Job(
        name=name,
        title=header.required("title", str),
        schedule=header.parsed("schedule", cron),
        path=path,
        sql=statement,
        why=header.take("why", str, "").strip(),
        window=header.parsed("window", window),
        commands=header.words("commands"),
        lock_timeout=header.parsed("lock_timeout", front_matter.seconds, 0.2),
        build_lock_timeout=header.parsed("build_lock_timeout", front_matter.seconds),
        statement_timeout=header.parsed("statement_timeout", front_matter.seconds, 0.0),
        guards=header.words("guards"),
        parallel=header.take("parallel", int, 1),
        needs=header.words("needs"),
        versions=versions,
    )
    header.finish()
    return _checked(job)


def _checked(job: Job) -> Job:
    if not job.schedule:
        raise ContentError(f'{job.path}: schedule is missing; write a cron line: "30 1 * * *"')
    if job.sql is not None and not job.commands:
        raise ContentError(f"{job.path}: commands is missing; list what the rows may run")
    if job.parallel < 1:
        raise ContentError(f"{job.path}: parallel must be at least 1")
    return job


def cron(text: object) -> str:
    """A cron line of five fields, with single spaces; ValueError where it is none."""
    line = " ".join(text.split()) if isinstance(text, str) else ""
    if len(line.split()) != 5:  # noqa: PLR2004
        raise ValueError(f'"{text}" is not a cron line of five fields, such as "30 1 * * *"')
    parse_cron(line)
    return line


def window(text: object) -> Window:
    """A span such as "01:00-05:00" or "22:00-04:00"; ValueError where it is none."""
    opens, dash, closes = text.partition("-") if isinstance(text, str) else ("", "", "")
    if not dash or not (_CLOCK.match(opens.strip()) and _CLOCK.match(closes.strip())):
        raise ValueError(f'"{text}" is not a window such as "01:00-05:00"')
    return Window(opens=_minute(opens), closes=_minute(closes))


def _minute(clock: str) -> int:
    hour, minute = clock.strip().split(":")
    return int(hour) * 60 + int(minute)
