"""What one payee's components pay at other figures than those that a run found.

The clauses of docs/calculation.md, 5 to 8, over single values in Python. Nothing is trusted: what
the kept figures themselves give is compared with what the run paid, and a component that does not
come to the same amount has no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from paceline.engine import windows
from paceline.engine.formula.interpret import interpret
from paceline.engine.formula.tree import Formula, names_in, needed_names
from paceline.engine.keyed import Keyed
from paceline.engine.ledger.told import decided_by_others
from paceline.engine.money import EXACT, round_to
from paceline.engine.payout import Standing, pays_at, tiers_at
from paceline.engine.plan.model import Component, Condition, Measure, Plan, RateTable, Tier
from paceline.engine.plan.scope import word
from paceline.engine.whatif.dated import Sets, last_set, sold_under
from paceline.engine.whatif.kept import Bases, Kept

ZERO = Decimal(0)
_TWELVE, _EIGHT = Decimal("1e-12"), Decimal("1e-8")
Values = Mapping[str, Decimal]  # measures that are looked at otherwise, by id
Figures = dict[str, Decimal | None]  # by the names that formulas use
Under = tuple[str, int, Decimal]  # the component, the first row of the key, what is sold more


@dataclass(frozen=True)
class _Change:
    """Measures that are looked at otherwise, and under which key of a table of rates."""

    values: Values
    under: Under | None = None


class NotPossible(Exception):
    """The kept figures do not hold what a component stands on."""


class Books:
    """One payee's components, calculated again from what a run keeps."""

    def __init__(self, plan: Plan, kept: Kept) -> None:
        self.plan, self.kept = plan, kept
        self.others = decided_by_others(plan)
        made = self._pay({})
        self.known = {name for name, earned in made.items() if kept.earned.get(name) == earned}

    def pay(self, values: Values, under: Under | None = None) -> dict[str, Decimal]:
        """What each component that can be made again earns, at these values of measures; `under`
        says under which key of a component's table of rates they changed.
        """
        return {name: one for name, one in self._pay(values, under).items() if name in self.known}

    def measured(self, component: Component) -> Decimal | None:
        """The value that a component's rate table pays on, in the window of the table."""
        if component.measure is None:
            return None
        value = self.kept.measured.get(component.id)
        return self.kept.measures.get(component.measure) if value is None else value

    def reached(self, quota: str) -> Decimal | None:
        """What the measure of a quota came to in the window of the quota."""
        if quota in self.kept.reached:
            return self.kept.reached[quota]
        clause = self.plan.quota(quota)
        if windows.over(self.plan, clause.over) != windows.PERIOD:
            raise NotPossible
        return self.kept.measures.get(clause.measure)

    # --- figures ----------------------------------------------------------------------------------

    def figures(self, values: Values) -> Figures:
        """Measures, targets and attainments, where `values` take the place of what was kept."""
        found: Figures = {}
        changed = dict(values)
        for measure in self.plan.measures:
            value = changed.get(measure.id, self.kept.measures.get(measure.id))
            if measure.id not in changed and changed.keys() & set(measure.parts):
                value = self._derived(measure, found)
                if value is not None:
                    changed[measure.id] = value
            found[word(measure.id)] = value
        for quota in self.plan.quotas:
            target = self.kept.targets.get(quota.id)
            found[f"{word(quota.id)}.target"] = target
            found[f"{word(quota.id)}.attainment"] = None
            try:
                value = self._reached(quota.id, found)
            except NotPossible:
                del found[f"{word(quota.id)}.attainment"]
                continue
            if target and target > 0 and value is not None:
                share = EXACT.divide(value, target).quantize(_EIGHT, ROUND_DOWN, EXACT)
                found[f"{word(quota.id)}.attainment"] = share
        return found

    def _derived(self, measure: Measure, found: Figures) -> Decimal | None:
        if measure.kind == "ratio":
            first, second = (found[word(part)] for part in measure.parts)
            if first is None or not second:
                return None
            return EXACT.divide(first, second).quantize(_TWELVE, ROUND_DOWN, EXACT)
        assert measure.of is not None  # noqa: S101 -- the plan was checked for it
        return number(measure.of, found)

    def _reached(self, quota: str, figures: Figures) -> Decimal | None:
        """A quota's measure, with what the change adds to it."""
        value, measure = self.reached(quota), self.plan.quota(quota).measure
        then = figures[word(measure)]
        now = self.kept.measures.get(measure)
        if then == now or then is None:
            return value
        return EXACT.add(value or ZERO, EXACT.subtract(then, now or ZERO))

    # --- components -------------------------------------------------------------------------------

    def _pay(self, values: Values, under: Under | None = None) -> dict[str, Decimal]:
        figures = self.figures(values)
        found: dict[str, Decimal] = {}
        for component in self.plan.components:
            try:
                earned = self._earned(component, figures, _Change(values, under))
            except NotPossible:
                continue
            found[component.id] = figures[f"{word(component.id)}.earned"] = earned
        return found

    def _earned(self, component: Component, figures: Figures, change: _Change) -> Decimal:
        if component.id in self.others:
            raise NotPossible
        if component.rates is not None and component.rates.imported is not None:
            amount = self._by_keys(component, figures, change)
        elif component.rates is not None:
            amount = self._rated(component, figures, change.values)
        else:
            amount = self._computed(component, figures)
        return self.adjusted(component, amount, figures)

    def adjusted(self, component: Component, amount: Decimal, figures: Figures) -> Decimal:
        """What was computed, times the multipliers, within condition, cap and floor."""
        if component.multipliers:
            factor = Decimal(1)
            for one in component.multipliers:
                by = number(one.by, figures)
                if by is not None and self.holds(one.when, figures):
                    factor = EXACT.multiply(factor, by).quantize(_TWELVE, ROUND_HALF_UP, EXACT)
            amount = self._round(EXACT.multiply(amount, factor))
        if not self.holds(component.when, figures):
            return ZERO
        if component.cap is not None:
            amount = min(amount, component.cap)
        return amount if component.floor is None else max(amount, component.floor)

    def _round(self, value: Decimal) -> Decimal:
        return round_to(value, self.plan.digits, self.plan.policies.rounding_mode)

    def _computed(self, component: Component, figures: Figures) -> Decimal:
        if component.target_share is not None:
            share = EXACT.multiply(component.target_share, self.incentive(figures))
            return self._round(share)
        if component.formula is not None:
            return self._round(number(component.formula, figures) or ZERO)
        if component.scorecard is not None:
            return self._scored(component, figures)
        return component.amount or ZERO

    def incentive(self, figures: Figures) -> Decimal:
        stated = self.plan.target_incentive
        if stated is None:
            return ZERO
        if stated.measure is None:
            return stated.amount or ZERO
        return figures[word(stated.measure)] or ZERO

    def _rated(self, component: Component, figures: Figures, values: Values) -> Decimal:
        """What a rate table earns: in a longer window by the period's end, less what it had earned
        before the period.
        """
        rates = component.rate_table
        if rates.dated and rates.is_spread and not rates.by_shares:
            return self._dated(component, figures, values)
        if rates.is_spread or self._is_shorter(component):
            raise NotPossible
        now, had = self.ends(component, figures, values)
        earned = self._tiered(component, now, figures, self.held(component))
        if had is None:
            return earned
        return earned - self._tiered(component, had, figures, self._held_before(component))

    def held(self, component: Component) -> int:
        """The dated set of tiers that holds on the period's last day."""
        return self._held(component, self.kept.ends_before)

    def _held_before(self, component: Component) -> int:
        return self._held(component, self.kept.starts_on)

    def _held(self, component: Component, before: date | None) -> int:
        rates = component.rate_table
        if not rates.dated:
            return 0
        if before is None:
            raise NotPossible
        return last_set(rates, before)

    def _dated(self, component: Component, figures: Figures, values: Values) -> Decimal:
        now, had = self.sets(component, figures, values)
        own = component.measure or ""
        gain = EXACT.subtract(figures[word(own)] or ZERO, self.kept.measures.get(own) or ZERO)
        earned = now.with_more(gain).earned()
        return earned if had is None else earned - had.earned()

    def sets(
        self, component: Component, figures: Figures, values: Values
    ) -> tuple[Sets, Sets | None]:
        """What was sold under the sets of a dated table, in longer windows before the start.

        What other measures came to on the days of each set is not kept, only in all.
        """
        rates, target, day = component.rate_table, self._target(component), self.kept.ends_before
        if self._is_shorter(component) or day is None:
            raise NotPossible
        if rates.decided_by and rates.change == "anew":
            raise NotPossible
        longer = windows.is_longer(self.plan, windows.window_of(self.plan, component))
        none: tuple[Bases, ...] = ()
        held = self.kept.dated.get(component.id, none) if longer else none
        if not longer and component.id in self.kept.bases:
            held = (self.kept.bases[component.id],)
        if not held or any(len(one) != len(rates.tiers) for one in held):
            raise NotPossible
        last = last_set(rates, day)
        found = [Sets(self.plan, rates, sold_under(rates, one), last, target) for one in held]
        if rates.decided_by:
            ends = [end for end in self.ends(component, figures, values) if end is not None]
            by_others = [_found_by(rates, end) for end in ends]
            found = [
                replace(one, subject=subject, across=across)
                for one, (subject, across) in zip(found, by_others, strict=True)
            ]
        return found[0], found[1] if longer else None

    def _tiered(
        self, component: Component, end: Figures, figures: Figures, version: int
    ) -> Decimal:
        rates = component.rate_table
        subject, across = _found_by(rates, end)
        at = Standing(
            end[word(component.measure or "")] or ZERO,
            self._target(component),
            holds=True,
            subject=subject,
            across=across,
            incentive=self.incentive(figures),
            version=version,
        )
        return sum((tier.earned for tier in tiers_at(self.plan, rates, at)), ZERO)

    def _target(self, component: Component) -> Decimal | None:
        """The target of a rate table on attainment; one that is not above zero is none."""
        quota = component.rate_table.quota
        target = self.kept.targets.get(quota) if quota else None
        return target if target is None or target > 0 else None

    def _by_keys(self, component: Component, figures: Figures, change: _Change) -> Decimal:
        """What the rows of a table of rates earn together, key by key in the order of the rows."""
        keyed, under = self.kept.keyed.get(component.id), change.under
        if keyed is None or self._is_shorter(component):
            raise NotPossible
        own = word(component.measure or "")
        changed = figures[own] != self.kept.measures.get(component.measure or "")
        if changed and (under is None or under[0] != component.id):
            raise NotPossible  # nobody says under which key
        now, had = self.ends(component, figures, change.values)
        gains = {under[1]: under[2]} if under is not None and under[0] == component.id else {}
        standings = [(one, one.sold.value + gains.get(one.first, ZERO)) for one in keyed]
        earned = self._keys_earn(component, now, standings)
        if had is None:
            return earned
        began = [(one, one.sold.had) for one in keyed if one.sold.began]
        return earned - self._keys_earn(component, had, began)

    def _keys_earn(
        self, component: Component, end: Figures, sold: list[tuple[Keyed, Decimal]]
    ) -> Decimal:
        rates, by_tier = component.rate_table, self.plan.policies.rounding_stage == "tier"
        exact = ZERO
        for one, value in sold:
            at = self.standing(component, value, end)
            for pay in pays_at(self.plan, one.of(rates), at):
                exact = EXACT.add(exact, self._round(pay) if by_tier else pay)
        return self._round(exact)

    def standing(self, component: Component, sold: Decimal, end: Figures) -> Standing:
        """Where a payee stands under one key: with what was sold there, and what decides the tier
        where that is something else.
        """
        rates, subject = component.rate_table, None
        if rates.subject is not None:
            subject = end[word(rates.subject)] or ZERO
        elif rates.rows.counts == "all":
            subject = end[word(component.measure or "")] or ZERO
        return Standing(sold, self._target(component), holds=True, subject=subject)

    # --- windows ----------------------------------------------------------------------------------

    def ends(
        self, component: Component, figures: Figures, values: Values
    ) -> tuple[Figures, Figures | None]:
        """The figures that a rate table reads by the period's end, and, in a longer window, before
        the period. A change belongs to the period; only what is the same at both ends (an entered
        figure, a measure with a window of its own) changes at both.
        """
        if not windows.is_longer(self.plan, windows.window_of(self.plan, component)):
            return figures, None
        ends = self.kept.windowed.get(component.id)
        if ends is None:
            if component.rate_table.imported or component.rate_table.subject:
                raise NotPossible
            if component.rate_table.across:
                raise NotPossible
            own = component.measure or ""
            earlier = self._earlier(component)
            now = EXACT.add(earlier, figures[word(own)] or ZERO)
            return {word(own): now}, {word(own): earlier}
        steady = {name: one for name, one in values.items() if _is_steady(self.plan.measure(name))}
        return self._at_end(ends.now, values), self._at_end(ends.had, steady)

    def _at_end(self, kept: Mapping[str, Decimal | None], values: Values) -> Figures:
        """The measures at one end of a window, with what `values` add to them in the period."""
        found: Figures = {}
        changed: set[str] = set()
        for measure in self.plan.measures:
            if measure.id not in kept:
                continue
            value = kept[measure.id]
            if measure.id in values:
                gain = EXACT.subtract(
                    values[measure.id], self.kept.measures.get(measure.id) or ZERO
                )
                value = EXACT.add(value or ZERO, gain)
                changed.add(measure.id)
            elif changed & set(measure.parts):
                value = self._derived(measure, found)
                changed.add(measure.id)
            found[word(measure.id)] = value
        return found

    def _is_shorter(self, component: Component) -> bool:
        return windows.is_shorter(self.plan, windows.window_of(self.plan, component))

    def _earlier(self, component: Component) -> Decimal:
        """What a component's measure came to in its window before the period."""
        measure = self.plan.measure(component.measure or "")
        total = self.kept.measured.get(component.id)
        own = self.kept.measures.get(measure.id)
        if total is None or own is None or not measure.is_summed or measure.window is not None:
            raise NotPossible
        return EXACT.subtract(total, own)

    def _scored(self, component: Component, figures: Figures) -> Decimal:
        card = component.scorecard
        assert card is not None  # noqa: S101
        target = number(card.target, figures) or ZERO
        exact, passed = ZERO, True
        for one in card.indicators:
            value = number(one.value, figures)
            score = value or ZERO
            if one.steps and value is not None:
                score = one.steps[step_of(self.plan, one.steps, value)].rate
            weighted = EXACT.multiply(score, one.weight).quantize(_TWELVE, ROUND_HALF_UP, EXACT)
            exact = EXACT.add(exact, weighted)
            if one.gate is not None:
                passed = passed and decided(one.gate, figures)
        return self._round(EXACT.multiply(target, exact)) if passed else ZERO

    def holds(self, when: Condition | None, figures: Figures) -> bool:
        """Whether a condition holds, decided on exact amounts; what is missing does not."""
        if when is None:
            return True
        if when.formula is not None:
            return decided(when.formula, figures)
        if when.on == "measure":
            value = figures[word(when.subject)]
            return value is not None and value >= when.at_least
        target = self.kept.targets.get(when.subject)
        value = self._reached(when.subject, figures)
        if value is None or not target or target <= 0:
            return False
        return value >= EXACT.multiply(when.at_least, target)


