"""Following lines: each line of some payees' statements from its credit to the tier it falls into.

The queries use the ledger's definitions: what a measure takes, what a tier holds, how money is
rounded. They only look at them along the running total instead of at its end. A line's money in a
tier is what the tier earned with the line less what it had earned before, so lines always add up.
Each payee's lines run for themselves: `receiver` is whose statement they are in.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.columns import (
    CONVERTED,
    COUNT,
    EXACT,
    MONEY,
    PLACE,
    TEXT,
    Kind,
    col,
    select,
    typed,
)
from paceline.engine.inputs import line_columns
from paceline.engine.ledger.figures import Figures
from paceline.engine.ledger.following_rows import TOLD, RowLines
from paceline.engine.ledger.forms import in_plan_money, incentive_of, or_nothing
from paceline.engine.ledger.measures import add_measures, name_of
from paceline.engine.ledger.rates import Reading, add_through, differences
from paceline.engine.ledger.spread import Step, add_step, exact_total, running
from paceline.engine.ledger.sums import value_of
from paceline.engine.ledger.told import TRACE_LINES, is_followed
from paceline.engine.plan.model import Component, Measure
from paceline.engine.shape import Shape
from paceline.engine.steps.crediting import (
    credit_term,
    in_window,
    levels_above,
    measure_terms,
    own_levels,
    taken_by,
)

_PORTION = ("payee_id", "is_overlay", "bits", "level")  # tells apart two shares of one line


FOLLOWED = "followed_payees"
"""The table of the payees whose statements are opened, by `payee_id`."""


class LineSteps:
    """From traced lines to earnings by line and tier, for the payees in `followed_payees`, who
    alone are `members`.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.plan = shape.plan

    def columns(self) -> dict[str, Kind]:
        """The line columns that a reader or the order of accumulation needs."""
        kinds = {column.name: column.kind for column in line_columns(self.plan)}
        read = ("line_id", "order_id", "ordered_on", "kind", "amount", "currency")
        wanted = dict.fromkeys((*read, *self.plan.policies.accumulation_order))
        return {name: kinds[name] for name in wanted}

    def credits(self) -> exp.Query:
        """Each line as it reaches each payee, directly or from a level below, in plan currency."""
        names = [
            *("payee_id", "is_overlay", "bits", "share", "rate"),
            *self._stretches(),
            *(f"line_{name}" for name in self.columns()),
            *(name for name in self.shape.sums if name.startswith("converted")),
        ]

        def start(receiver: exp.Expr, levels: dict[str, exp.Expr]) -> exp.Select:
            columns: dict[str, exp.Expr] = {"receiver": receiver}
            columns |= {name: col(name, "g") for name in names}
            columns |= {name: typed(level, PLACE) for name, level in levels.items()}
            columns["lines"] = typed(c.whole(1), COUNT)
            return select(columns).from_(c.source("traced_lines", "g"), copy=False)

        own = c.same(["payee_id", "slot"], "m", "g")
        direct = c.join(start(col("payee_id", "g"), own_levels(self.shape)), "members", "m", own)
        if not self.shape.rolls_up:
            return direct
        rolled = start(col("manager_id", "h"), levels_above(self.shape, "h"))
        c.join(rolled, "hierarchy", "h", c.same(["payee_id", "slot"], "h", "g"))
        in_plan = c.both(
            exp.EQ(this=col("payee_id", "m"), expression=col("manager_id", "h")),
            c.same(["slot"], "m", "g"),
        )
        c.join(rolled, "members", "m", in_plan)
        return c.union_all([direct, rolled.where(exp.Not(this=col("is_overlay", "g")), copy=False)])

    def _stretches(self) -> tuple[str, ...]:
        """The columns that place a line in a window."""
        shape, spans = self.shape, ("span",) if self.shape.has_windows else ()
        return (*spans, *shape.instances, *shape.versions, *shape.key_columns, *shape.held)

    def taken(self) -> exp.Query:
        """The ids of the lines that a measure takes."""
        terms = [term for one in self.plan.measures for term in measure_terms(self.shape, one)]
        query = select({"line_id": col("line_line_id")}, distinct=True).from_(
            c.source("line_credits"), copy=False
        )
        return query.where(taken_by(terms, col("bits"), None), copy=False)

    def components(self) -> list[Component]:
        """The components whose money comes from lines, through a rate table."""
        return [one for one in self.plan.components if is_followed(self.plan, one)]

    def earnings(self, component: Component) -> exp.Query:
        """What each line adds to each tier's rounded money, tier under tier."""
        assert component.rates is not None  # noqa: S101
        if component.rates.imported is not None:
            return RowLines(self, component).earnings()
        figures, names = self._figures(component)
        placed = ["span"] if self.shape.has_windows else []
        wanted = [*self.carried(), *placed, *TOLD, *names]
        wide = figures.query(self.rows(component), wanted)
        parts: list[exp.Query] = []
        for place, tier in enumerate(component.rates.tiers, start=1):
            base, earned = col(f"{place}/base", "w"), col(f"{place}/earned", "w")
            kept = c.either(
                exp.NEQ(this=base.copy(), expression=c.number(0, EXACT)),
                exp.NEQ(this=earned.copy(), expression=c.number(0, MONEY)),
            )
            if windows.is_longer(self.plan, windows.window_of(self.plan, component)):
                kept = c.both(kept, in_window(0, "w"))
            columns: dict[str, exp.Expr] = {
                "component": c.text(component.id),
                "tier": c.whole(place),
                "clause": c.text(tier.clause),
                "base": base,
                "earned": earned,
                **{name: col(name, "w") for name in (*self.carried(), *TOLD)},
            }
            parts.append(
                select(columns).from_(c.source("wide", "w"), copy=False).where(kept, copy=False)
            )
        return c.union_all(parts).with_("wide", as_=wide, copy=False)

    def carried(self) -> list[str]:
        return ["receiver", *_PORTION, "share", "rate", *(f"line_{one}" for one in self.columns())]

    def order(self, component: Component | None = None) -> list[exp.Expr]:
        """The plan's order, made total by the portion of the line. What was sold before the period
        comes first, and where the table changes on a day, what was sold before that.
        """
        names = [f"line_{name}" for name in self.plan.policies.accumulation_order]
        found = [exp.Ordered(this=col(name), nulls_first=True) for name in (*names, *_PORTION)]
        if component is None or component.rates is None:
            return [*found]
        first: list[exp.Expr] = []
        if windows.is_longer(self.plan, windows.window_of(self.plan, component)):
            of_period = c.when((in_window(0, None), c.whole(1)), otherwise=c.whole(0))
            first.append(exp.Ordered(this=typed(of_period, PLACE), nulls_first=True))
        if component.rates.dated:
            version = col(self.shape.version_of(component.rates))
            first.append(exp.Ordered(this=version, nulls_first=True))
        return [*first, *found]

    def _window(self, component: Component) -> str:
        """The days whose lines count: the measure's own window, or what the table accumulates."""
        measure = self.plan.measure(component.measure or "")
        own, unit = windows.key_of(measure), windows.window_of(self.plan, component)
        if own == windows.PERIOD and windows.is_longer(self.plan, unit):
            return windows.to_date(unit)
        return own

    def _needs(self, component: Component) -> dict[str, Kind]:
        """The payee's own figures that the rate table is read with."""
        rates, plan = component.rates, self.plan
        assert rates is not None  # noqa: S101
        found: dict[str, Kind] = {}
        if rates.quota is not None:
            found[f"quotas/{rates.quota}/target"] = MONEY
        unit = windows.window_of(plan, component)
        if not windows.is_shorter(plan, unit):
            key = windows.to_date(unit) if windows.is_longer(plan, unit) else windows.PERIOD
            named = (None if rates.by_shares else rates.subject, rates.across)
            for name in filter(None, named):
                found[name_of(name, key)] = EXACT
        incentive = plan.target_incentive
        if rates.value == "target_share" and incentive is not None and incentive.measure:
            found[name_of(incentive.measure)] = EXACT
        return found

    def rows(self, component: Component) -> exp.Select:
        """The lines that the component's measure takes or that only choose its tier."""
        measure = self.plan.measure(component.measure or "")
        columns: dict[str, exp.Expr] = {
            name: col(name, "g") for name in (*self.carried(), *self._stretches())
        }
        columns |= {
            "level": self._credit(component, level=True),
            "value": self._taken(measure),
            "credit": self._credit(component),
            **{f"of {part.id}": self._taken(part) for part in self._subject_parts(component)},
        }
        if component.rates is not None and component.rates.by_shares:
            columns["count"] = self._taken(self.plan.measure(component.rates.subject or ""))
        query = select(columns).from_(c.source("line_credits", "g"), copy=False)
        needs = self._needs(component)
        for name, kind in needs.items():
            value = typed(col(name, "r"), kind)
            alias = exp.Alias(this=value, alias=exp.to_identifier(name, quoted=True))
            query = query.select(alias, copy=False)
        if needs:
            own = exp.EQ(this=col("payee_id", "r"), expression=col("receiver", "g"))
            c.join(query, "ledger", "r", own)
        if component.rates is not None and component.rates.quota is not None:
            target = col(f"quotas/{component.rates.quota}/target", "r")
            query = query.where(exp.GT(this=target, expression=c.number(0, MONEY)), copy=False)
        terms = measure_terms(self.shape, measure)
        if component.rates is not None and component.rates.by_shares:
            terms += measure_terms(self.shape, self.plan.measure(component.rates.subject or ""))
        for part in self._subject_parts(component):  # its lines choose the tier, whoever is paid
            terms += measure_terms(self.shape, part)
        taken = taken_by(terms, col("bits", "g"), "g")
        if self.shape.has_windows:
            window = self.shape.windows.index(self._window(component))
            taken = c.both(taken, in_window(window, "g"))
        return query.where(taken, copy=False)

    def _taken(self, measure: Measure) -> exp.Expr:
        """What a measure takes of a line; nothing of a line that is not its own."""
        value = typed(value_of(self.shape.index_of(measure), "g"), CONVERTED)
        terms = measure_terms(self.shape, measure)
        own = taken_by(terms, col("bits", "g"), "g")
        return typed(c.when((own, value), otherwise=c.number(0, CONVERTED)), CONVERTED)

    def _subject_parts(self, component: Component) -> list[Measure]:
        """The summed measures that another measure, by which the table is read, is made of, where
        it is read anew in every stretch.
        """
        rates = component.rates
        unit = windows.window_of(self.plan, component)
        if rates is None or rates.subject is None or rates.by_shares:
            return []
        if not windows.is_shorter(self.plan, unit):
            return []
        wanted = {rates.subject}
        for measure in reversed(self.plan.measures):
            if measure.id in wanted:
                wanted |= set(measure.parts)
        return [one for one in self.plan.measures if one.id in wanted and one.is_summed]

    def _credit(self, component: Component, *, level: bool = False) -> exp.Expr:
        """The first credit rule of the component's measure that takes the line, or the level at
        which it does.
        """
        if level and len(self.shape.levels) == 1:
            return col("level", "g")
        branches: list[tuple[exp.Expr, exp.Expr]] = []
        for name in self.plan.measure(component.measure or "").credits:
            term = credit_term(self.shape, self.plan.credit(name))
            taken = taken_by([term], col("bits", "g"), "g")
            said = typed(col(term[3], "g"), PLACE) if level else typed(c.text(name), TEXT)
            branches.append((taken, said))
        return c.when(*branches, otherwise=c.null(PLACE if level else TEXT))

    def _figures(self, component: Component) -> tuple[Figures, list[str]]:
        """The running totals of a component's lines and what they do to each tier."""
        rates = component.rates
        assert rates is not None  # noqa: S101
        given: dict[str, Kind] = dict.fromkeys((*self.carried(), *self._stretches()), TEXT)
        given |= {"value": CONVERTED, "credit": TEXT}
        given |= {f"of {part.id}": CONVERTED for part in self._subject_parts(component)}
        given |= self._needs(component)
        if rates.by_shares:
            given["count"] = CONVERTED
        figures = Figures(given)
        stretch, order = self.stretch(component), self.order(component)
        if rates.is_spread:
            return figures, self._spread(figures, component, order)
        sofar = figures.add("running", running(col("value"), stretch, order), CONVERTED)
        earlier = c.minus(sofar, col("value"), CONVERTED)
        before = figures.add("before", c.with_fewer_decimals(earlier, EXACT), EXACT)
        after = figures.add("after", c.with_fewer_decimals(sofar.copy(), EXACT), EXACT)
        figures.add("added", c.minus(after.copy(), before.copy(), EXACT), EXACT)
        with_line = self._reading(figures, component, after, stretch)
        without = replace(with_line, value=before)
        if rates.value != "rate" and rates.subject is None:
            with_line, without = replace(with_line, subject=after), replace(without, subject=before)
        pays: list[exp.Expr] = []
        for place in range(len(rates.tiers)):
            bases = {
                when: figures.add(f"{place + 1}/taken {when}", reading.base(place), EXACT)
                for when, reading in (("after", with_line), ("before", without))
            }
            part = c.minus(bases["after"], bases["before"], EXACT)
            figures.add(f"{place + 1}/base", part, EXACT)
            paid = self._pay(with_line, place, bases["after"])
            had = self._pay(without, place, bases["before"])
            pays.append(figures.add(f"{place + 1}/pay", c.minus(paid, had, c.PRODUCT), c.PRODUCT))
        return figures, self._earned(figures, pays, order)

    def _earned(self, figures: Figures, pays: list[exp.Expr], order: list[exp.Expr]) -> list[str]:
        """What each line adds to the rounded money of each tier; the names of bases and money."""
        held: dict[str, list[exp.Expr]] = {"before": [], "after": []}
        for place, pay in enumerate(pays, start=1):
            holds = running(pay.copy(), [col("receiver")], order)
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

    def _spread(self, figures: Figures, component: Component, order: list[exp.Expr]) -> list[str]:
        """Lines in a table whose tiers count another measure, or change on a day."""
        rates = component.rates
        assert rates is not None  # noqa: S101
        stretch = self.stretch(component)
        version = col(self.shape.version_of(rates)) if rates.dated else None
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
        at = Step(
            before=figures.add("before", ends[f"{counted} before"].copy(), EXACT),
            after=figures.add("after", ends[f"{counted} after"].copy(), EXACT),
            value=figures.add("added", added, EXACT),
            total=figures.add("total", exact_total(whole), EXACT),
            version=version,
            target=col(f"quotas/{rates.quota}/target") if rates.quota is not None else None,
        )
        pays: list[exp.Expr] = []
        for place, base in enumerate(add_step(figures, self.plan, rates, at, "step")):
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
        return self._earned(figures, pays, order)

    def stretch(self, component: Component) -> list[exp.Expr]:
        """What the running total begins anew in: with each payee, and each shorter stretch."""
        unit, whose = windows.window_of(self.plan, component), col("receiver")
        if not windows.is_shorter(self.plan, unit):
            return [whose]
        return [whose, col("line_line_id" if unit == "transaction" else unit)]

    def _reading(
        self, figures: Figures, component: Component, value: exp.Expr, stretch: list[exp.Expr]
    ) -> Reading:
        """The rate table, read with the total that is reached in the end."""
        rates = component.rates
        assert rates is not None  # noqa: S101
        whole = exp.Window(this=exp.Sum(this=col("value")), partition_by=[*stretch])
        subject: exp.Expr = figures.add("total", exact_total(whole), EXACT)
        parts = self._subject_parts(component)
        for part in parts:
            again = [one.copy() for one in stretch]
            total = exp.Window(this=exp.Sum(this=col(f"of {part.id}")), partition_by=again)
            figures.add(name_of(part.id), exact_total(total), EXACT)
        if parts:
            add_measures(figures, self.plan, only={rates.subject or ""})
            subject = or_nothing(col(name_of(rates.subject or "")))
        elif rates.subject is not None:
            subject = or_nothing(col(self._at_total(component, rates.subject)))
        across = None
        if rates.across is not None:
            across = or_nothing(col(self._at_total(component, rates.across)))
        target = col(f"quotas/{rates.quota}/target") if rates.quota is not None else None
        incentive = incentive_of(self.plan) if rates.value == "target_share" else None
        return Reading(self.plan, rates, value, subject, target, incentive, across)

    def _at_total(self, component: Component, measure: str) -> str:
        """The ledger's column of a measure in the window that a component accumulates."""
        unit = windows.window_of(self.plan, component)
        longer = windows.is_longer(self.plan, unit)
        return name_of(measure, windows.to_date(unit) if longer else windows.PERIOD)

    def _pay(self, reading: Reading, place: int, base: exp.Expr) -> exp.Expr:
        """What a tier pays at a point of the running total."""
        pay = reading.pay(place, base.copy())
        if self.plan.policies.rounding_stage == "line":
            pay = in_plan_money(self.plan, pay)
        return typed(pay, c.PRODUCT)

    def collected(self) -> exp.Query:
        """The lines that took part in a tier, payee by payee, in the order of accumulation."""
        columns: dict[str, exp.Expr] = {
            "component": col("component"),
            "payee_id": col("receiver"),
            "line_id": col("line_line_id"),
            "tier": col("tier"),
            "ordered_on": col("line_ordered_on"),
            "order_id": col("line_order_id"),
            "credit": col("credit"),
            "kind": col("line_kind"),
            "from_payee_id": col("payee_id"),
            "level": col("level"),
            "is_overlay": col("is_overlay"),
            "share": col("share"),
            "amount": col("line_amount"),
            "currency": col("line_currency"),
            "rate": col("rate"),
            "amount_plan": col("added"),
            "running_before": col("before"),
            "running_after": col("after"),
            "base_in_tier": col("base"),
            "earned": col("earned"),
            "clause": col("clause"),
        }
        rows = [
            select({name: col(name) for name in self._collected()}).from_(
                c.source(f"followed_{component.id}"), copy=False
            )
            for component in self.components()
        ]
        if not rows:
            nothing = {column.name: c.null(column.kind) for column in TRACE_LINES.columns}
            return select(nothing).where(exp.false(), copy=False)
        query = c.conform(TRACE_LINES, columns)
        query = query.from_(c.union_all(rows).subquery("f", copy=False), copy=False)
        first = (col("receiver"), col("component"))
        return query.order_by(*first, *self.order(), col("tier"), copy=False)

    def _collected(self) -> list[str]:
        return ["component", "tier", "clause", "base", "earned", *TOLD, *self.carried()]
