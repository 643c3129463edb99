"""What is missing to the next place where a component pays otherwise, and what reaching it pays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from paceline.engine import windows
from paceline.engine.formula.tree import Call, Formula, Name, Value
from paceline.engine.formula.written import failing
from paceline.engine.money import EXACT
from paceline.engine.payout import bounds_of
from paceline.engine.plan.model import Component, Condition, Indicator, Interval, Plan
from paceline.engine.plan.scope import word
from paceline.engine.whatif.books import Books, Figures, NotPossible, Under, step_of
from paceline.engine.whatif.kept import Kept
from paceline.engine.whatif.step import Step, StepKind
from paceline.engine.whatif.stretches import Stretch, keyed_stretch_of, stretch_of

ZERO = Decimal(0)
KEYS_TOLD = 5  # of a table of rates, those with the least missing
_UNIT = Decimal("0.0001")  # the smallest step of a measure that counts units or shares


def next_steps(plan: Plan, kept: Kept) -> tuple[Step, ...]:
    """For each component the next tier, the condition that is not met, the next score.

    Where tiers begin anew inside the period, in each order or week, it is told of a new one.
    """
    steps = Steps(plan, kept)
    return tuple(
        step
        for component in plan.components
        if component.id in steps.books.known or steps.is_told_apart(component)
        for step in steps.of(component)
    )


@dataclass(frozen=True)
class _Place:
    """A value of a measure, and how far it is away."""

    measure: str
    reach: Decimal
    missing: Decimal


class Steps:
    """The steps ahead of one payee, from what a run keeps."""

    def __init__(self, plan: Plan, kept: Kept) -> None:
        self.plan, self.kept = plan, kept
        self.books = Books(plan, kept)
        self.figures: Figures = self.books.figures({})
        self.now = self.books.pay({})

    def of(self, component: Component) -> Iterator[Step]:
        """The steps of one component; none where what it stands on is not kept."""
        try:
            yield from self._of(component)
        except NotPossible:
            return

    def _of(self, component: Component) -> Iterator[Step]:
        if component.when is not None:
            yield from self._to_condition(component, component.when, "condition")
        if component.rates is not None:
            yield from self._to_paid(component)
        for one in component.multipliers:
            if one.when is not None:
                yield from self._to_condition(component, one.when, "multiplier")
        if component.scorecard is not None:
            for indicator in component.scorecard.indicators:
                yield from self._to_score(component, indicator)

    # --- conditions -------------------------------------------------------------------------------

    def _to_condition(
        self, component: Component, when: Condition, kind: StepKind
    ) -> Iterator[Step]:
        if self.books.holds(when, self.figures):
            return
        if component.id not in self.now and self._stretch(component) is None:
            return
        place = self._formula_place(when.formula) if when.formula else self._threshold(when)
        if place is not None:
            yield self._step(component, kind, when.clause, None, place)

    def _threshold(self, when: Condition) -> _Place | None:
        if when.on == "measure":
            return self._place(when.subject, self.kept.measures.get(when.subject), when.at_least)
        target = self.kept.targets.get(when.subject)
        if not target:
            return None
        reach = EXACT.multiply(when.at_least, target)
        return self._place(self.plan.quota(when.subject).measure, self._of_quota(when), reach)

    def _of_quota(self, when: Condition) -> Decimal | None:
        return self.books.reached(when.subject)

    def _formula_place(self, formula: Formula) -> _Place | None:
        """Where one figure alone keeps a condition from holding, and enough of it is enough."""
        try:
            parts = failing(formula.root, self.figures)
        except KeyError:
            return None
        if len(parts) != 1 or not isinstance(parts[0], Call):
            return None
        part = parts[0]
        if part.operation not in {">", ">="}:
            return None
        name, least = part.arguments
        if not (isinstance(name, Name) and isinstance(least, Value)):
            return None
        return self._named_place(name.name, Decimal(least.value), beyond=part.operation == ">")  # type: ignore[arg-type]

    def _named_place(self, name: str, reach: Decimal, *, beyond: bool = False) -> _Place | None:
        """A value of a figure of a formula: a measure, or an attainment."""
        for measure in self.plan.measures:
            if word(measure.id) == name:
                reach = EXACT.add(reach, self._smallest(measure.id)) if beyond else reach
                return self._place(measure.id, self.kept.measures.get(measure.id), reach)
        for quota in self.plan.quotas:
            target = self.kept.targets.get(quota.id)
            if f"{word(quota.id)}.attainment" == name and target:
                reach = EXACT.multiply(reach, target)
                reach = EXACT.add(reach, self._smallest(quota.measure)) if beyond else reach
                return self._place(quota.measure, self.books.reached(quota.id), reach)
        return None

    # --- rate tables ------------------------------------------------------------------------------

    def _to_paid(self, component: Component) -> Iterator[Step]:
        rates = component.rate_table
        if rates.imported is not None:
            yield from self._to_rows(component)
        elif rates.by_shares:
            yield from self._to_count(component)
        elif rates.dated and rates.is_spread and not self._is_shorter(component):
            yield from self._to_dated(component)
            yield from self._to_column(component)
        else:
            yield from self._to_tier(component)
            yield from self._to_column(component)

    def _to_tier(self, component: Component) -> Iterator[Step]:
        """The first tier whose beginning the measure has not reached."""
        rates = component.rate_table
        if self._is_shorter(component):
            yield from self._to_tier_anew(component)
            return
        subject = rates.subject or component.measure or ""
        value = self._standing_at(component, subject)
        if value is None:
            return
        target = self.kept.targets.get(rates.quota) if rates.quota else None
        inside = rates.reading == "whole" and self.plan.policies.boundary == "lower"
        now = _column_of(self.plan, component, self._across(component))
        held = self.books.held(component)
        for place, (lower, _) in enumerate(bounds_of(rates, target)):
            tier = rates.tiers[place]
            if tier.across != now or tier.version != held:
                continue
            reach = EXACT.add(lower, self._smallest(subject)) if inside else lower
            if lower and value < reach:
                at = self._place(subject, value, reach)
                if at is not None:
                    yield self._step(component, "tier", tier.clause, place + 1, at)
                return

    def _standing_at(self, component: Component, measure: str) -> Decimal | None:
        """What a measure that a rate table reads has come to, in the table's window."""
        ends = self.kept.windowed.get(component.id)
        if ends is not None:
            return ends.now.get(measure)
        if measure == component.measure:
            return self.books.measured(component)
        return self.kept.measures.get(measure)

    def _to_rows(self, component: Component) -> Iterator[Step]:
        """Under each key that something was sold under, the first row that was not reached; the
        nearest first.
        """
        rates, measure = component.rate_table, component.measure or ""
        subject = rates.subject or measure
        if self._is_shorter(component):
            yield from self._to_rows_anew(component)
            return
        inside = rates.reading == "whole" and self.plan.policies.boundary == "lower"
        found: list[Step] = []
        end, _had = self.books.ends(component, self.figures, {})
        for one in self.kept.keyed.get(component.id, ()):
            if one.ended:
                continue  # no order meets the rows any more
            at = self.books.standing(component, one.sold.value, end)
            value = at.value if at.subject is None else at.subject
            for place, (lower, _) in enumerate(bounds_of(one.of(rates), at.target)):
                reach = EXACT.add(lower, self._smallest(subject)) if inside else lower
                if lower and value < reach:
                    missing = EXACT.subtract(reach, value)
                    under = (component.id, one.first, missing) if subject == measure else None
                    to = _Place(subject, reach, missing)
                    step = self._step(component, "tier", rates.clause, one.first + place, to, under)
                    found.append(replace(step, key=one.key))
                    break
        yield from sorted(found, key=lambda step: (step.missing, step.tier))[:KEYS_TOLD]

    def _to_rows_anew(self, component: Component) -> Iterator[Step]:
        """Under each key that something was sold under, what a further order, day or week needs for
        its second row, and what that adds; the smallest first.
        """
        new, measure = keyed_stretch_of(self.plan, self.kept, component), component.measure or ""
        if new is None or not self._comes_to(component, new.computed()):
            return
        inside = component.rate_table.reading == "whole" and self.plan.policies.boundary == "lower"
        found = []
        for one in new.keyed:
            if one.ended or len(one.tiers) < 2:
                continue
            tier = one.tiers[1]
            reach = EXACT.add(tier.lower, self._smallest(measure)) if inside else tier.lower
            step = Step(
                component.id, "stretch", tier.clause, one.first + 1, measure, reach, reach, None,
                None, key=one.key,
            )  # fmt: skip
            moved = {measure: EXACT.add(self.kept.measures.get(measure) or ZERO, reach)}
            found.append(self._paid_anew(step, new.computed(one, reach), moved))
        yield from sorted(found, key=lambda step: (step.missing, step.tier or 0))[:KEYS_TOLD]

    def _comes_to(self, component: Component, computed: Decimal) -> bool:
        """What was computed is what the run paid."""
        earned = self.books.adjusted(component, computed, self.figures)
        return component.id not in self.books.others and earned == self.kept.earned.get(
            component.id
        )

    def _paid_anew(self, step: Step, computed: Decimal, moved: dict[str, Decimal]) -> Step:
        """The step with what it pays, where the component then comes to what is computed."""
        component = self.plan.component(step.component)
        there = self.books.adjusted(component, computed, self.books.figures(moved))
        pays = there - self.kept.earned[component.id]
        others = self.books.pay(moved)
        more = [
            others[name] - self.now[name]
            for name in self.now
            if name in others and name != component.id and self._is_money(name)
        ]
        own = pays if self._is_money(component.id) else ZERO
        return replace(step, pays=pays, pays_in_all=sum(more, own))

    def _to_dated(self, component: Component) -> Iterator[Step]:
        """Of tiers that change on a day the next one of those that hold on the period's last day;
        read whole, of all under which something was sold.
        """
        rates = component.rate_table
        measure = rates.subject or component.measure or ""
        inside = rates.reading == "whole" and self.plan.policies.boundary == "lower"
        sets, _had = self.books.sets(component, self.figures, {})
        for place, tier, lower in sets.ahead(
            _column_of(self.plan, component, self._across(component))
        ):
            reach = EXACT.add(lower, self._smallest(measure)) if inside else lower
            at = self._place(measure, sets.counted(place), reach)
            if at is not None:
                clause = sets.table(place).tiers[tier].clause
                yield self._step(component, "tier", clause, sets.before(place) + tier + 1, at)

    def _to_count(self, component: Component) -> Iterator[Step]:
        """Of tiers that count one measure and pay on another: how much is missing of the one, and
        at which rates the other is paid. What that comes to depends on what is sold on the way.
        """
        rates, subject = component.rate_table, component.rate_table.subject or ""
        if self._is_shorter(component) or rates.dated:
            return
        value = self._standing_at(component, subject)
        for place, tier in enumerate(rates.tiers):
            if value is not None and tier.lower and value < tier.lower:
                missing = EXACT.subtract(tier.lower, value)
                told = (rates.tiers[place - 1].rate, tier.rate)
                yield Step(
                    component.id, "tier", tier.clause, place + 1, subject, tier.lower, missing,
                    None, None, rates=told,
                )  # fmt: skip
                return

    def is_told_apart(self, component: Component) -> bool:
        """What is ahead is told though the books cannot make the component again."""
        rates = component.rates
        if rates is not None and (rates.by_shares or rates.imported is not None):
            return rates.by_shares or self._is_shorter(component)
        return self._stretch(component) is not None

    def _stretch(self, component: Component) -> Stretch | None:
        """The further order, day or week, where what the tiers hold comes to what was paid."""
        incentive = self.books.incentive(self.figures)
        found = stretch_of(self.plan, self.kept, component, incentive)
        computed = found.computed(None) if found is not None else None
        return found if computed is not None and self._comes_to(component, computed) else None

    def _to_tier_anew(self, component: Component) -> Iterator[Step]:
        """What a new order, day or week needs by itself for the first tier above zero, and what it
        then adds to what the tiers hold.
        """
        new, measure = self._stretch(component), component.measure or ""
        if new is None:
            return
        subject, tier, place = new.subject, new.table.tiers[1], new.offset + 2
        inside = new.table.reading == "whole" and self.plan.policies.boundary == "lower"
        reach = EXACT.add(tier.lower, self._smallest(subject)) if inside else tier.lower
        step = Step(
            component.id, "stretch", tier.clause, place, subject, reach, reach, None, None,
            rates=new.rates,
        )  # fmt: skip
        computed = new.computed(reach)
        if new.rates is not None or computed is None:
            yield step
            return
        moved = {}
        if subject == measure:
            moved = {measure: EXACT.add(self.kept.measures.get(measure) or ZERO, reach)}
        yield self._paid_anew(step, computed, moved)

    def _is_shorter(self, component: Component) -> bool:
        return windows.is_shorter(self.plan, windows.window_of(self.plan, component))

    def _across(self, component: Component) -> list[Decimal]:
        across = component.rate_table.across
        return [self._standing_at(component, name) or ZERO for name in across]

    def _to_column(self, component: Component) -> Iterator[Step]:
        """In each dimension of a grid the next column that its measure has not reached."""
        rates = component.rate_table
        if self._is_shorter(component):
            return
        lower = self.plan.policies.boundary == "lower"
        for dimension, name in enumerate(rates.across):
            value = self._standing_at(component, name)
            edges = sorted({tier.across[dimension][0] for tier in rates.tiers})
            reaches = [EXACT.add(one, self._smallest(name)) if lower else one for one in edges[1:]]
            reach = next((one for one in reaches if value is not None and value < one), None)
            place = self._place(name, value, reach) if reach is not None else None
            if place is not None:
                yield self._step(component, "column", rates.clause, None, place)

    # --- scorecards -------------------------------------------------------------------------------

    def _to_score(self, component: Component, indicator: Indicator) -> Iterator[Step]:
        """The nearest step that scores more: upwards, else downwards."""
        root = indicator.value.root
        if not isinstance(root, Name) or not indicator.steps:
            return
        value = self.figures.get(root.name)
        if value is None:
            return
        steps, at = indicator.steps, step_of(self.plan, indicator.steps, value)
        upper = self.plan.policies.boundary == "upper"
        place = None
        better = [n for n, step in enumerate(steps) if step.rate > steps[at].rate]
        above = [n for n in better if n > at]
        if above:
            step = steps[above[0]]
            place = self._named_place(root.name, step.lower, beyond=not upper)
        elif better:
            step = steps[better[-1]]
            place = self._below(root.name, step.upper or ZERO, beyond=upper)
        if place is not None:
            yield self._step(component, "score", step.clause, None, place)

    def _below(self, name: str, bound: Decimal, *, beyond: bool) -> _Place | None:
        place = self._named_place(name, bound)
        if place is None or not beyond:
            return place
        unit = self._smallest(place.measure)
        reach, missing = (EXACT.subtract(one, unit) for one in (place.reach, place.missing))
        return _Place(place.measure, reach, missing)

    # --- what reaching it pays --------------------------------------------------------------------

    def _place(self, measure: str, value: Decimal | None, reach: Decimal) -> _Place | None:
        if value is None:
            return None
        return _Place(measure, reach, EXACT.subtract(reach, value))

    def _smallest(self, measure: str) -> Decimal:
        """The smallest step beyond a boundary: one minor unit of money, one of what is counted,
        else a ten-thousandth.
        """
        found = self.plan.measure(measure)
        if found.is_money:
            return Decimal(1).scaleb(-self.plan.digits)
        return Decimal(1) if found.kind in {"count", "distinct"} else _UNIT

    def _is_money(self, component: str) -> bool:
        return self.plan.component(component).unit == "money"

    def _step(
        self,
        component: Component,
        kind: StepKind,
        clause: str,
        tier: int | None,
        place: _Place,
        under: Under | None = None,
    ) -> Step:
        now = self.kept.measures.get(place.measure) or ZERO
        moved = {place.measure: EXACT.add(now, place.missing)}
        there = self.books.pay(moved, under)
        more = {name: there[name] - self.now[name] for name in self.now if name in there}
        stretch = self._stretch(component)
        if stretch is not None:  # what its tiers hold stays, and is paid otherwise
            held = stretch.computed(None) or ZERO
            paid = self.books.adjusted(component, held, self.books.figures(moved))
            more[component.id] = paid - self.kept.earned[component.id]
        return Step(
            component.id,
            kind,
            clause,
            tier,
            place.measure,
            place.reach,
            place.missing,
            more.get(component.id, ZERO),
            sum((one for name, one in more.items() if self._is_money(name)), ZERO),
        )


def _column_of(plan: Plan, component: Component, values: list[Decimal]) -> tuple[Interval, ...]:
    """The bounds of the column of a grid that values reach, one in each dimension."""
    upper = plan.policies.boundary == "upper"
    found: list[Interval] = []
    for dimension, value in enumerate(values):
        first, *others = sorted(
            {tier.across[dimension] for tier in component.rate_table.tiers},
            key=lambda bounds: bounds[0],
        )
        reached = [one for one in others if (value >= one[0] if upper else value > one[0])]
        found.append(reached[-1] if reached else first)
    return tuple(found)
