"""Whom each plan pays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from paceline.org.models import Person, Position, Team
from paceline.web.demo.calendar import Quarter
from paceline.web.demo.stage import Stage

TEXTS = Path(__file__).parents[1] / "plans"
Target = Position | Team | Person


@dataclass(frozen=True, slots=True)
class PayPlan:
    """A plan as it is approved: its text's name, whom it pays, and why known findings stand.

    A campaign's plan is there for one quarter only, and its text waits for the year; one whose
    rates change waits for the day.
    """

    name: str
    to: Callable[[Stage], Sequence[Target]]
    accepted: str = ""
    campaign: Callable[[Stage], Quarter] | None = None
    change: Callable[[Stage], date] | None = None

    def source(self, stage: Stage) -> str:
        """The text; a campaign's year and the day of a change are put in."""
        text = (TEXTS / f"{self.name}.yaml").read_text(encoding="utf-8")
        if self.campaign is not None:
            text = text.replace("YEAR", str(self.campaign(stage).year))
        return text if self.change is None else text.replace("CHANGE", str(self.change(stage)))

    def days(self, stage: Stage) -> tuple[date, date | None]:
        """From when on it is in effect, and until when it pays anybody."""
        if self.campaign is None:
            return stage.calendar.quarters[0].starts_on, None
        quarter = self.campaign(stage)
        return quarter.starts_on, quarter.ends_before


def positions(*codes: str) -> Callable[[Stage], list[Target]]:
    return lambda _stage: list(Position.objects.filter(code__in=codes))


def teams(*codes: str) -> Callable[[Stage], list[Target]]:
    return lambda _stage: list(Team.objects.filter(code__in=codes))


def leads(*codes: str) -> Callable[[Stage], list[Target]]:
    return lambda stage: [stage.person(stage.cast.lead_of(code)) for code in codes]
