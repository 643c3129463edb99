"""Following lines into the tiers that a plan writes: each line from its running total to what it
does to every tier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.columns import CONVERTED, EXACT, MONEY, TEXT, Kind, col, select, typed
from paceline.engine.ledger.figures import Figures
from paceline.engine.ledger.following_rows import TOLD
from paceline.engine.ledger.forms import in_plan_money, incentive_of, or_nothing
from paceline.engine.ledger.measures import name_of
from paceline.engine.ledger.rates import Reading, add_through, differences, held_set
from paceline.engine.ledger.spread import Step, add_deciding, add_step, exact_total, running
from paceline.engine.ledger.tables import version_of
from paceline.engine.plan.model import Component
from paceline.engine.steps.crediting import in_window

if TYPE_CHECKING:
    from paceline.engine.ledger.following import LineSteps


class TierLines:
    """The lines of one component whose tiers stand in the plan, of the payees who are followed."""

    def __init__(self, steps: LineSteps, component: Component) -> None:
        self.steps, self.plan, self.shape = steps, steps.plan, steps.shape
        self.component, self.rates = component, component.rate_table
        self.is_longer = steps.is_longer(component)
        self.moves = steps.moves(component)

    def earnings(self) -> exp.Query:
        """What each line adds to each tier's rounded money, tier under tier."""
        component, rates = self.component, self.rates
        figures, names = self._figures()
        placed = ["span"] if self.shape.has_windows else []
        wanted = [*self.steps.carried(), *placed, *TOLD, *names]
        wide = figures.query(self.steps.rows(component), wanted)
        parts: list[exp.Query] = []
        for place, tier in enumerate(rates.tiers, start=1):
            base, earned = col(f"{place}/base", "w"), col(f"{place}/earned", "w")
            kept = c.either(
                exp.NEQ(this=base.copy(), expression=c.number(0, EXACT)),
                exp.NEQ(this=earned.copy(), expression=c.number(0, MONEY)),
            )
            if self.is_longer and not self.moves:
                kept = c.both(kept, in_window(0, "w"))
            columns: dict[str, exp.Expr] = {
                "component": c.text(component.id),
                "tier": c.whole(place),
                "clause": c.text(tier.clause),
                "base": base,
                "earned": earned,
                **{name: col(name, "w") for name in (*self.steps.carried(), *TOLD)},
            }
            parts.append(
                select(columns).from_(c.source("wide", "w"), copy=False).where(kept, copy=False)
            )
        return c.union_all(parts).with_("wide", as_=wide, copy=False)

    def _figures(self) -> tuple[Figures, list[str]]:
        """The running totals of a component's lines and what they do to each tier."""
        component, rates = self.component, self.rates
        given: dict[str, Kind] = dict.fromkeys(
            (*self.steps.carried(), *self.steps.stretches()), TEXT
        )
        given |= {"value": CONVERTED, "credit": TEXT}
        given |= {f"of {part.id}": CONVERTED for part in self.steps.deciding_parts(component)}
        given |= self.steps.needs(component)
        if rates.by_shares:
            given["count"] = CONVERTED
        figures = Figures(given)
        stretch, order = self.steps.stretch(component), self.steps.order(component)
        if rates.is_spread:
            return figures, self._spread(figures, order)
        sofar = figures.add("running", running(col("value"), stretch, order), CONVERTED)
        earlier = c.minus(sofar, col("value"), CONVERTED)
        before = figures.add("before", c.with_fewer_decimals(earlier, EXACT), EXACT)
        after = figures.add("after", c.with_fewer_decimals(sofar.copy(), EXACT), EXACT)
        figures.add("added", c.minus(after.copy(), before.copy(), EXACT), EXACT)
        with_line = self._reading(figures, after, stretch)
        without = replace(with_line, value=before)
        if rates.value != "rate" and rates.subject is None:
            with_line, without = replace(with_line, subject=after), replace(without, subject=before)
        pays: list[exp.Expr] = []
        earned_before: list[exp.Expr] = []
        then = self._reading_then(figures, with_line)
        for place in range(len(rates.tiers)):
            bases = {
                when: figures.add(f"{place + 1}/taken {when}", reading.base(place), EXACT)
                for when, reading in (("after", with_line), ("before", without))
            }
            part: exp.Expr = c.minus(bases["after"], bases["before"], EXACT)
            if then is not None:
                held = self._moved(figures, place, then, before)
                part = c.minus(part, held.copy(), EXACT)
                earned_before.append(typed(then.pay(place, held), c.PRODUCT))
            part = figures.add(f"{place + 1}/base", part, EXACT)
            if then is not None:
                pay: exp.Expr = with_line.pay(place, part.copy())
            else:
                paid = self._pay(with_line, place, bases["after"])
                pay = c.minus(paid, self._pay(without, place, bases["before"]), c.PRODUCT)
            pays.append(figures.add(f"{place + 1}/pay", pay, c.PRODUCT))
        return figures, self._earned(figures, pays, order, earned_before)

    def _reading_then(self, figures: Figures, now: Reading) -> Reading | None:
        """The rate table as it was read at the end of the period before, where that matters."""
        rates = self.rates
        if not self.moves:
            return None
        unit = windows.window_of(self.plan, self.component)
        earlier = self._earlier(col("value"), CONVERTED)
        whole = exp.Window(this=exp.Sum(this=earlier), partition_by=[col("receiver")])
        subject: exp.Expr = figures.add("total then", exact_total(whole), EXACT)
        if rates.subject is not None:
            subject = or_nothing(col(name_of(rates.subject, windows.before(unit))))
        across = tuple(or_nothing(col(name_of(one, windows.before(unit)))) for one in rates.across)
        version = held_set(rates, c.period_starts()) if rates.by_last_day else None
        return replace(now, subject=subject, across=across, version=version)

    def _moved(
        self,
        figures: Figures,
        place: int,
        then: Reading,
        before: exp.Expr,
    ) -> exp.Expr:
        """What a line from before the period had brought to a tier."""
        held = c.minus(then.base(place), replace(then, value=before).base(place), EXACT)
        return figures.add(f"{place + 1}/held then", self._earlier(held, EXACT), EXACT)

    def _earned(
        self,
        figures: Figures,
        pays: list[exp.Expr],
        order: list[exp.Expr],
        earned_before: Sequence[exp.Expr] = (),
    ) -> list[str]:
        """What each line adds to the rounded money of each tier; the names of bases and money. The
        tiers begin with what lines had earned before the period, where that is given.
        """
        held: dict[str, list[exp.Expr]] = {"before": [], "after": []}
        for place, pay in enumerate(pays, start=1):
            holds: exp.Expr = running(pay.copy(), [col("receiver")], order)
            if earned_before:
                had = figures.add(f"{place}/had", earned_before[place - 1], c.PRODUCT)
                all_had = exp.Window(this=exp.Sum(this=had), partition_by=[col("receiver")])
                begins = figures.add(f"{place}/begins", typed(all_had, c.PRODUCT), c.PRODUCT)
                holds = c.plus(begins, typed(holds, c.PRODUCT), c.PRODUCT)
            total = figures.add(f"{place}/held", holds, c.PRODUCT)
            held["after"].append(total)
            held["before"].append(c.minus(total.copy(), pay.copy(), c.PRODUCT))
        earned = {
            when: differences(add_through(figures, self.plan, sums, f"through/{when}"))
            for when, sums in held.items()
        }
        names: list[str] = []
        for place in range(len(pays)):
            gain = c.minus(earned["after"][place], earned["before"][place], MONEY)
            figures.add(f"{place + 1}/earned", gain, MONEY)
            names += [f"{place + 1}/base", f"{place + 1}/earned"]
        return names

    def _spread(self, figures: Figures, order: list[exp.Expr]) -> list[str]:
        """Lines in a table whose tiers count another measure, or change on a day."""
        rates = self.rates
        stretch = self.steps.stretch(self.component)
        changing = self.shape.version_of(self.component)
        version = None if changing is None else col(changing)
        if version is not None and rates.change == "anew":
            stretch = [*stretch, version]
        ends: dict[str, exp.Expr] = {}
        for what in ("value", "count") if rates.by_shares else ("value",):
            sofar = figures.add(f"running {what}", running(col(what), stretch, order), CONVERTED)
            earlier = c.minus(sofar.copy(), col(what), CONVERTED)
            for when, exact in (("after", sofar.copy()), ("before", earlier)):
                name, amount = f"{what} {when}", c.with_fewer_decimals(exact, EXACT)
                ends[name] = figures.add(name, amount, EXACT)
        counted = "count" if rates.by_shares else "value"
        whole = exp.Window(this=exp.Sum(this=col("value")), partition_by=[*stretch])
        added = c.minus(ends["value after"].copy(), ends["value before"].copy(), EXACT)
        subject, across = self._deciding(figures, stretch)
        at = Step(
            before=figures.add("before", ends[f"{counted} before"].copy(), EXACT),
            after=figures.add("after", ends[f"{counted} after"].copy(), EXACT),
            value=figures.add("added", added, EXACT),
            total=figures.add("total", exact_total(whole), EXACT),
            version=version,
            target=col(f"quotas/{rates.quota}/target") if rates.quota is not None else None,
            subject=subject,
            across=across,
        )
        pays: list[exp.Expr] = []
        earned_before: list[exp.Expr] = []
        bases = add_step(figures, self.plan, rates, at, "step")
        if self.moves:
            had = self._earlier(col("value"), CONVERTED)
            whole = exp.Window(this=exp.Sum(this=had), partition_by=[*stretch])
            unit = windows.window_of(self.plan, self.component)
            subject, across = self._deciding(figures, stretch, windows.before(unit))
            total = figures.add("total then", exact_total(whole), EXACT)
            then = replace(at, total=total, subject=subject, across=across)
            for place, held in enumerate(add_step(figures, self.plan, rates, then, "step then")):
                own = figures.add(f"{place + 1}/held then", self._earlier(held, EXACT), EXACT)
                bases[place] = c.minus(bases[place], own.copy(), EXACT)
                earned_before.append(Reading(self.plan, rates, own, own).pay(place, own.copy()))
        for place, base in enumerate(bases):
            figures.add(f"{place + 1}/base", base.copy(), EXACT)
            pay: exp.Expr = Reading(self.plan, rates, base, base).pay(place, base.copy())
            if self.plan.policies.rounding_stage == "line":  # of all shares of the line together
                exact = figures.add(f"{place + 1}/exact", pay, c.PRODUCT)
                sofar = figures.add(
                    f"{place + 1}/sofar", running(exact.copy(), stretch, order), c.PRODUCT
                )
                earlier = c.minus(sofar.copy(), exact.copy(), c.PRODUCT)
                rounded = in_plan_money(self.plan, sofar.copy())
                pay = c.minus(rounded, in_plan_money(self.plan, earlier), c.PRODUCT)
            pays.append(figures.add(f"{place + 1}/pay", pay, c.PRODUCT))
        return self._earned(figures, pays, order, earned_before)

    def _reading(self, figures: Figures, value: exp.Expr, stretch: list[exp.Expr]) -> Reading:
        """The rate table, read with the total that is reached in the end."""
        rates = self.rates
        whole = exp.Window(this=exp.Sum(this=col("value")), partition_by=[*stretch])
        subject: exp.Expr = figures.add("total", exact_total(whole), EXACT)
        across: tuple[exp.Expr, ...] = ()
        if self.steps.deciding_parts(self.component):
            by_another, across = self._deciding(figures, stretch)
            subject = subject if by_another is None else by_another
        elif rates.subject is not None:
            subject = or_nothing(col(self._at_total(rates.subject)))
        if not across:
            across = tuple(or_nothing(col(self._at_total(one))) for one in rates.across)
        target = col(f"quotas/{rates.quota}/target") if rates.quota is not None else None
        incentive = incentive_of(self.plan) if rates.value == "target_share" else None
        version = version_of(self.shape, self.component, windows.PERIOD)
        return Reading(self.plan, rates, value, subject, target, incentive, across, version)

    def _deciding(
        self, figures: Figures, stretch: list[exp.Expr], window: str = windows.PERIOD
    ) -> tuple[exp.Expr | None, tuple[exp.Expr, ...]]:
        """What finds the tier and the column in a stretch: by its end, or, in the window before
        the period, by what was sold before.
        """
        parts: dict[str, exp.Expr] = {}
        for part in self.steps.deciding_parts(self.component):
            value: exp.Expr = col(f"of {part.id}")
            if window != windows.PERIOD:
                value = self._earlier(value, CONVERTED)
            again = [one.copy() for one in stretch]
            parts[part.id] = exp.Window(this=exp.Sum(this=value), partition_by=again)
        return add_deciding(figures, self.plan, self.rates, parts, window)

    def _at_total(self, measure: str) -> str:
        """The ledger's column of a measure in the window that a component accumulates."""
        unit = windows.window_of(self.plan, self.component)
        longer = windows.is_longer(self.plan, unit)
        return name_of(measure, windows.to_date(unit) if longer else windows.PERIOD)

    def _pay(self, reading: Reading, place: int, base: exp.Expr) -> exp.Expr:
        """What a tier pays at a point of the running total."""
        pay = reading.pay(place, base.copy())
        if self.plan.policies.rounding_stage == "line":
            pay = in_plan_money(self.plan, pay)
        return typed(pay, c.PRODUCT)

    def _earlier(self, amount: exp.Expr, kind: Kind) -> exp.Expr:
        """An amount of what was sold before the period, else nothing."""
        return typed(c.when((in_window(0, None), c.number(0, kind)), otherwise=amount), kind)
