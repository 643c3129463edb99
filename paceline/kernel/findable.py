"""What can be searched: apps say what a thing is called, and when that changed.

The search app lies above some of the apps whose things it finds, so they speak to it through this
place: each registers its kinds when it starts, and its actions call :func:`changed` in the
transaction that changes a thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from django.db.models import QuerySet
from django.utils.functional import Promise

from paceline.kernel.shell import PaletteEntry


@dataclass(frozen=True, slots=True)
class Document:
    """What one thing can be found by: its names, numbers and addresses, each a text of its own.

    ``keys`` are words of the app's own that say roughly who may see it. A person brings the keys of
    all that they might see; the exact right is asked for every hit.
    """

    pk: int
    texts: tuple[str, ...]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of thing that can be found.

    ``documents(ids)`` describes those of these things that are to be found, or all when ``ids`` is
    ``None``, in order of their id; what it leaves out is found by nobody. ``keys(person)`` gives
    the keys of all that the person might see, ``None`` when that is most of them.
    ``visible_to(person)`` holds the right. ``entries`` words the hits among these ids for a person
    on a day, best first, and asks the right again.
    """

    name: str
    label: str | Promise
    documents: Callable[[Iterable[int] | None], Iterator[Document]]
    keys: Callable[[Any], Iterable[str] | None]
    visible_to: Callable[[Any], QuerySet[Any]]
    entries: Callable[[Any, list[int], date], list[PaletteEntry]]


Repeats = Callable[[list[int]], Iterable[int]]

_kinds: dict[str, Kind] = {}
_repeated: dict[str, dict[str, Repeats]] = {}


class Listener(Protocol):
    """What the search app does when things changed."""

    def __call__(self, *, kind: str, ids: list[int]) -> None: ...


_listeners: list[Listener] = []
_gathered: ContextVar[dict[str, set[int]] | None] = ContextVar("gathered", default=None)


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


def repeat(name: str, *, in_kind: str, ids_of: Repeats) -> None:
    """The documents of ``in_kind`` repeat names of these things: ``ids_of`` says which do."""
    _repeated.setdefault(name, {})[in_kind] = ids_of


def repeated(name: str) -> Mapping[str, Repeats]:
    """Other kinds whose documents repeat names of this one."""
    return dict(_repeated.get(name, {}))


def kinds() -> Mapping[str, Kind]:
    """Every kind by its name, in the order in which apps registered them."""
    return dict(_kinds)


def listen(index: Listener) -> None:
    """Called once by the search app."""
    _listeners.append(index)


def changed(name: str, ids: Iterable[int]) -> None:
    """These things were made, renamed or removed, or others may see them now.

    Call it in the transaction of the change, after the rows are as they will be: what is found then
    changes with them, or not at all.
    """
    listed = sorted(set(ids))
    if not listed:
        return
    gathered = _gathered.get()
    if gathered is not None:
        gathered.setdefault(name, set()).update(listed)
        return
    for index in _listeners:
        index(kind=name, ids=listed)


@contextmanager
def together() -> Iterator[None]:
    """Let what changes inside be found once, at the end, and not after each change.

    For many actions in one transaction; it has to begin inside that transaction and to end with it.
    """
    gathered: dict[str, set[int]] = {}
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
    for name, ids in gathered.items():
        changed(name, ids)
