"""Which of several people gets a lead, and why the others do not. Pure: everything is handed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from paceline.leads.models import Method, RoutingRule
from paceline.search.queries import holds


class Why(StrEnum):
    """Why somebody was chosen or passed over."""

    CHOSEN = "chosen"
    LEFT = "left"
    AWAY = "away"
    NO_SELLER = "no_seller"
    OFF = "off"
    HAD_IT = "had_it"
    NOT_NEXT = "not_next"
    BUSIER = "busier"
    AS_BUSY = "as_busy"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of a rule as they are now. ``load`` is how much they have to do already."""

    person: int
    is_here: bool = True
    is_away: bool = False
    sells: bool = True
    is_at_work: bool = True
    had_it: bool = False
    load: Decimal = Decimal(0)
    given_at: datetime | None = None

    def barred(self, *, at_work_only: bool) -> Why | None:
        """Why this person cannot get it at all."""
        if not self.is_here:
            return Why.LEFT
        if not self.sells:
            return Why.NO_SELLER
        if self.is_away:
            return Why.AWAY
        if self.had_it:
            return Why.HAD_IT
        return Why.OFF if at_work_only and not self.is_at_work else None


@dataclass(frozen=True, slots=True)
class Choice:
    """Who gets it, and for each candidate, in order, why or why not."""

    person: int | None
    reasons: Mapping[int, Why]


def choose(
    method: str, candidates: Sequence[Candidate], *, at_work_only: bool, last: int | None
) -> Choice:
    """Choose by a rule's method. ``last`` is whom round robin chose the last time."""
    reasons: dict[int, Why] = {}
    free = []
    for one in candidates:
        why = one.barred(at_work_only=at_work_only)
        if why is None:
            free.append(one)
        else:
            reasons[one.person] = why
    chosen = _chosen(method, candidates, free, last)
    for one in free:
        reasons[one.person] = Why.CHOSEN if one is chosen else _passed_over(method, one, chosen)
    return Choice(None if chosen is None else chosen.person, reasons)


def _passed_over(method: str, one: Candidate, chosen: Candidate | None) -> Why:
    if method != Method.LEAST_BUSY or chosen is None:
        return Why.NOT_NEXT
    return Why.BUSIER if one.load > chosen.load else Why.AS_BUSY


def _chosen(
    method: str, candidates: Sequence[Candidate], free: Sequence[Candidate], last: int | None
) -> Candidate | None:
    if not free:
        return None
    if method == Method.LEAST_BUSY:
        # Among equals whoever has waited longest; who never got one first.
        return min(free, key=lambda one: (one.load, one.given_at is not None, one.given_at or 0))
    if method == Method.FIXED:
        return free[0]
    order = [one.person for one in candidates]
    start = order.index(last) + 1 if last in order else 0
    turn = {person: place for place, person in enumerate(order[start:] + order[:start])}
    return min(free, key=lambda one: turn[one.person])


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a lead the conditions look at."""

    languages: Sequence[str] = ()
    country: str = ""
    territory: str = ""
    source: str = ""
    interest: str = ""

    @classmethod
    def of(cls, lead: Any) -> Asked:
        return cls(lead.languages, lead.country, lead.territory, lead.source, lead.interest)


def failed_condition(rule: RoutingRule, asked: Asked) -> str:
    """The first condition of a rule that the lead does not meet; empty when it meets all."""
    if rule.languages and not _speaks(rule.languages, asked.languages):
        return "languages"
    if rule.countries and asked.country not in rule.countries:
        return "countries"
    if rule.territories and _plain(asked.territory) not in map(_plain, rule.territories):
        return "territories"
    if rule.sources and asked.source not in rule.sources:
        return "sources"
    if rule.interests and not any(holds(asked.interest, word) for word in rule.interests):
        return "interests"
    return ""


def _speaks(wanted: Iterable[str], spoken: Iterable[str]) -> bool:
    """One language fits; ``zh`` alone fits either script."""
    known = {one.casefold() for one in spoken}
    short = {one.partition("-")[0] for one in known}
    return any(one.casefold() in known or one.casefold() in short for one in wanted)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
