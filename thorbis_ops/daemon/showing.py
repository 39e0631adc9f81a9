"""What the daemon tells: composed off the loop at each tick, and served from memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from thorbis_ops import content
from thorbis_ops.daemon.maintaining import Maintaining
from thorbis_ops.daemon.observing import observed
from thorbis_ops.daemon.sampling import Sampling
from thorbis_ops.daemon.watch import Watch
from thorbis_ops.errors import ConfigError
from thorbis_ops.metrics import Observed
from thorbis_ops.settings import Settings, WebSettings
from thorbis_ops.web import Auth, Board, Published, Tls, WebServer, compose, create_app, serve


class Showing:
    """The board and the server, from the daemon's start to its end."""

    def __init__(
        self,
        settings: Settings,
        watches: Sequence[Watch],
        maintaining: Maintaining,
        sampling: Sampling,
    ) -> None:
        self._web = settings.web
        self._watches = watches
        self._maintaining = maintaining
        self._sampling = sampling
        self._server: WebServer | None = None
        self._board: Board | None = None

    @property
    def port(self) -> int:
        """The port that was bound."""
        if self._server is None:
            raise ConfigError("web.listen: nothing is bound yet")
        return self._server.port

    async def open(self) -> None:
        """Binds the address and serves; ConfigError when it cannot be had."""
        auth = Auth.read(self._web.user, self._web.password_file, self._web.token_file)
        self._board = Board(self._composed())
        host, _, port = self._web.listen.rpartition(":")
        app = create_app(self._board, auth=auth, runbooks=_runbooks())
        self._server = await serve(app, host=host, port=int(port), tls=_tls(self._web))

    async def show(self) -> None:
        """Puts the latest on the board."""
        if self._board is not None:
            self._board.publish(await asyncio.to_thread(self._composed))

    async def close(self) -> None:
        """Stops serving."""
        if self._server is not None:
            await self._server.stop()

    def _composed(self) -> Published:
        return compose(
            [self._observed(watch) for watch in self._watches],
            now=datetime.now(UTC),
            waiting=[w.target.name for w in self._watches if w.snapshot is None],
            slo=self._sampling.slo_documents(),
            statements=self._sampling.statement_documents(),
        )

    def _observed(self, watch: Watch) -> Observed:
        name = watch.target.name
        return observed(
            watch.target,
            watch.snapshot,
            watch.report,
            watch.questions,
            watch.intervals,
            objectives=self._sampling.totals(name),
            coverage=self._sampling.coverage(name),
            jobs=self._maintaining.states.get(name, ()),
        )


def _runbooks() -> dict[str, str]:
    folder = content.folder("alerts") / "runbooks"
    return {path.stem: path.read_text("utf-8") for path in sorted(folder.glob("*.md"))}


def _tls(web: WebSettings) -> Tls | None:
    if web.certificate is None and web.key is None:
        return None
    if web.certificate is None or web.key is None:
        raise ConfigError("web.certificate and web.key go together; set both or neither")
    return Tls(certificate=web.certificate, key=web.key)
