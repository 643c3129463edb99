"""What every chapter of the story shares: the calendar, the cast, the folder of files, the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from paceline.imports.actions import import_file
from paceline.imports.models import Import
from paceline.org.models import Person, Role
from paceline.web.demo.calendar import Calendar
from paceline.web.demo.cast import Cast, Member
from paceline.web.demo.sales import Sales, sell
from paceline.web.demo.shops import MARKETS

SEED = "tideway"
ZONE = ZoneInfo("Asia/Taipei")

# The company took Paceline up three weeks ago, brought in its history, and caught up on its pay.
BEGAN, CAUGHT_UP, UNSENT = 21, 6, 7


@dataclass
class Stage:
    """The company as of a day. ``say`` tells whoever waits how far the story has come.

    ``scale`` makes the same company sell less, for those who cannot wait a minute.
    """

    calendar: Calendar
    folder: Path
    say: Callable[[str], None]
    scale: float = 1.0
    cast: Cast = field(init=False)
    sales: list[Sales] = field(init=False)
    people: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.cast = Cast(self.calendar, Random(SEED))  # noqa: S311 - a made-up company, no secrets
        self.sales = [
            sell(market, self.cast, self.calendar, Random(f"{SEED} {market.code}"))  # noqa: S311
            for market in (
                replace(market, lines=int(market.lines * self.scale)) for market in MARKETS
            )
        ]
        self.folder.mkdir(parents=True, exist_ok=True)

    def day(self, before: int) -> date:
        """A day that lies ``before`` days ago."""
        return self.calendar.as_of - timedelta(days=before)

    def at(self, before: int, hour: int = 9, minute: int = 0) -> datetime:
        """A moment of that day, on the head office's clock."""
        day = self.day(before)
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)

    def acting(self, role: Role, index: int = 0) -> Person:
        """The person of the cast who acts in a role."""
        return self.person(self.cast.with_role(role)[index])

    def person(self, member: Member) -> Person:
        found = self.people.get(member.number)
        if found is None:
            found = Person.objects.get(number=member.number)
            found.acting_on = self.calendar.as_of
            self.people[member.number] = found
        return found

    def bring_in(
        self,
        kind: str,
        path: Path,
        *,
        by: Person,
        at: datetime,
        mapping: Mapping[str, Any] | None = None,
    ) -> Import:
        """One file through the product's own import, as if it had been uploaded."""
        self.say(path.name)
        return import_file(kind=kind, path=path, name=path.name, by=by, at=at, mapping=mapping)
