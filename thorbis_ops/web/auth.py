"""Who may read: a user with a password, the bearer of a token, or, unconfigured, anybody.

Secrets come from files, are compared in constant time, and are never shown. The two probes
of an orchestrator, /healthz and /readyz, tell nothing and stay open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from thorbis_ops.errors import ConfigError

OPEN_PATHS = frozenset({"/healthz", "/readyz"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """The credentials that open the door; with none of them it stands open."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, user: str | None, password_file: Path | None, token_file: Path | None) -> Auth:
        """Credentials from their files; ConfigError names the setting that is wrong."""
        if (user is None) != (password_file is None):
            raise ConfigError("web.user and web.password_file go together; set both or neither")
        return cls(
            user=user,
            password=_secret("web.password_file", password_file),
            token=_secret("web.token_file", token_file),
        )

    @property
    def required(self) -> bool:
        """Whether anything has to be shown at the door."""
        return self.password is not None or self.token is not None

    @property
    def challenge(self) -> str:
        """What a client without credentials is told to bring."""
        basic = self.password is not None
        return 'Basic realm="thorbis-ops", charset="UTF-8"' if basic else "Bearer"

    def allows(self, authorization: str) -> bool:
        """Whether the value of an Authorization header opens the door."""
        scheme, _, given = authorization.partition(" ")
        match scheme.lower():
            case "basic" if self.password is not None:
                return _same(_decoded(given), f"{self.user}:{self.password}")
            case "bearer" if self.token is not None:
                return _same(given.strip(), self.token)
            case _:
                return False


class Door:
    """Lets a request through, or answers 401 or 421 before anything else looks at it."""

    def __init__(self, app: ASGIApp, auth: Auth) -> None:
        self._app = app
        self._auth = auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, in the form that ASGI hands it over."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            refusal = None
        elif self._auth.required:
            refusal = self._unknown(scope)
        else:
            refusal = _MISLED if _is_misled(scope) else None
        await (refusal or self._app)(scope, receive, send)

    def _unknown(self, scope: Scope) -> PlainTextResponse | None:
        if self._auth.allows(_header(scope, b"authorization")):
            return None
        headers = {"www-authenticate": self._auth.challenge}
        return PlainTextResponse("credentials are needed\n", 401, headers)


_MISLED = PlainTextResponse(
    "without credentials this answers to localhost and to addresses only; "
    "set web.user or web.token_file to use another name\n",
    421,
)


def _is_misled(scope: Scope) -> bool:
    """Whether a foreign name leads to loopback: a web page's way to read what only we may."""
    server = scope.get("server")
    if not server or not _is_loopback(server[0]):
        return False
    name = _header(scope, b"host").lower()
    name = name.partition("]")[0].lstrip("[") if name.startswith("[") else name.partition(":")[0]
    local = name in {"", "localhost"} or name.endswith(".localhost")
    return not local and _address(name) is None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return address is not None and address.is_loopback


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _header(scope: Scope, wanted: bytes) -> str:
    given = (value for name, value in scope["headers"] if name == wanted)
    return next(given, b"").decode("latin-1")


def _same(given: str, wanted: str) -> bool:
    """Compares digests, so that neither content nor length shows in the time taken."""
    digests = (hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (given, wanted))
    return hmac.compare_digest(*digests)


def _decoded(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _secret(setting: str, path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8 text"
        raise ConfigError(f"{setting}: {path} cannot be read: {why}") from None
    if not secret:
        raise ConfigError(f"{setting}: {path} is empty; write the secret into it")
    return secret
