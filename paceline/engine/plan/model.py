"""The clauses of a plan, checked and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from paceline.engine.calendars import JANUARY, Calendar
from paceline.engine.formula.tree import Formula, Type
from paceline.engine.money import DIGITS
from paceline.engine.periods import PeriodKind
from paceline.engine.plan.policies import Policies

if TYPE_CHECKING:
    from paceline.engine.plan.settlement_model import SettlementPlan

Localised = Mapping[str, str]  # language → text; the key "" is a text without a language

LANGUAGE_VERSION = 1


@dataclass(frozen=True)
class Credit:
    """A credit rule. A direct one takes lines; a roll-up passes those of `of` to managers above.

    A direct rule credits the line's own payee, or whoever the line's column `to` names, with the
    `share` of the line (1 is all of it).
    """

    id: str
    kind: Literal["direct", "rollup"]
    when: Formula | None
    of: tuple[str, ...]
    level_from: int
    level_through: int | None  # None: to the top
    clause: str
    label: Localised = field(default_factory=dict)  # what readers call it; empty: its id
    to: str = "payee"  # of a direct rule: `payee`, `team`, `owner`, or a column of the line
    owner_of: str = ""  # the column whose owner is credited
    share: Formula | None = None  # of the line; None is all of it
    is_overlay: bool = False  # on top of the line, not taken from its own payee
    hierarchy: str = ""  # of a roll-up: the hierarchy it goes through; empty: the reporting line


MeasureKind = Literal["sum", "count", "distinct", "min", "max", "ratio", "formula", "figure"]


@dataclass(frozen=True)
class Measure:
    """What a component pays on or a goal is set for.

    `sum` adds up a formula over credited lines and `count` counts them; `distinct` counts its
    different values, `min` and `max` take the least and the greatest. `ratio` divides two
    measures, `formula` calculates over measures, `figure` reads a number that somebody entered.
    `parts` are the measures that a derived one is made of.
    """

    id: str
    kind: MeasureKind
    of: Formula | None
    credits: tuple[str, ...]
    clause: str
    label: Localised = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    name: str = ""  # of a figure: as it is called in the table of figures
    reads_last: bool = False  # of a figure: its latest row, not the sum of the period's rows
    type: Type = "quantity"
    window: Window | None = None

    @property
    def is_money(self) -> bool:
        return self.type == "money"

    @property
    def is_summed(self) -> bool:
        """It is added up from lines, so a part of it belongs to each line."""
        return self.kind in {"sum", "count"}

    @property
    def is_keyed(self) -> bool:
        """It looks at the values of lines one by one."""
        return self.kind in {"distinct", "min", "max"}


WindowKind = Literal["to-date", "rolling", "campaign", "since-hire", "year-before"]


@dataclass(frozen=True)
class Window:
    """The days that a measure looks at where that is not the period.

    `to-date`: from the start of the `unit` (month, quarter, half-year, year) that holds the
    period's end. `rolling`: the last `months` up to the period's end. `campaign`: the days from
    `starts_on` up to, not including, `ends_before`. `since-hire`: from the payee's first day.
    `year-before`: the period, one year earlier.
    """

    kind: WindowKind
    clause: str
    unit: str = ""
    months: int = 0
    starts_on: date | None = None
    ends_before: date | None = None


@dataclass(frozen=True)
class Quota:
    """Which rows of the quotas table are the target of which measure.

    `over` is the window of the target: the period, or the month, quarter, half-year or year that
    the period's end lies in; attainment is then that window's so far.
    """

    id: str
    measure: str
    name: str
    clause: str
    label: Localised = field(default_factory=dict)
    over: str = "period"
    weights: tuple[Decimal, ...] = ()  # of the equal parts of a row, 1 in all; empty: even months
    proration: Literal["none", "months", "days"] | None = None
    ramp: tuple[Decimal, ...] = ()  # share of the target asked in each month after hiring
    per: Literal["payee", "team"] = "payee"

    @property
    def is_worked_out(self) -> bool:
        """The target is more than the sum of the rows in the window."""
        return bool(self.weights or self.proration or self.ramp or self.per != "payee")


Interval = tuple[Decimal, Decimal | None]  # from, and up to; None: without end


@dataclass(frozen=True)
class Tier:
    """One tier: from `lower` up to `upper` (None: without end) at `rate`.

    Bounds are shares of quota (1 is 100 %) or amounts of the measure. What `rate` is, the table's
    `value` says. A tier of a whole-amount table that is `marginal` pays on its own slice only and
    leaves what lies below as it was.
    """

    lower: Decimal
    upper: Decimal | None
    rate: Decimal
    clause: str
    marginal: bool = False
    across: tuple[Interval, ...] = ()  # in a grid: the bounds of its column in each dimension
    version: int = 0  # in a dated table: the place of the tiers that it belongs to


@dataclass(frozen=True)
class Dated:
    """Tiers that hold from a day on, until the next begin; the first (None) hold before them."""

    starts_on: date | None
    tiers: tuple[Tier, ...]
    clause: str


@dataclass(frozen=True)
class ImportedTiers:
    """Tiers that come as rows of the table of rates called `name`, for every key a list of its own.

    A key is a value for each of the columns `by`: columns of the order line, or `payee_id`, who is
    credited. `counts` says whether the tiers of a key count what was sold under it (`each`) or the
    whole measure (`all`), `missing` what becomes of lines for which the table has no row.
    """

    name: str
    by: tuple[str, ...]
    counts: Literal["each", "all"]
    missing: Literal["refuse", "nothing"]
    clause: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the order line that make the key."""
        return tuple(name for name in self.by if name != "payee_id")


