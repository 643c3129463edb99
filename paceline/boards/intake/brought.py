"""What a board of another product comes to: lists, cards and all that hangs on them.

Readers make it from a file and write nothing; what they cannot carry they say (``left``).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time


class NotSuchAFile(Exception):
    """The file is not an export of that product. ``code`` says why, ``params`` with what."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True, slots=True)
class Someone:
    """A person as the file names them: by address, by name, or both."""

    name: str = ""
    address: str = ""


@dataclass(slots=True)
class BroughtList:
    """A list of cards; without a name when the file named none."""

    key: str
    name: str
    is_archived: bool = False
    ends_work: bool = False


@dataclass(slots=True)
class BroughtLabel:
    key: str
    name: str
    colour: str = "grey"


@dataclass(slots=True)
class BroughtField:
    """A field of the board's own; ``kind`` is one of the kinds that cards know."""

    key: str
    name: str
    kind: str
    options: list[str] = field(default_factory=list)


@dataclass(slots=True)
class BroughtItem:
    text: str
    is_done: bool = False


@dataclass(slots=True)
class BroughtComment:
    text: str
    author: Someone
    at: datetime


@dataclass(slots=True)
class BroughtCard:
    """One card; the first of ``people`` answers for it. ``parent`` is the key of another card.

    ``notes`` are what found no place in the card; they become comments.
    """

    key: str
    list_key: str
    title: str
    description: str = ""
    people: list[Someone] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    starts_on: date | None = None
    due_on: date | None = None
    due_time: time | None = None
    done_at: datetime | None = None
    is_done: bool = False
    is_archived: bool = False
    created_at: datetime | None = None
    checklists: list[tuple[str, list[BroughtItem]]] = field(default_factory=list)
    comments: list[BroughtComment] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    custom: dict[str, str] = field(default_factory=dict)
    parent: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Brought:
    """A whole board. ``left`` counts what was not carried, by code."""

    name: str = ""
    description: str = ""
    lists: list[BroughtList] = field(default_factory=list)
    labels: list[BroughtLabel] = field(default_factory=list)
    fields: list[BroughtField] = field(default_factory=list)
    cards: list[BroughtCard] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
