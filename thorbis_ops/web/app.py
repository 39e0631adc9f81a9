"""The routes: each answers from the board, in the form that the client can read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from importlib.resources import files
from typing import TypeAlias

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from thorbis_ops.metrics import CONTENT_TYPE_OPENMETRICS, CONTENT_TYPE_TEXT
from thorbis_ops.web.auth import Auth, Door
from thorbis_ops.web.board import Board, Body, Published
from thorbis_ops.web.negotiation import accepts_gzip, prefers_openmetrics

#: Seconds between two signs of life on a subscription that has no news.
HEARTBEAT = 15.0
#: Subscriptions at once; scrapers need connections too.
SUBSCRIBERS = 16

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}
_STATIC = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def create_app(
    board: Board, *, auth: Auth | None = None, runbooks: Mapping[str, str] | None = None
) -> Starlette:
    """The application over ``board``; ``auth`` says who may read.

    ``runbooks`` are the texts behind the links of the alerts, by the alert's name.
    """
    door = auth or Auth()
    app = Starlette(
        routes=[
            Route("/metrics", _metrics),
            Route("/healthz", _healthz),
            Route("/readyz", _readyz),
            Route("/api/v1/findings", _json(lambda published: published.findings)),
            Route("/api/v1/jobs", _json(lambda published: published.jobs)),
            Route("/api/v1/slo", _json(lambda published: published.slo)),
            Route("/api/v1/statements", _json(lambda published: published.statements)),
            Route("/api/v1/targets", _json(lambda published: published.targets)),
            Route("/events", _events),
            Route("/runbooks/{alert}", _runbook),
            Route("/", _console),
            *(Route(f"/{name}", _static(name, kind)) for name, kind in _STATIC.items()),
        ],
        middleware=[Middleware(Door, auth=door)],
    )
    app.state.board = board
    app.state.auth = door
    app.state.subscribers = 0
    app.state.runbooks = runbooks or {}
    return app


def _board(request: Request) -> Board:
    board: Board = request.app.state.board
    return board


async def _metrics(request: Request) -> Response:
    board = _board(request)
    if (silent := board.silent_for) is not None:
        return _late(silent)
    if prefers_openmetrics(request.headers.get("accept", "")):
        return _reply(request, board.latest.openmetrics, CONTENT_TYPE_OPENMETRICS)
    return _reply(request, board.latest.text, CONTENT_TYPE_TEXT)


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok\n", headers=_HEADERS)


async def _readyz(request: Request) -> Response:
    board = _board(request)
    if (silent := board.silent_for) is not None:
        return _late(silent)
    if waiting := board.latest.waiting:
        names = ", ".join(waiting)
        return PlainTextResponse(f"waiting for the first answers of {names}\n", 503, _HEADERS)
    return PlainTextResponse("ready\n", headers=_HEADERS)


async def _console(request: Request) -> Response:
    return _reply(request, _board(request).latest.console, "text/html; charset=utf-8")


async def _runbook(request: Request) -> Response:
    text = request.app.state.runbooks.get(request.path_params["alert"])
    if text is None:
        return PlainTextResponse("there is no such runbook\n", 404, _HEADERS)
    return Response(text, headers={**_HEADERS, "content-type": "text/plain; charset=utf-8"})


def _json(choose: Callable[[Published], Body]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return _reply(request, choose(_board(request).latest), "application/json")

    return endpoint


def _static(name: str, kind: str) -> Endpoint:
    body = Body.of((files(__package__) / "static" / name).read_bytes())

    async def endpoint(request: Request) -> Response:
        return _reply(request, body, kind)

    return endpoint


async def _events(request: Request) -> Response:
    state = request.app.state
    if state.subscribers >= SUBSCRIBERS:
        return PlainTextResponse("too many subscriptions\n", 503, _HEADERS)

    async def counted() -> AsyncIterator[bytes]:
        state.subscribers += 1
        try:
            async for event in _news(state.board):
                yield event
        finally:
            state.subscribers -= 1

    headers = {**_HEADERS, "x-accel-buffering": "no"}
    return StreamingResponse(counted(), media_type="text/event-stream", headers=headers)


async def _news(board: Board) -> AsyncIterator[bytes]:
    seen: Published | None = None
    while not board.closed:
        latest = board.latest
        yield b": no news\n\n" if latest is seen else _event(latest)
        seen = latest
        await board.changed(seen, within=HEARTBEAT)


def _event(published: Published) -> bytes:
    told = orjson.dumps({"at": published.at, "digest": published.digest}, option=orjson.OPT_UTC_Z)
    return b"event: published\ndata: " + told + b"\n\n"


def _reply(request: Request, body: Body, kind: str) -> Response:
    headers = {**_HEADERS, "content-type": kind, "vary": "accept, accept-encoding"}
    if accepts_gzip(request.headers.get("accept-encoding", "")):
        return Response(body.gzipped, headers={**headers, "content-encoding": "gzip"})
    return Response(body.plain, headers=headers)


def _late(silent: float) -> Response:
    text = f"nothing was published for {silent:.0f} s; the daemon is stuck\n"
    return PlainTextResponse(text, 503, _HEADERS)
