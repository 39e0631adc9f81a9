"""Whether this daemon may act: a store that answers, and the lease that one daemon holds.

Without a store the daemon watches and says so. With one, two daemons agree through a lease:
the holder counts events, keeps findings and runs jobs; the other stands by and takes over
when the lease runs out.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
import uuid
from datetime import UTC, datetime, timedelta

from thorbis_ops.errors import NoStoreError, ThorbisError
from thorbis_ops.store import Store, lease, open_store
from thorbis_ops.store.lease import Lease

TTL = timedelta(seconds=20)
RENEW = 5.0
RETRY = 15.0
NAME = "daemon"
_logger = logging.getLogger(__name__)


class Standing:
    """The way to the store and the right to act, for as long as the daemon runs.

    ``alone`` when there surely is no store, and not just none that answers; ``fault`` says
    why the store that there should be cannot be used.
    """

    def __init__(self, dsn: str | None) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.store: Store | None = None
        self.alone = dsn is None
        self.fault: str | None = None
        self._dsn = dsn
        self._lease: Lease | None = None
        self._renewed = 0.0
        self._said = ""

    @property
    def lease(self) -> Lease | None:
        """The lease while it surely holds, by our own patience; None: do not act."""
        fresh = time.monotonic() - self._renewed < TTL.total_seconds() / 2
        return self._lease if fresh else None

    async def forever(self) -> None:
        """Keeps the store open and the lease renewed; returns at once without a store."""
        if self._dsn is None:
            self._say("no store: watching only, without journal and maintenance")
            return
        while True:  # noqa: ASYNC110 - what wakes it is the time
            await asyncio.sleep(await self._turn(self._dsn))

    async def leave(self) -> None:
        """Lets another daemon act at once, and closes the store."""
        store, self.store = self.store, None
        if store is None:
            return
        try:
            if self._lease is not None:
                await lease.release(store, self._lease)
        except ThorbisError as error:
            _logger.warning("the lease runs out by itself: %s", error)
        finally:
            self._lease = None
            await store.close()

    async def _turn(self, dsn: str) -> float:
        try:
            if self.store is None:
                self.store = await open_store(dsn, now=datetime.now(UTC))
                self.alone = False
            await self._hold(self.store)
            self.fault = None
        except ThorbisError as error:
            self._lease, self.fault = None, str(error)
            self.alone = self.alone or isinstance(error, NoStoreError)
            self._say(f"no store: watching only, without journal and maintenance: {error}")
            return RETRY if self.store is None else RENEW
        return RENEW

    async def _hold(self, store: Store) -> None:
        began = time.monotonic()
        self._lease = await lease.acquire(store, NAME, self.owner, TTL)
        if self._lease is None:
            self._say("another daemon holds the lease: standing by")
            return
        self._renewed = began
        self._say(f"acting under generation {self._lease.generation} of the lease")

    def _say(self, what: str) -> None:
        """Says a state once, when it begins."""
        if what != self._said:
            self._said = what
            _logger.info("%s", what)
