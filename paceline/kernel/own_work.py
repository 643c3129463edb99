"""The pages of what one has to do oneself: one place with a tab for each app that has a part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, slots=True)
class OwnWork:
    """A page of one's own work; ``rank`` says where its tab stands. ``name`` is what the page is
    called elsewhere, ``label`` what its tab says."""

    key: str
    label: Text
    name: Text
    icon: str
    address: str
    rank: int
    is_visible: Callable[[Any], bool] = lambda _person: True


_pages: dict[str, OwnWork] = {}


def register(page: OwnWork) -> None:
    """Let an app have its part of one's own work; called once at start."""
    _pages[page.key] = page


def pages() -> list[OwnWork]:
    return sorted(_pages.values(), key=lambda one: (one.rank, one.key))


def tabs(person: Any, here: str) -> list[tuple[Text, str, bool, None]]:
    """The tabs that a person sees, as the tabs of a page take them; none where one is alone."""
    found = [one for one in pages() if one.is_visible(person)]
    if len(found) < 2:
        return []
    return [(one.label, reverse(one.address), one.key == here, None) for one in found]
