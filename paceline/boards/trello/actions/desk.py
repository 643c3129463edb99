"""What one pass works with: the connection, what is known of lists, labels and people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from paceline.boards.actions import (
    CardIsArchived,
    CardIsGone,
    CardMovedMeanwhile,
    ChangedMeanwhile,
    FactsInvalid,
    IsAPart,
    LastList,
    ListHasCards,
    ListIsArchived,
    NameTaken,
    NotInProject,
    PersonCannotSee,
    PersonHasLeft,
    TextTooLong,
    TooMany,
)
from paceline.boards.models import Project
from paceline.boards.trello.asking import Refused, Trello
from paceline.boards.trello.models import Connection, Twin, TwinKind
from paceline.org.models import Person

# What may stand against a change here; the rest goes on, and what it was is shown.
NOT_HERE = (
    CardIsArchived, CardIsGone, CardMovedMeanwhile, ChangedMeanwhile, FactsInvalid, IsAPart,
    LastList, ListHasCards, ListIsArchived, NameTaken, NotInProject, PersonCannotSee,
    PersonHasLeft, TextTooLong, TooMany,
)  # fmt: skip
# Somebody here was quicker: looked at again in the next pass, without a word.
LATER = (CardIsArchived, CardMovedMeanwhile, ChangedMeanwhile)


@dataclass(slots=True)
class Desk:
    """``lists`` and ``labels``: ids here by Trello's ids; ``people``: by Trello's ids of members.

    ``is_first``: the board comes for the first time. ``is_whole``: every card is compared.
    """

    connection: Connection
    project: Project
    trello: Trello
    at: datetime
    zone: ZoneInfo
    is_first: bool = False
    is_whole: bool = False
    lists: dict[str, int] = field(default_factory=dict)
    closed_lists: set[str] = field(default_factory=set)
    labels: dict[str, int] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    @property
    def list_keys(self) -> dict[int, str]:
        return {local: key for key, local in self.lists.items()}

    @property
    def label_keys(self) -> dict[int, str]:
        return {local: key for key, local in self.labels.items()}

    @property
    def member_keys(self) -> dict[int, str]:
        return {person.pk: key for key, person in self.people.items()}

    def twins(self, kind: TwinKind, **more: Any) -> list[Twin]:
        return list(Twin.objects.filter(connection=self.connection, kind=kind, **more))

    def pair(self, kind: TwinKind, local: int, key: str, **more: Any) -> Twin:
        """Say that two things are the same."""
        made: Twin = Twin.objects.create(
            connection=self.connection, kind=kind, local=local, key=key, **more
        )
        return made


def named(problem: Exception) -> tuple[str, dict[str, Any]]:
    """What stands against a change, as ``wording`` knows it."""
    if isinstance(problem, Refused):
        return "refused_there", {"status": problem.status, "said": problem.said[:200]}
    return f"here_{type(problem).__name__}"[:40], {}


def keep_trouble(twin: Twin, problem: Exception, at: datetime) -> None:
    """Keep why something was not carried; somebody who was quicker is no trouble."""
    if isinstance(problem, LATER):
        return
    code, params = named(problem)
    if (twin.trouble, twin.trouble_params) != (code, params):
        twin.trouble, twin.trouble_params, twin.trouble_at = code, params, at
        twin.save(update_fields=["trouble", "trouble_params", "trouble_at"])


def clear_trouble(twin: Twin) -> None:
    if twin.trouble:
        twin.trouble, twin.trouble_params, twin.trouble_at = "", {}, None
        twin.save(update_fields=["trouble", "trouble_params", "trouble_at"])


def unique(name: str, taken: set[str], most: int) -> str:
    """A name that is free whatever the case, with a number behind it if need be; it is taken
    then."""
    found, number = name[:most], 2
    while found.casefold() in taken:
        tail = f" ({number})"
        found, number = name[: most - len(tail)] + tail, number + 1
    taken.add(found.casefold())
    return found