def _found_by(rates: RateTable, end: Figures) -> tuple[Decimal | None, tuple[Decimal, ...]]:
    """What finds the tier and the columns where other measures do; a missing one is zero."""
    subject = None if rates.subject is None else end[word(rates.subject)] or ZERO
    return subject, tuple(end[word(name)] or ZERO for name in rates.across)


def _is_steady(measure: Measure) -> bool:
    """The measure is the same at both ends of a longer window."""
    made_of_lines = measure.is_summed or bool(measure.parts)
    return measure.window is not None or not made_of_lines


def step_of(plan: Plan, steps: tuple[Tier, ...], value: Decimal) -> int:
    """The step of a scorecard that a value reaches; below zero the first."""
    upper = plan.policies.boundary == "upper"
    return max(
        (
            place
            for place, step in enumerate(steps)
            if not place or (value >= step.lower if upper else value > step.lower)
        ),
        default=0,
    )


def number(formula: Formula, figures: Figures) -> Decimal | None:
    """A formula over figures; None where one that it needs is missing. Raises NotPossible."""
    value = _value(formula, figures)
    return None if value is None else Decimal(value)  # type: ignore[arg-type]


def decided(formula: Formula, figures: Figures) -> bool:
    """Whether a condition over figures holds; where one is missing it does not."""
    return _value(formula, figures) is True


def _value(formula: Formula, figures: Figures) -> object:
    if names_in(formula.root) - figures.keys():
        raise NotPossible
    if any(figures[name] is None for name in needed_names(formula.root)):
        return None
    value = interpret(formula.root, figures)
    if isinstance(value, Decimal):
        return value.quantize(_TWELVE, ROUND_HALF_UP, EXACT)
    return value
