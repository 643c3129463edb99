"""Sums: what each payee is credited with, one column for each sum that a clause asks for.

Credits and measures that add up the same things share a column. The sums are taken twice: by payee
and currency, which is what credit rules report, and from there by payee, which is what measures
are.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.columns import CONVERTED, COUNT, EXACT, TEXT, Kind, col, table, typed
from paceline.engine.plan.model import Credit, Measure
from paceline.engine.shape import COUNTED, Shape
from paceline.engine.steps import crediting
from paceline.engine.steps.crediting import Term, measure_terms, taken_by

OWN = -2  # the amount in the currency of the line


@dataclass(frozen=True)
class Sums:
    """The sums of a plan: the name of each column by what it adds up and for which terms."""

    shape: Shape
    names: dict[tuple[int, tuple[Term, ...]], str]

    def of_credit(self, credit: Credit, what: int) -> str:
        return self.names[what, (crediting.credit_term(self.shape, credit),)]

    def of_measure(self, measure: Measure) -> str:
        return self.names[self.shape.index_of(measure), measure_terms(self.shape, measure)]

    def lines_of(self, measure: Measure) -> str:
        return self.names[COUNTED, measure_terms(self.shape, measure)]

    @property
    def kinds(self) -> dict[str, Kind]:
        return {name: _KIND.get(what, CONVERTED) for (what, _), name in self.names.items()}

    @property
    def contract(self) -> c.Table:
        """Sums by payee and currency, and by line where each line stands alone."""
        keys = {"payee_id": TEXT, "currency": TEXT}
        if self.shape.by_line:
            keys["line_id"] = TEXT
        return table("credited", " ".join(keys), {**keys, "unrated": COUNT, **self.kinds})

    def credited(self) -> exp.Query:
        """The sums over all that reaches a payee, directly or from below."""
        keys = {key: col(key, "g") for key in self.contract.grain}
        columns: dict[str, exp.Expr] = {"unrated": c.total(col("unrated", "g"), COUNT)}
        for (what, terms), name in self.names.items():
            kind = _KIND.get(what, CONVERTED)
            taken = c.when(
                (taken_by(terms, col("bits", "g"), col("level", "g")), value_of(what, "g")),
                otherwise=c.number(0, kind),
            )
            columns[name] = c.total(taken, kind)
        return (
            c.conform(self.contract, {**keys, **columns})
            .from_(crediting.reach(self.shape).subquery("g", copy=False), copy=False)
            .group_by(*(key.copy() for key in keys.values()), copy=False)
        )

    def by_currency(self) -> exp.Select:
        """The sums by payee and currency, in that order, over lines that may stand alone."""
        keys = {key: col(key) for key in ("payee_id", "currency")}
        columns: dict[str, exp.Expr] = {
            name: typed(c.total(col(name), kind), COUNT if kind is COUNT else EXACT)
            for name, kind in self.kinds.items()
        }
        return (
            c.select({**keys, **columns})
            .from_(c.source("credited"), copy=False)
            .group_by(*(key.copy() for key in keys.values()), copy=False)
            .order_by(*(key.copy() for key in keys.values()), copy=False)
        )

    def by_payee(self) -> exp.Select:
        """The sums of each payee over all currencies; here, once, measures get their 12 decimals.

        Where each line stands alone its value has 12 decimals before it is added up.
        """
        kinds = self.kinds
        rows: exp.Expr = c.source("credited", "s")
        if self.shape.by_line:
            rows = self.by_line().subquery("s", copy=False)
        columns: dict[str, exp.Expr] = {
            name: c.total(col(name, "s"), COUNT)
            if kind is COUNT
            else typed(c.total(col(name, "s"), EXACT if self.shape.by_line else kind), EXACT)
            for name, kind in kinds.items()
        }
        return (
            c.select({"payee_id": col("payee_id", "s"), **columns})
            .from_(rows, copy=False)
            .group_by(col("payee_id", "s"), copy=False)
        )

    def by_line(self) -> exp.Select:
        """The sums of each payee and line."""
        keys = {key: col(key, "r") for key in ("payee_id", "line_id")}
        columns: dict[str, exp.Expr] = {
            name: typed(
                c.total(col(name, "r"), kind),
                COUNT if kind is COUNT else EXACT,
            )
            for name, kind in self.kinds.items()
        }
        return (
            c.select({**keys, **columns})
            .from_(c.source("credited", "r"), copy=False)
            .group_by(*(key.copy() for key in keys.values()), copy=False)
        )


_KIND: dict[int, Kind] = {COUNTED: COUNT, OWN: EXACT}


def sums_of(shape: Shape) -> Sums:
    """Every sum that the plan's credits and measures ask for, each once."""
    wanted: dict[tuple[int, tuple[Term, ...]], str] = {}

    def ask(what: int, terms: tuple[Term, ...]) -> None:
        wanted.setdefault((what, terms), f"sum_{len(wanted)}")

    for credit in shape.plan.credits:
        for what in (COUNTED, OWN, 0):
            ask(what, (crediting.credit_term(shape, credit),))
    for measure in shape.plan.measures:
        ask(shape.index_of(measure), measure_terms(shape, measure))
        ask(COUNTED, measure_terms(shape, measure))
    return Sums(shape, wanted)


def value_of(what: int, of: str) -> exp.Expr:
    """The value of a line or a group that a sum takes."""
    if what == COUNTED:
        return col("lines", of)
    return col("amount", of) if what == OWN else col(f"converted_{what}", of)