Change = Literal["carry-on", "anew", "last-day"]
Reading = Literal["slice", "whole", "interpolated"]
TierValue = Literal["rate", "amount", "target_share"]


@dataclass(frozen=True)
class RateTable:
    """Tiers and how they are read.

    `on` says what the bounds are compared with: the `measure` that the component pays on
    (`amount`), its `attainment` of a quota, or the other measure `subject`. `value` says what a
    tier pays: a `rate` (a share of money, or plan currency per unit), a fixed `amount`, or a share
    of the payee's target incentive.
    """

    reading: Reading
    on: Literal["attainment", "amount", "measure"]
    quota: str | None
    tiers: tuple[Tier, ...]
    clause: str
    value: TierValue = "rate"
    subject: str | None = None
    across: tuple[str, ...] = ()  # in a grid: the measures that choose the column, dimension wise
    floor: Decimal | None = None  # of what each stretch earns
    cap: Decimal | None = None
    dated: tuple[Dated, ...] = ()  # tiers by days; `tiers` are then all of them
    change: Change | None = None  # of a dated table: what becomes of the total on a change
    imported: ImportedTiers | None = None  # the tiers are rows of an input; `tiers` is then empty

    @property
    def rows(self) -> ImportedTiers:
        """Which rows of an input the tiers are, of a table that is known to ask some."""
        if self.imported is None:
            raise LookupError(f"{self.clause} asks no rows")
        return self.imported

    @property
    def by_shares(self) -> bool:
        """Tiers count one measure and pay on another: every share of a line is looked at."""
        return self.reading == "slice" and self.subject is not None

    @property
    def read_by(self) -> tuple[str, ...]:
        """The other measures that the table is read by: of the tier, then of the columns."""
        return self.across if self.subject is None else (self.subject, *self.across)

    @property
    def decided_by(self) -> tuple[str, ...]:
        """The other measures that find the tier and the column, where totals decide: not those
        that fill slices.
        """
        return () if self.by_shares else self.read_by

    @property
    def is_spread(self) -> bool:
        """What a tier takes depends on more than totals: on the order of lines, or their days, or
        on what they say.
        """
        by_day = bool(self.dated) and not self.by_last_day
        return self.by_shares or by_day or self.imported is not None

    @property
    def by_last_day(self) -> bool:
        """The tiers that hold on the last day count, and pay, all of what is accumulated."""
        return self.change == "last-day"

    def held_on(self, day: date) -> int:
        """Which of the dated sets of tiers holds on a day."""
        return sum(starts <= day for starts in self.change_days)

    @property
    def change_days(self) -> tuple[date, ...]:
        """The days on which other tiers begin to hold."""
        return tuple(one.starts_on for one in self.dated if one.starts_on is not None)


@dataclass(frozen=True)
class Condition:
    """Holds when the attainment of a quota, or a measure, is at least `at_least`, or when the
    `formula` over figures is true.
    """

    on: Literal["attainment", "measure", "formula"]
    subject: str
    at_least: Decimal
    clause: str
    formula: Formula | None = None


