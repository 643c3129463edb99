"""What the acts in the audit trail are called; every app adds its own words when it starts."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise

_words: dict[str, str | Promise] = {}


def register(words: Mapping[str, str | Promise]) -> None:
    """Name acts for readers: ``{"statement_released": _("Statement released")}``."""
    _words.update(words)


def word(act: str) -> str:
    """An act in the reader's language; one without words is shown as it is kept."""
    return str(_words.get(act, act.replace("_", " ")))


def has_word(act: str) -> bool:
    return act in _words
