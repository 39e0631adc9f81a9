"""Options that several commands share, said once."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from thorbis_ops.model import Severity

target = click.option("--target", metavar="NAME", help="A target of the configuration.")
dsn = click.option("--dsn", metavar="DSN", help="A database by libpq conninfo or URI.")
json_or_table = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to print it.",
)


window = click.option(
    "--window",
    type=click.FloatRange(min=0, max=86400),
    default=0,
    metavar="SECONDS",
    help="Watch for so long; without it, all since the counters were reset.",
)


class SeverityOrNever(click.ParamType[Severity | None]):
    """A severity, or "never" for none at all."""

    name = "severity"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Severity | None:
        """The severity called ``value``."""
        if value == "never":
            return None
        try:
            return Severity.parse(str(value))
        except ValueError as error:
            self.fail(f"{error} or never", param, ctx)


fail_on = click.option(
    "--fail-on",
    type=SeverityOrNever(),
    default="high",
    show_default=True,
    metavar="SEVERITY|never",
    help="The severity from which the exit code is 1.",
)


class Moment(click.ParamType[datetime]):
    """A time such as 2026-01-15T02:00:00Z; without a zone it is UTC."""

    name = "timestamp"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The time that ``value`` writes."""
        if isinstance(value, datetime):
            return value
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f'"{value}" is not a time; write 2026-01-15T02:00:00Z', param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


at = click.option(
    "--at", type=Moment(), metavar="TIMESTAMP", help="Plan and act as if it were then."
)
