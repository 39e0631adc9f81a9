"""Keeps what was found in the store, apart from the watches, which never wait for the store.

A watch only leaves word. What could not be written stays owed, with all that was asked in the
meantime, so that a finding that went away while the store was out of reach is closed after all.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from thorbis_ops.daemon.standing import Standing
from thorbis_ops.daemon.watch import Watch
from thorbis_ops.errors import ThorbisError
from thorbis_ops.model import Unanswered
from thorbis_ops.store import Store, findings, rotate

_logger = logging.getLogger(__name__)


class Keeping:
    """What is owed to the store, for as long as the daemon runs."""

    def __init__(self, standing: Standing) -> None:
        self._standing = standing
        self._owed: dict[str, tuple[Watch, set[str]]] = {}

    def owe(self, watch: Watch, asked: Sequence[str]) -> None:
        """Leaves word that ``asked`` was answered or not; writes nothing yet."""
        self._owed.setdefault(watch.target.name, (watch, set()))[1].update(asked)

    async def keep(self) -> None:
        """Writes what is owed, if it is ours to write; the first refusal of the store ends it."""
        for name in list(self._owed):
            store = self._standing.store
            if store is None or self._standing.lease is None:
                return
            watch, asked = self._owed.pop(name)
            try:
                await _write(store, watch, asked)
            except ThorbisError as error:
                self.owe(watch, sorted(asked))
                _logger.warning("%s: findings are kept later: %s", name, error)
                return
            except Exception:
                _logger.exception("%s: findings were not kept, by a fault of ours", name)

    async def rotate(self) -> None:
        """Makes the store's partitions ahead and drops the old ones, if it is ours to do."""
        if self._standing.store is None or self._standing.lease is None:
            return
        try:
            await rotate(self._standing.store, datetime.now(UTC))
        except ThorbisError as error:
            _logger.warning("the store's partitions were not rotated: %s", error)


async def _write(store: Store, watch: Watch, asked: set[str]) -> None:
    report, snapshot, name = watch.report, watch.snapshot, watch.target.name
    if report is None or snapshot is None:
        return
    lost = [one for one in asked if isinstance(snapshot.answers.get(one), Unanswered)]
    await findings.save_findings(store, name, report.findings, lost, asked, report.started_at)
    if watch.server is not None:
        await findings.saw_target(store, name, watch.server, report.started_at)
