"""Which store a command means: the configured one, else the database that it names."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from thorbis_ops.cli.invocation import invocation
from thorbis_ops.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from thorbis_ops.model import Target
    from thorbis_ops.store import Store


@contextlib.asynccontextmanager
async def opened(target: Target, dsn: str | None) -> AsyncIterator[Store]:
    """The store that journals this target; StoreError says that nothing runs without one."""
    from thorbis_ops.store import open_store

    settings = invocation().settings().store
    configured = settings.dsn if settings.enabled else None
    place = configured or (target.dsn if dsn else invocation().settings().store_dsn())
    if not settings.enabled or place is None:
        raise ConfigError("store.enabled is false: without a journal there is no maintenance")
    try:
        store = await open_store(place, now=datetime.now(UTC))
    except StoreError as error:
        raise StoreError(f"without a journal there is no maintenance: {error}") from None
    async with store:
        yield store


@contextlib.asynccontextmanager
async def opened_if_any(target: Target, dsn: str | None) -> AsyncIterator[Store | None]:
    """The store, or None with a word on standard error: a plan needs no journal."""
    async with contextlib.AsyncExitStack() as stack:
        store = None
        try:
            store = await stack.enter_async_context(opened(target, dsn))
        except (StoreError, ConfigError) as error:
            click.echo(f"planned without the past: {error}", err=True)
        yield store
