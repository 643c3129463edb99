"""The clauses of a plan, checked and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from paceline.engine.formula.tree import Formula, Type
from paceline.engine.money import DIGITS
from paceline.engine.periods import PeriodKind
from paceline.engine.plan.policies import Policies

Localised = Mapping[str, str]  # language → text; the key "" is a text without a language

LANGUAGE_VERSION = 1


@dataclass(frozen=True)
class Credit:
    """A credit rule. A direct one takes lines; a roll-up passes those of `of` to managers above."""

    id: str
    kind: Literal["direct", "rollup"]
    when: Formula | None
    of: tuple[str, ...]
    level_from: int
    level_through: int | None  # None: to the top
    clause: str
    label: Localised = field(default_factory=dict)  # what readers call it; empty: its id


@dataclass(frozen=True)
class Measure:
    """Credits added up over the window: a sum of a formula, or the number of lines."""

    id: str
    kind: Literal["sum", "count"]
    of: Formula | None
    credits: tuple[str, ...]
    clause: str
    label: Localised = field(default_factory=dict)

    @property
    def is_money(self) -> bool:
        return self.of is not None and self.of.type == "money"


@dataclass(frozen=True)
class Quota:
    """Which rows of the quotas table are the target of which measure."""

    id: str
    measure: str
    name: str
    clause: str
    label: Localised = field(default_factory=dict)


@dataclass(frozen=True)
class Tier:
    """One tier: from `lower` up to `upper` (None: without end) at `rate`.

    Bounds are shares of quota (1 is 100 %) or amounts of the measure; the rate is a share of money,
    or plan currency per unit when the measure counts units.
    """

    lower: Decimal
    upper: Decimal | None
    rate: Decimal
    clause: str


@dataclass(frozen=True)
class RateTable:
    reading: Literal["slice", "whole"]
    on: Literal["attainment", "amount"]
    quota: str | None
    tiers: tuple[Tier, ...]
    clause: str


@dataclass(frozen=True)
class Condition:
    """Holds when the attainment of a quota, or a measure, is at least `at_least`."""

    on: Literal["attainment", "measure"]
    subject: str
    at_least: Decimal
    clause: str


@dataclass(frozen=True)
class Component:
    """One separately calculated part: rates over a measure, or a fixed amount."""

    id: str
    name: Localised
    kind: str
    measure: str | None
    rates: RateTable | None
    amount: Decimal | None
    when: Condition | None
    cap: Decimal | None
    floor: Decimal | None
    clause: str

    @property
    def quota(self) -> str | None:
        """The quota that the component's attainment refers to, from its rates or its condition."""
        if self.rates is not None and self.rates.quota is not None:
            return self.rates.quota
        return self.when.subject if self.when is not None and self.when.on == "attainment" else None


@dataclass(frozen=True)
class Plan:
    """A checked plan. `hash` covers its meaning: comments and layout do not change it."""

    slug: str
    name: Localised
    purpose: Localised
    currency: str
    period: PeriodKind
    policies: Policies
    attributes: Mapping[str, Type]
    credits: tuple[Credit, ...]
    measures: tuple[Measure, ...]
    quotas: tuple[Quota, ...]
    components: tuple[Component, ...]
    hash: str
    text: str = field(repr=False, compare=False, default="")

    @property
    def digits(self) -> int:
        return DIGITS[self.currency]

    def credit(self, id: str) -> Credit:  # noqa: A002 -- the clause's own word
        return next(credit for credit in self.credits if credit.id == id)

    def measure(self, id: str) -> Measure:  # noqa: A002
        return next(measure for measure in self.measures if measure.id == id)

    def quota(self, id: str) -> Quota:  # noqa: A002
        return next(quota for quota in self.quotas if quota.id == id)

    def component(self, id: str) -> Component:  # noqa: A002
        return next(component for component in self.components if component.id == id)


def say(text: Localised, language: str) -> str:
    """The text in a language; else without language, in English, or in any that there is."""
    for key in (language, "", "en"):
        if key in text:
            return text[key]
    return next(iter(text.values()), "")
