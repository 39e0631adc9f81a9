"""HTML that cannot be injected into: text is escaped unless it was built here."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TypeAlias


class Html(str):
    """Markup that is safe to send as it is."""

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"

Value: TypeAlias = "str | bool | None"

_VOID = frozenset({"meta", "link"})


def tag(name: str, /, *children: Child, **attributes: Value) -> Html:
    """An element. ``_`` stands for ``-``, a trailing one is dropped; None leaves one out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: Child) -> Html:
    """Children one after the other, each escaped unless it is markup already."""
    return Html("".join(map(_child, children)))


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str | int):
        return html.escape(str(child))
    return "".join(map(_child, child))


def _attribute(key: str, value: Value) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{html.escape(value)}"'
