"""What is done for a goal, as apps above know it, such as cards on boards: they say it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from paceline.goals.models import Goal
from paceline.kernel.shell import Badge
from paceline.org.models import Person


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to do, or done, in words."""

    name: str
    url: str
    who: str = ""
    where: str = ""
    due: str = ""
    state: Badge | None = None


@dataclass(slots=True)
class Work:
    """What an app knows of the work for a goal. ``hidden`` counts what the reader may not see;
    nothing else is told of it. ``add_url`` is where one adds to it, empty when one may not.
    """

    open: int = 0
    done: int = 0
    late: int = 0
    hidden: int = 0
    pieces: list[Piece] = field(default_factory=list)
    add_url: str = ""


Teller = Callable[[Person, Goal, date], Work]
_tellers: list[Teller] = []


def contribute(teller: Teller) -> None:
    """Let an app say what is done for goals; called once at start. It gets the reader, the goal and
    the day."""
    _tellers.append(teller)


def done_for(reader: Person, goal: Goal, on: date) -> list[Work]:
    """What every app knows of the work for a goal."""
    return [teller(reader, goal, on) for teller in _tellers]
