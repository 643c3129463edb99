"""What apps above know of a plan of quotas, such as what it would pay: they say it here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from paceline.goals.planning.models import QuotaPlan
from paceline.org.models import Person


@dataclass(frozen=True, slots=True)
class Beside:
    """A page about a plan, or one sentence about a person's part of it."""

    text: str
    url: str = ""
    icon: str = ""


Teller = Callable[[Person, QuotaPlan, Person | None], list[Beside]]
_tellers: list[Teller] = []


def contribute(teller: Teller) -> None:
    """Let an app say something beside plans; called once at start.

    The teller gets the reader, the plan, and the person whose part it is (None: the whole plan).
    """
    _tellers.append(teller)


def told(reader: Person, plan: QuotaPlan, payee: Person | None = None) -> list[Beside]:
    """Everything that is known beside a plan or a part of it, in the order of the apps."""
    return [one for teller in _tellers for one in teller(reader, plan, payee)]