@dataclass(frozen=True)
class Multiplier:
    """A factor on what was computed, where its condition holds (a kicker or a decelerator)."""

    by: Formula
    when: Condition | None
    clause: str


@dataclass(frozen=True)
class Indicator:
    """One line of a scorecard: its weight, and the score that its value reaches.

    `steps` is a rate table on the value; without steps the value is the score itself (1 is 100 %).
    """

    id: str
    weight: Decimal
    value: Formula
    steps: tuple[Tier, ...]
    gate: Formula | None
    clause: str
    label: Localised = field(default_factory=dict)


@dataclass(frozen=True)
class Scorecard:
    """A target amount times the weighted scores. A gate that does not hold makes it nothing."""

    target: Formula
    indicators: tuple[Indicator, ...]
    clause: str


@dataclass(frozen=True)
class Pool:
    """An amount for a team, shared out to its members in proportion to their weights.

    `amount` is a formula over the sums of the team's figures; `share` one over a member's own.
    Where there is none, a member's weight is the Shapley value of the coalitions' stated values:
    those in the plan, or the rows called `values` in the table of coalitions.
    """

    amount: Formula
    share: Formula | None
    clause: str
    values: str = ""
    stated: tuple[tuple[frozenset[str], Decimal], ...] = ()


@dataclass(frozen=True)
class Contest:
    """Prizes for the best of a group, ranked by a formula over a member's figures.

    `prizes` are in order of rank. Of equal scores, all get the better prize (`each`), or the prizes
    that they cover together are shared out equally (`shared`).
    """

    score: Formula
    prizes: tuple[Decimal, ...]
    ties: Literal["each", "shared"]
    among: Literal["plan", "team"]
    at_least: Decimal | None
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
    target_share: Decimal | None = None
    formula: Formula | None = None
    scorecard: Scorecard | None = None
    pool: Pool | None = None
    contest: Contest | None = None
    multipliers: tuple[Multiplier, ...] = ()
    accumulation: str | None = None
    unit: str = "money"

    @property
    def rate_table(self) -> RateTable:
        """The rate table of a component that is known to have one."""
        if self.rates is None:
            raise LookupError(f"{self.id} has no rate table")
        return self.rates

    @property
    def quota(self) -> str | None:
        """The quota that the component's attainment refers to, from its rates or its condition."""
        if self.rates is not None and self.rates.quota is not None:
            return self.rates.quota
        return self.when.subject if self.when is not None and self.when.on == "attainment" else None


@dataclass(frozen=True)
class TargetIncentive:
    """What a payee is meant to earn at target: one amount for all, or a figure of the payee."""

    amount: Decimal | None
    measure: str | None
    clause: str


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
    target_incentive: TargetIncentive | None = None
    calendar: Calendar = JANUARY  # what its months, quarters, half-years and years are
    settlement: SettlementPlan | None = None  # how what is earned becomes payable and is paid

    @property
    def digits(self) -> int:
        return DIGITS[self.currency]

    @property
    def rounds_once(self) -> bool:
        """Pay is converted before it is rounded: settlement needs what components earn exactly."""
        return self.settlement is not None and self.settlement.payment.rounds_once

    def credit(self, id: str) -> Credit:  # noqa: A002 -- the clause's own word
        return next(credit for credit in self.credits if credit.id == id)

    def measure(self, id: str) -> Measure:  # noqa: A002
        return next(measure for measure in self.measures if measure.id == id)

    def quota(self, id: str) -> Quota:  # noqa: A002
        return next(quota for quota in self.quotas if quota.id == id)

    def component(self, id: str) -> Component:  # noqa: A002
        return next(component for component in self.components if component.id == id)

    def measure_of(self, component: Component) -> Measure | None:
        """The measure along which a component pays: that of its rates, else of its condition."""
        if component.measure is not None:
            return self.measure(component.measure)
        condition = component.when
        if condition is None or condition.on == "formula":
            return None
        return self.measure(self.measure_seen_by(condition))

    def measure_seen_by(self, condition: Condition) -> str:
        """The id of the measure that a condition on a measure, or on an attainment, looks at."""
        on_quota = condition.on == "attainment"
        return self.quota(condition.subject).measure if on_quota else condition.subject


def say(text: Localised, language: str) -> str:
    """The text in a language; else without language, in English, or in any that there is."""
    for key in (language, "", "en"):
        if key in text:
            return text[key]
    return next(iter(text.values()), "")
