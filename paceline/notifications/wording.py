"""Notifications in words: each app registers the sentences of the kinds it sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from paceline.kernel import formats


@dataclass(frozen=True, slots=True)
class Wording:
    """A lazily translated sentence with ``%(name)s`` for parameters, and an icon's name."""

    text: str | Promise
    icon: str = "bell"
    shown: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)


_wordings: dict[str, Wording] = {}


def register(
    kind: str,
    text: str | Promise,
    *,
    icon: str = "bell",
    shown: Mapping[str, Callable[[Any], str]] | None = None,
) -> None:
    """Give a kind of notification its sentence, read in the language of whoever reads it.

    ``shown`` words parameters that are kept as keys.
    """
    _wordings[kind] = Wording(text, icon, shown or {})


def text_of(kind: str, params: Mapping[str, Any]) -> str:
    """The sentence; a kind that no app words any more stays readable as a general one."""
    wording = _wordings.get(kind)
    if wording is None:
        return _("Something of yours changed.")
    try:
        return str(wording.text) % {
            name: wording.shown.get(name, str)(value)
            for name, value in formats.with_counts(params).items()
        }
    except (KeyError, ValueError, TypeError):
        return str(wording.text)


def icon_of(kind: str) -> str:
    wording = _wordings.get(kind)
    return "bell" if wording is None else wording.icon
