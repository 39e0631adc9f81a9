"""Vocabularies, written as running text so that they read as such."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of ``text``, whatever the space between them."""
    return frozenset(text.split())
