"""``thorbis-ops init``: the roles, the grants and the store, shown first, applied on request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from thorbis_ops.cli import options
from thorbis_ops.cli.invocation import invocation

if TYPE_CHECKING:
    from thorbis_ops.store.provision import Provision

HEAD = "-- For psql --set ON_ERROR_STOP=1, as a role that may create roles.\n"
UNPROVEN = (
    "the roles have no password yet: set one with \\password in psql, or admit them in "
    "pg_hba.conf by peer or certificate"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A database to prepare: to be watched, to hold the store, or both."""

    name: str
    dsn: str
    watch: bool
    store: bool


@click.command(
    short_help="Make the roles, the grants and the store's schema.",
    epilog="""\b
Examples:
  thorbis-ops init --dsn postgresql://postgres@host/db               what is missing
  thorbis-ops init --dsn postgresql://postgres@host/db --print-sql   as a script for psql
  thorbis-ops init --dsn postgresql://postgres@host/db --apply       do it
""",
)
@options.dsn
@click.option("--print-sql", is_flag=True, help="Print the SQL that is missing; change nothing.")
@click.option("--apply", "apply_it", is_flag=True, help="Apply it.")
def command(dsn: str | None, print_sql: bool, apply_it: bool) -> int:
    """Make what thorbis-ops needs: three roles with the least rights, and the store's schema.

    Shows what is missing and changes nothing without --apply. Connect as a superuser, or as
    a role that may create roles and grant pg_monitor. A second run finds nothing to do.
    """
    if print_sql and apply_it:
        raise click.UsageError("--print-sql and --apply exclude one another; choose one")
    for place in _places(dsn):
        asyncio.run(_prepare(place, print_sql=print_sql, apply_it=apply_it))
    return 0


def _places(dsn: str | None) -> list[Place]:
    targets = invocation().targets(None, dsn)
    store = invocation().settings().store
    own = store.dsn if dsn is None and store.enabled else None
    shared = own is None and (dsn is not None or store.enabled)
    places = [
        Place(name=t.name, dsn=t.dsn, watch=True, store=shared and t is targets[0]) for t in targets
    ]
    if own is not None:
        places.append(Place(name="store", dsn=own, watch=False, store=True))
    return places


async def _prepare(place: Place, *, print_sql: bool, apply_it: bool) -> None:
    from thorbis_ops.store import install, provision

    async with install.installation(place.dsn) as connection:
        survey = await install.survey(connection)
        steps = provision.plan(survey, watch=place.watch, store=place.store)
        if print_sql:
            click.echo(_script(place, provision.script(steps)))
        elif apply_it:
            await install.apply(connection, steps, _told(place, "done"))
        else:
            _show(place, steps)
    if not steps and not print_sql:
        click.echo(f"{place.name}: nothing to do")
    _advise(provision.notes(survey, watch=place.watch), steps, apply_it=apply_it)


def _script(place: Place, script: str) -> str:
    return f"{HEAD}{script}" if script else f"-- {place.name}: nothing to do"


def _told(place: Place, word: str) -> Callable[[str], None]:
    return lambda title: click.echo(f"{place.name}: {word}: {title}")


def _show(place: Place, steps: tuple[Provision, ...]) -> None:
    for step in steps:
        _told(place, "missing")(step.title)
    if steps:
        click.echo("nothing was changed; --print-sql shows the SQL, --apply runs it")


def _advise(notes: tuple[str, ...], steps: tuple[Provision, ...], *, apply_it: bool) -> None:
    for note in notes:
        click.echo(f"note: {note}", err=True)
    if apply_it and any(step.title.startswith("role ") for step in steps):
        click.echo(f"note: {UNPROVEN}", err=True)
