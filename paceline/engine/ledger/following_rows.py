"""Following lines into the rows of a table of rates: each line from its running total to the row
that it falls into.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import CONVERTED, EXACT, MONEY, RATE, TEXT, col, select, typed
from paceline.engine.ledger.forms import in_plan_money
from paceline.engine.ledger.measures import needed_measures
from paceline.engine.ledger.rate_keys import HAD
from paceline.engine.ledger.rate_rows import RowsOf
from paceline.engine.ledger.rows import targets
from paceline.engine.ledger.spread import running
from paceline.engine.ledger.sums import sums_of
from paceline.engine.plan.model import Component
from paceline.engine.steps.crediting import in_window

if TYPE_CHECKING:
    from paceline.engine.ledger.following import LineSteps

TOLD = ("before", "after", "added", "credit")


class RowLines:
    """The lines of one component whose tiers are rows, of the payees who are followed."""

    def __init__(self, steps: LineSteps, component: Component) -> None:
        self.steps, self.plan, self.component = steps, steps.plan, component
        sums = sums_of(steps.shape, needed_measures(steps.plan))
        self.rows = RowsOf(steps.shape, sums, component)
        self.longer = HAD in self.rows.windows
        self.carried = [*steps.carried(), *(["span"] if self.longer else [])]
        self.order = steps.order(component)

    def earnings(self) -> exp.Query:
        """What each line adds to the money of the rows of a table of rates, row under row: lines
        come row by row, in each in the order of accumulation.
        """
        rows, component = self.rows, self.component
        stretch = self.steps.stretch(component)[1:]  # the first is whose statement it is
        carried = [*self.carried, "credit"]
        columns: dict[str, exp.Expr] = {name: col(name, "g") for name in carried}
        columns["entry"] = col("entry", "m")
        columns |= {f"in_{place}": one.copy() for place, one in enumerate(stretch)}
        columns["value"] = col("value", "g")
        lines = select(columns).from_(
            self.steps.rows(component).subquery("g", copy=False), copy=False
        )
        pairs = [
            (col("receiver", "g") if name == "payee_id" else col(name, "g"), col(name, "m"))
            for name in rows.keys
        ]
        on = c.both(*(exp.EQ(this=one, expression=other) for one, other in pairs))
        c.join(lines, f"matched_{component.id}", "m", on)
        partition: list[exp.Expr] = [col(f"in_{place}") for place in range(len(stretch))]
        sofar = running(col("value"), [col("receiver"), col("entry"), *partition], self.order)
        along = select({**{name: col(name) for name in columns}, "sofar": sofar})
        along.from_(lines.subquery("z", copy=False), copy=False)
        return self._laid_on_rows(along, carried)

    def _laid_on_rows(self, lines: exp.Select, carried: list[str]) -> exp.Query:
        """Lines with their running totals, and the rows that they fall into."""
        rows = self.rows
        stretch = rows.stretch
        earlier = c.minus(col("sofar", "w"), col("value", "w"), CONVERTED)
        ends = {
            "after": c.with_fewer_decimals(col("sofar", "w"), EXACT),
            "before": c.with_fewer_decimals(earlier, EXACT),
        }
        placed: dict[str, exp.Expr] = {name: col(name, "w") for name in (*carried, "entry")}
        placed |= {f"in_{place}": col(f"in_{place}", "w") for place in range(len(stretch))}
        placed |= {name: typed(value, EXACT) for name, value in ends.items()}
        query = select(placed).from_(lines.subquery("w", copy=False), copy=False)
        target = col(f"quotas/{rows.rates.quota}/target", "t") if rows.rates.quota else None
        bounds = rows.bounds(target)
        added = c.minus(col("after", "p"), col("before", "p"), EXACT)
        base = rows.base(added, col("subject", "s"), bounds)
        if rows.rates.reading == "slice":
            after, before = (
                rows.base(col(side, "p"), col("subject", "s"), bounds)
                for side in ("after", "before")
            )
            base = c.minus(after, before, EXACT)
        had: exp.Expr = c.number(0, EXACT)
        if self.longer:  # what was sold before the period only moves from row to row
            had = base.copy()
            if rows.rates.reading == "whole":
                had = rows.base(added, col(f"{HAD}subject", "s"), bounds)
            had = typed(c.when((in_window(0, "p"), c.number(0, EXACT)), otherwise=had), EXACT)
            base = c.minus(base, had.copy(), EXACT)
        told: dict[str, exp.Expr] = {name: col(name, "p") for name in (*carried, "before", "after")}
        told |= {f"in_{place}": col(f"in_{place}", "p") for place in range(len(stretch))}
        told |= {"added": added.copy(), "tier": col("row", "r"), "base": base}
        paid = typed(col("paid", "r"), RATE)
        told["pay"] = typed(c.times(base.copy(), paid, c.PRODUCT), c.PRODUCT)
        told["had"] = typed(c.times(had, paid.copy(), c.PRODUCT), c.PRODUCT)
        met = select(told).from_(query.subquery("p", copy=False), copy=False)
        own = [
            exp.EQ(this=col("payee_id", "s"), expression=col("receiver", "p")),
            c.same(["entry"], "s", "p"),
        ]
        own += [
            exp.EQ(this=col(name, "s"), expression=col(f"in_{place}", "p"))
            for place, name in enumerate(stretch)
        ]
        c.join(met, f"sold_{self.component.id}", "s", c.both(*own))
        c.join(met, rows.table, "r", c.same(["entry"], "r", "p"))
        if target is not None:
            goal = targets(self.plan.quota(rows.rates.quota or "")).subquery("t", copy=False)
            met.join(
                goal,
                on=exp.EQ(this=col("payee_id", "t"), expression=col("receiver", "p")),
                copy=False,
            )
            met.where(exp.GT(this=target.copy(), expression=c.number(0, MONEY)), copy=False)
        return self._paid_by_rows(met, carried)

    def _paid_by_rows(self, met: exp.Select, carried: list[str]) -> exp.Query:
        """What the lines add to the rounded money of the rows."""
        rows = self.rows
        order = [exp.Ordered(this=col("tier", "q"), nulls_first=True), *self.order]
        pay: exp.Expr = col("pay", "q")
        columns: dict[str, exp.Expr] = {
            "component": typed(c.text(rows.component.id), TEXT),
            "clause": typed(c.text(f"{rows.component.clause}/rates/table"), TEXT),
            **{name: col(name, "q") for name in ("tier", "base", *TOLD, *self.steps.carried())},
        }
        if self.plan.policies.rounding_stage == "line":  # of all shares of the line together
            of_line: list[exp.Expr] = [
                col("receiver", "q"),
                col("tier", "q"),
                col("line_line_id", "q"),
            ]
            sofar = typed(running(pay, of_line, self.order), c.PRODUCT)
            earlier = c.minus(sofar.copy(), pay.copy(), c.PRODUCT)
            before = in_plan_money(self.plan, earlier)
            steps = select(
                {
                    **{
                        name: col(name, "q")
                        for name in dict.fromkeys(("tier", "base", *TOLD, *carried))
                    },
                    "pay": c.minus(in_plan_money(self.plan, sofar), before, c.PRODUCT),
                }
            )
            met = steps.from_(met.subquery("q", copy=False), copy=False)
        receiver, had = col("receiver", "q"), None
        if self.longer:
            had = rows.standing(col("had", "q"), receiver, col("tier", "q"))
        columns["earned"] = rows.rounded_steps(pay.copy(), [receiver], [*order], had)
        wide = select(columns).from_(met.subquery("q", copy=False), copy=False)
        kept = c.either(
            exp.NEQ(this=col("base", "x"), expression=c.number(0, EXACT)),
            exp.NEQ(this=col("earned", "x"), expression=c.number(0, MONEY)),
        )
        query = select({name: col(name, "x") for name in columns})
        return query.from_(wide.subquery("x", copy=False), copy=False).where(kept, copy=False)
