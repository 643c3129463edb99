"""Of what one sees who else is there: kinds of things, each with the right to see one.

An app registers its kinds when it starts. Who may not see the thing sees nobody at it and is seen
by nobody; names are shown of people whom the reader may see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from paceline.live.models import Doing, Presence
from paceline.org.models import Person

Right = Callable[[Person, str], bool]

_rights: dict[str, Right] = {}


@dataclass(frozen=True, slots=True)
class Other:
    """Somebody else who has the same thing open."""

    name: str
    is_editing: bool


def register(kind: str, may_see: Right) -> None:
    """Let people who may see a thing of this kind see one another at it."""
    _rights[kind] = may_see


def may_see(person: Person, kind: str, ref: str) -> bool:
    right = _rights.get(kind)
    return right is not None and right(person, ref)


def may_follow(person: Person, ref: str) -> bool:
    """The right behind ``presence:<kind>:<ref>``."""
    kind, _, thing = ref.partition(":")
    return may_see(person, kind, thing)


def others(viewer: Person, kind: str, ref: str, at: datetime) -> list[Other]:
    """Who else has the thing open, those who edit it first. One query."""
    rows = (
        Presence.objects.at(at)
        .filter(kind=kind, ref=ref, person__in=Person.objects.visible_to(viewer))
        .exclude(person=viewer)
        .values_list("person_id", "person__name", "doing")
    )
    doing: dict[tuple[int, str], bool] = {}
    for person_id, name, does in rows:
        key = (person_id, name)
        doing[key] = doing.get(key, False) or does == Doing.EDITING
    found = [Other(name, is_editing) for (_pk, name), is_editing in doing.items()]
    return sorted(found, key=lambda one: (not one.is_editing, one.name))
