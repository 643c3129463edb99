"""Components: what is computed, and what conditions, multipliers and limits do (section 8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from paceline.engine.formula.tree import names_in
from paceline.engine.money import round_to
from paceline.engine.plan.model import Component, Condition, Plan, Pool, RateTable

from .days import Calendar, holds
from .games import Game, shapley
from .measures import Choice, Figures, Measures, evaluate, number, word
from .numbers import (
    ZERO,
    TooLarge,
    factor,
    held,
    product,
    share_out,
    times,
    total,
    twelve,
    whole_number,
)
from .rate_rows import RateRows
from .spread import Spread
from .tables import Taken, TierReader, tier_of

Tiers = list[tuple[Decimal, Decimal]]  # for each tier what it takes and what it earns


def _form(component: Component) -> str:
    """The clause that says how a component pays."""
    forms = ("rates", "scorecard", "pool", "contest")
    return next((one for one in forms if getattr(component, one) is not None), "pays")


@dataclass(frozen=True)
class Earning:
    """earned = computed + multiplier + condition + cap + floor (8.3, 8.9)."""

    computed: Decimal
    multiplier: Decimal
    condition: Decimal
    cap: Decimal
    floor: Decimal

    @property
    def earned(self) -> Decimal:
        return total((self.computed, self.multiplier, self.condition, self.cap, self.floor))

    @property
    def parts(self) -> tuple[Decimal, ...]:
        adjustments = (self.multiplier, self.condition, self.cap, self.floor)
        return (self.computed, *adjustments, self.earned)


@dataclass
class Books:
    """What is known of every payee while the components are gone through in order."""

    members: list[str]
    measures: dict[tuple[str, str], Decimal | None] = field(default_factory=dict)
    targets: dict[tuple[str, str], Decimal | None] = field(default_factory=dict)
    reached: dict[tuple[str, str], Decimal | None] = field(default_factory=dict)
    attainments: dict[tuple[str, str], Decimal | None] = field(default_factory=dict)
    earnings: dict[tuple[str, str], Earning] = field(default_factory=dict)
    tiers: dict[tuple[str, str], Tiers] = field(default_factory=dict)
    indicators: dict[tuple[str, str], Tiers] = field(default_factory=dict)
    rows: dict[tuple[str, str], dict[int, tuple[Decimal, Decimal]]] = field(default_factory=dict)
    unmet: set[tuple[str, str]] = field(default_factory=set)  # sold what no row pays
    exact: dict[tuple[str, str], Decimal] = field(default_factory=dict)  # computed, not rounded
    unrounded: dict[tuple[str, str], Decimal] = field(default_factory=dict)  # S16
    too_large: str = ""  # the first clause that has too many digits for somebody (1.6)

    @contextmanager
    def within(self, clause: str) -> Iterator[None]:
        """Note a clause that has too many digits, and go on without it."""
        try:
            yield
        except TooLarge as error:
            self.too_large = self.too_large or error.clause or clause


class Components:
    """Calculates one component after the other, each for everybody."""

    def __init__(self, plan: Plan, calendar: Calendar, measures: Measures, books: Books) -> None:
        self.plan = plan
        self.calendar = calendar
        self.measures = measures
        self.books = books

    def calculate(self, component: Component) -> None:
        path = f"components/{component.id}"
        computed: dict[str, Decimal] = {}
        with self.books.within(f"{path}/when"):
            for payee in self.books.members:
                self.holds(component.when, payee)
        with self.books.within(f"{path}/{_form(component)}"):
            computed = self._without_place(component)
        for payee in self.books.members:
            key, pay = (component.id, payee), computed.get(payee, ZERO)
            self.books.earnings[key] = Earning(pay, ZERO, ZERO, ZERO, ZERO)
            with self.books.within(f"{path}/times"):
                self.books.earnings[key] = self._limited(component, payee, pay)
                if component.unit == "money":
                    self.books.unrounded[key] = self._unrounded(component, payee)

    def _without_place(self, component: Component) -> dict[str, Decimal]:
        """What it computes; where a stretch of it has too many digits, its own rates have."""
        try:
            return self._computed(component)
        except TooLarge as error:
            raise TooLarge from error

    def _round(self, value: Decimal) -> Decimal:
        return round_to(value, self.plan.digits, self.plan.policies.rounding_mode)

    def _rounded(self, component: Component, payee: str, exact: Decimal) -> Decimal:
        self.books.exact[component.id, payee] = exact
        return self._round(exact)

    # --- figures ----------------------------------------------------------------------------------

    def figures(self, payee: str) -> Figures:
        books = self.books
        found: dict[str, Decimal | None] = {
            word(measure.id): books.measures[measure.id, payee] for measure in self.plan.measures
        }
        for quota in self.plan.quotas:
            found[f"{word(quota.id)}.target"] = books.targets[quota.id, payee]
            found[f"{word(quota.id)}.attainment"] = books.attainments[quota.id, payee]
        for component in self.plan.components:
            if (component.id, payee) in books.earnings:
                found[f"{word(component.id)}.earned"] = books.earnings[component.id, payee].earned
        return found

    def _sums(self, team: list[str], names: Collection[str]) -> Figures:
        """8.7: the sums of those of a team's figures that are named."""
        parts = [self.figures(payee) for payee in team]
        found: dict[str, Decimal | None] = {}
        for name in names:
            there = [value for one in parts if (value := one[name]) is not None]
            found[name] = held(total(there), 12) if there else None
        for quota in self.plan.quotas:
            target = total(self.books.targets[quota.id, payee] or ZERO for payee in team)
            if f"{word(quota.id)}.target" in names:
                found[f"{word(quota.id)}.target"] = target
            if f"{word(quota.id)}.attainment" in names:
                values = [self.books.reached[quota.id, payee] for payee in team]
                value = held(total(one for one in values if one is not None), 12)
                share = self.measures.attainment(value, target)
                found[f"{word(quota.id)}.attainment"] = share
        return found

    def incentive(self, payee: str) -> Decimal:
        """7.10."""
        stated = self.plan.target_incentive
        if stated is None:
            return ZERO
        if stated.measure is None:
            return stated.amount or ZERO
        return self.books.measures[stated.measure, payee] or ZERO

    # --- what each way of paying computes ---------------------------------------------------------

    def _computed(self, component: Component) -> dict[str, Decimal]:
        way = self._way(component)
        if way is not None:
            return {payee: way(payee) for payee in self.books.members}
        if component.pool is not None:
            return self._pooled(component)
        return self._contested(component)

    def _way(self, component: Component) -> Callable[[str], Decimal] | None:
        if component.rates is not None:
            return lambda payee: self._rated(component, payee)
        if component.amount is not None:  # 8.1
            return lambda _: component.amount or ZERO
        if component.target_share is not None:  # 8.5
            share = component.target_share
            return lambda payee: self._rounded(
                component, payee, product(share, self.incentive(payee), 20)
            )
        if component.formula is not None:  # 8.4
            formula = component.formula
            return lambda payee: self._rounded(
                component, payee, number(formula, self.figures(payee)) or ZERO
            )
        if component.scorecard is not None:
            return lambda payee: self._scored(component, payee)
        return None

    # --- 7: rate tables over their window ---------------------------------------------------------

    def _rated(self, component: Component, payee: str) -> Decimal:
        assert component.rates is not None
        window = component.accumulation or self.plan.policies.accumulation
        window = "period" if window == self.plan.period else window
        if component.rates.imported is not None:
            return self._by_rows(component, payee, window)
        reader = self._reader(component.rates, payee)
        if not reader.is_readable:  # 6.3
            return ZERO
        if component.rates.is_spread:
            spread = Spread(self.plan, self.calendar, self.measures, component)
            tiers, exact = spread.tiers(payee, window, self.books.targets)
            self.books.exact[component.id, payee] = exact
            self.books.tiers[component.id, payee] = tiers
            return total(earned for _, earned in tiers)
        if self.calendar.is_longer(window):
            tiers = self._longer(component, reader, payee, window)
            exact = self.books.exact[component.id, payee]
        else:
            taken = [
                self._taken(component, reader, payee, choice, self._last_day(payee, window, choice))
                for choice in self._stretches(component, payee, window)
            ]
            tiers = list(zip(*reader.earn(taken), strict=True))
            exact = reader.exactly(taken)
        self.books.exact[component.id, payee] = exact
        self.books.tiers[component.id, payee] = tiers
        return total(earned for _, earned in tiers)

    def _by_rows(self, component: Component, payee: str, window: str) -> Decimal:
        """7.20."""
        rows = RateRows(self.plan, self.calendar, self.measures, component)
        earlier: Choice | None = None
        if self.calendar.is_longer(window):  # 7.14
            stretches: list[Choice | None] = [self.measures.inside(self.calendar.to_date(window))]
            earlier = self.measures.inside(self.calendar.before(window))
        else:
            stretches = self._stretches(component, payee, window)
        found, exact, unmet = rows.tiers(payee, stretches, self.books.targets, earlier)
        self.books.exact[component.id, payee] = exact
        self.books.rows[component.id, payee] = found
        if unmet:
            self.books.unmet.add((payee, component.id))
        return total(earned for _, earned in found.values())

    def _reader(self, table: RateTable, payee: str) -> TierReader:
        target = self.books.targets[table.quota, payee] if table.quota else None
        return TierReader(self.plan, table, target, self.incentive(payee))

    def _last_day(self, payee: str, window: str, choice: Choice | None) -> date:
        """7.21: the last day of the stretch that a choice makes, as far as it is of the period."""
        if choice is None:
            return self.calendar.last_day
        found = (
            entry.day
            for (_name, whose), entries in self.measures.entries.items()
            if whose == payee
            for entry in entries
            if choice(entry)
        )
        day = next(found)
        if window == "transaction":
            return day
        stretch = self.calendar.stretch
        following = day + timedelta(days=1)
        while following < self.calendar.period[1] and stretch(window, following) == stretch(
            window, day
        ):
            day, following = following, following + timedelta(days=1)
        return day

    def _taken(
        self,
        component: Component,
        reader: TierReader,
        payee: str,
        choice: Choice | None,
        day: date,
    ) -> Taken:
        assert component.rates is not None
        value = self.measures.value(component.measure or "", payee, choice)
        subject = value
        if component.rates.subject is not None:  # 7.11
            subject = self.measures.value(component.rates.subject, payee, choice)
        others = component.rates.across  # 7.16
        across = [self.measures.value(name, payee, choice) or ZERO for name in others]
        # 5.8: a missing one is zero
        return reader.take_by(day, value or ZERO, subject or ZERO, across)

    def _stretches(self, component: Component, payee: str, window: str) -> list[Choice | None]:
        """7.6 and 7.13: every line, or every stretch that has lines, alone."""
        if window == "period":
            return [None]
        assert component.rates is not None
        names = self.measures.sources(component.measure or "")
        for other in component.rates.read_by:
            names = names | self.measures.sources(other)
        entries = [
            entry
            for name in sorted(names)
            for entry in self.measures.chosen(self.plan.measure(name), payee, None)
        ]
        inside = self.measures.inside(self.calendar.period)
        if window == "transaction":
            lines = sorted({entry.line_id for entry in entries})
            return [lambda e, line=line: inside(e) and e.line_id == line for line in lines]  # type: ignore[misc]
        stretch = self.calendar.stretch
        days = sorted({stretch(window, entry.day) for entry in entries})
        return [lambda e, day=day: inside(e) and stretch(window, e.day) == day for day in days]  # type: ignore[misc]

    def _longer(self, component: Component, reader: TierReader, payee: str, window: str) -> Tiers:
        """7.14: by the period's end less before it began, both with the whole window's target."""
        now = self.measures.inside(self.calendar.to_date(window))
        taken = [self._taken(component, reader, payee, now, self.calendar.last_day)]
        bases, earned = reader.earn(taken)
        self.books.exact[component.id, payee] = reader.exactly(taken)
        before = self.calendar.before(window)
        if before[0] >= before[1]:
            return list(zip(bases, earned, strict=True))
        then = self.measures.inside(before)
        day_before = self.calendar.period[0] - timedelta(days=1)
        had = [self._taken(component, reader, payee, then, day_before)]
        less, paid = reader.earn(had)
        self.books.exact[component.id, payee] -= reader.exactly(had)
        return [
            (base - without, now_earned - before_earned)
            for base, without, now_earned, before_earned in zip(
                bases, less, earned, paid, strict=True
            )
        ]

    # --- 8.6 --------------------------------------------------------------------------------------

    def _scored(self, component: Component, payee: str) -> Decimal:
        card = component.scorecard
        assert card is not None
        figures = self.figures(payee)
        target = number(card.target, figures) or ZERO
        upper = self.plan.policies.boundary == "upper"
        through, before, passed = ZERO, ZERO, True
        rows: Tiers = []
        for indicator in card.indicators:
            value = number(indicator.value, figures)
            score = value or ZERO
            if indicator.steps and value is not None:
                bounds = [(step.lower, step.upper) for step in indicator.steps]
                score = indicator.steps[tier_of(value, bounds, upper=upper)].rate
            through = held(through + twelve(product(score, indicator.weight, 20)), 12)
            amount = self._round(product(target, through, 24))
            rows.append((value or ZERO, amount - before))
            before = amount
            if indicator.gate is not None:
                passed = passed and evaluate(indicator.gate, figures) is True
        self.books.indicators[component.id, payee] = rows
        exact = twelve(product(target, through, 24))
        self.books.exact[component.id, payee] = exact if passed else ZERO
        return before if passed else ZERO

    # --- 8.7, 8.8 ---------------------------------------------------------------------------------

    def _teams(self, payees: list[str]) -> list[list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for payee in payees:
            team = self.calendar.team(payee)
            if team is not None:
                found[team].append(payee)
        return [found[team] for team in sorted(found)]

    def _pooled(self, component: Component) -> dict[str, Decimal]:
        pool = component.pool
        assert pool is not None
        found: dict[str, Decimal] = {}
        alone = [one for one in self.books.members if self.calendar.team(one) is None]
        teams = self._teams(self.books.members)
        for team in [*teams, *([alone] if alone else [])]:
            sums = self._sums(team, names_in(pool.amount.root))
            amount = self._round(number(pool.amount, sums) or ZERO)
            if pool.share is None:
                weights = shapley(self._coalitions(pool, team[0]), team) if team in teams else []
            else:
                own = [number(pool.share, self.figures(payee)) or ZERO for payee in team]
                weights = [max(weight, ZERO) for weight in own]
                self._hold(amount, weights)
            if team not in teams:  # 1.6: worked out for those without a team as well
                continue
            found |= dict(zip(team, share_out(amount, weights, self.plan.digits), strict=True))
        return found

    def _hold(self, amount: Decimal, weights: list[Decimal]) -> None:
        """1.6: the amount in minor units times each weight in its twelve decimals."""
        factor(held(total(weights), 12))
        for weight in weights:
            factor(weight)
            whole_number(times(amount, weight), self.plan.digits + 12)

    def _coalitions(self, pool: Pool, member: str) -> Game:
        """8.11: the values that hold for a member's team on the period's last day."""
        if pool.stated:
            return dict(pool.stated)
        return {
            frozenset(one.strip() for one in row["members"].split("+")): row["value"]
            for row in self.calendar.rows.get("coalitions", [])
            if row["pool"] == pool.values
            and row["team"] == self.calendar.team(member)
            and holds(row, self.calendar.last_day)
        }

    def _contested(self, component: Component) -> dict[str, Decimal]:
        contest = component.contest
        assert contest is not None
        scores: dict[str, Decimal] = {}
        for payee in self.books.members:
            score = number(contest.score, self.figures(payee))
            enough = score is not None and (contest.at_least is None or score >= contest.at_least)
            if score is not None and enough and self.holds(component.when, payee):
                scores[payee] = score
        groups = [list(scores)] if contest.among == "plan" else self._teams(list(scores))
        found: dict[str, Decimal] = {}
        for group in groups:
            for value in {scores[payee] for payee in group}:
                tied = [payee for payee in group if scores[payee] == value]
                rank = sum(scores[payee] > value for payee in group)
                covered = contest.prizes[rank : rank + len(tied)]
                if contest.ties == "each":
                    prizes = [contest.prizes[rank] if rank < len(contest.prizes) else ZERO] * len(
                        tied
                    )
                else:
                    prizes = share_out(total(covered), [Decimal(1)] * len(tied), self.plan.digits)
                found |= dict(zip(tied, prizes, strict=True))
        return found

    # --- 8.2, 8.3, 8.9 ----------------------------------------------------------------------------

    def _limited(self, component: Component, payee: str, computed: Decimal) -> Earning:
        amount = computed
        if component.multipliers:
            amount = self._round(product(computed, self._factor(component, payee), 24))
        earning = Earning(computed, amount - computed, ZERO, ZERO, ZERO)
        if not self.holds(component.when, payee):
            return replace(earning, condition=-amount)
        if component.cap is not None:
            earning = replace(earning, cap=min(component.cap - amount, ZERO))
        if component.floor is not None:
            earning = replace(earning, floor=max(component.floor - earning.earned, ZERO))
        return earning

    def _factor(self, component: Component, payee: str) -> Decimal:
        found = Decimal(1)
        for one in component.multipliers:
            by = number(one.by, self.figures(payee)) if self.holds(one.when, payee) else None
            found = twelve(product(found, Decimal(1) if by is None else by, 24))
        return found

    def _unrounded(self, component: Component, payee: str) -> Decimal:
        """S16: what was earned before any rounding; what is shared out in coins was not rounded."""
        computed = self.books.earnings[component.id, payee].computed
        if not self.holds(component.when, payee):
            return ZERO
        exact = twelve(self.books.exact.get((component.id, payee), computed))
        if component.multipliers:
            exact = twelve(product(exact, self._factor(component, payee), 24))
        if component.cap is not None:
            exact = min(exact, component.cap)
        return exact if component.floor is None else max(exact, component.floor)

    def holds(self, when: Condition | None, payee: str) -> bool:
        """8.2: exact amounts are compared; what is missing does not hold (5.8)."""
        if when is None:
            return True
        if when.formula is not None:
            return evaluate(when.formula, self.figures(payee)) is True
        if when.on == "measure":
            value = self.books.measures[when.subject, payee]
            return value is not None and value >= when.at_least
        target = self.books.targets[when.subject, payee]
        value = self.books.reached[when.subject, payee]
        return (
            bool(target)
            and value is not None
            and value >= product(when.at_least, target or ZERO, 12)
        )
