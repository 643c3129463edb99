"""What can be told: each app registers its kinds of events when it starts."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PING = "ping"
_kinds: dict[str, str | Promise] = {PING: _("A trial, sent by hand")}


def register(words: Mapping[str, str | Promise]) -> None:
    """Name kinds for readers: ``{"statement.released": _("Statements released")}``."""
    _kinds.update(words)


def kinds() -> list[tuple[str, str | Promise]]:
    """Every kind that can be asked for, by name."""
    return [(name, _kinds[name]) for name in sorted(_kinds) if name != PING]


def word(kind: str) -> str:
    """A kind in the reader's language."""
    return str(_kinds.get(kind, kind))
