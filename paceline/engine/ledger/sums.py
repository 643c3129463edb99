"""Sums: what each payee is credited with, one column for each sum that a clause asks for.

Credits and measures that add up the same things in the same window share a column. The sums are
taken twice: by payee and currency, which is what credit rules report, and from there by payee (and
by the stretch in which a rate table begins anew), which is what measures are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.columns import (
    BOOLEAN,
    CONVERTED,
    COUNT,
    EXACT,
    TEXT,
    Kind,
    col,
    table,
)
from paceline.engine.hashing import hash_text
from paceline.engine.plan.model import Credit, Measure, Plan
from paceline.engine.shape import COUNTED, Shape
from paceline.engine.steps import crediting
from paceline.engine.steps.crediting import Term, in_window, measure_terms, taken_by
from paceline.engine.steps.lines import key_kind

OWN = -2  # the amount in the currency of the line
# The columns that tell the shares of one line that reach one payee apart.
SHARES: dict[str, Kind] = {crediting.FROM: TEXT, "is_overlay": BOOLEAN, "bits": COUNT}
_TOLD = (COUNTED, OWN, 0)  # what is told of a credit rule: lines, and amounts in both currencies
_KIND: dict[int, Kind] = {COUNTED: COUNT, OWN: EXACT}
Sum = tuple[int, tuple[Term, ...], str]  # what is added up, for which terms, in which window


@dataclass(frozen=True)
class Sums:
    """The sums of a plan: the name of each column by what it adds up, for what, and when."""

    shape: Shape
    names: dict[Sum, str]

    @cached_property
    def key(self) -> str:
        """All that the text of the queries depends on, besides the plan's style: plans that differ
        in what they pay only add up the same sums.
        """
        shape = self.shape
        return hash_text(repr((self.names, self.stretches, shape.windows, shape.levels)))

    def of_credit(self, credit: Credit, what: int) -> str:
        terms = (crediting.credit_term(self.shape, credit),)
        return self.names[what, terms, windows.PERIOD]

    @cached_property
    def of_credits(self) -> frozenset[str]:
        """The columns that say what credit rules gave."""
        return frozenset(
            self.of_credit(one, what) for one in self.shape.plan.credits for what in _TOLD
        )

    def of_measure(self, measure: Measure, window: str) -> str:
        return self.names[self.shape.index_of(measure), measure_terms(self.shape, measure), window]

    def lines_of(self, measure: Measure, window: str | None = None) -> str:
        key = window or windows.key_of(measure)
        return self.names[COUNTED, measure_terms(self.shape, measure), key]

    @property
    def kinds(self) -> dict[str, Kind]:
        return {name: _KIND.get(what, CONVERTED) for (what, _, _), name in self.names.items()}

    @property
    def stretches(self) -> tuple[str, ...]:
        """The columns that number what a rate table begins anew in, or looks at alone."""
        lines = ("line_id",) if self.shape.by_line else ()
        shares = SHARES if self.shape.by_shares else {}
        looked_up = (*self.shape.key_columns, *self.shape.held)
        return (*self.shape.instances, *self.shape.versions, *looked_up, *lines, *shares)

    @property
    def contract(self) -> c.Table:
        """Sums by payee and currency, and by the stretches in which rate tables begin anew."""
        keys: dict[str, Kind] = {"payee_id": TEXT, "currency": TEXT}
        for key in self.stretches:
            keys[key] = SHARES.get(key, key_kind(key))
        return table("credited", " ".join(keys), {**keys, "unrated": COUNT, **self.kinds})

    def credited(self) -> exp.Query:
        """The sums over all that reaches a payee, directly or from below."""
        keys = {key: col(key, "g") for key in self.contract.grain}
        columns: dict[str, exp.Expr] = {"unrated": c.total(col("unrated", "g"), COUNT)}
        for (what, terms, window), name in self.names.items():
            kind = _KIND.get(what, CONVERTED)
            test = taken_by(terms, col("bits", "g"), "g", matched=self.shape.every_rule)
            if self.shape.has_windows:
                test = c.both(test, in_window(self.shape.windows.index(window), "g"))
            taken = c.when((test, value_of(what, "g")), otherwise=c.number(0, kind))
            columns[name] = c.total(taken, kind)
        reach = crediting.reach(self.shape).subquery("g", copy=False)
        return (
            c.conform(self.contract, {**keys, **columns})
            .from_(reach, copy=False)
            .group_by(*(key.copy() for key in keys.values()), copy=False)
        )

    def by(self, *keys: str, exact: bool = True, only: Collection[str] | None = None) -> exp.Select:
        """The sums by some of the keys, all of them or `only` some; here, once, what is added up
        gets its 12 decimals, unless it is added up further.
        """
        is_whole = set(keys) == set(self.contract.grain)  # nothing is left to be added up
        columns: dict[str, exp.Expr] = {key: col(key) for key in keys}
        for name, kind in self.kinds.items():
            if only is not None and name not in only:
                continue
            value = col(name) if is_whole else c.total(col(name), kind)
            if exact and kind is CONVERTED:
                value = c.with_fewer_decimals(value, EXACT)
            columns[name] = value
        if is_whole:
            return c.select(columns).from_(c.source("credited"), copy=False)
        return (
            c.select(columns)
            .from_(c.source("credited"), copy=False)
            .group_by(*(col(key) for key in keys), copy=False)
        )


def sums_of(shape: Shape, needed: dict[str, list[Measure]]) -> Sums:
    """Every sum that the plan's credits and measures ask for, each once.

    `needed` are the measures that are wanted in each window.
    """
    wanted: dict[Sum, str] = {}

    def ask(what: int, terms: tuple[Term, ...], window: str) -> None:
        wanted.setdefault((what, terms, window), f"sum_{len(wanted)}")

    for credit in shape.plan.credits:
        for what in _TOLD:
            ask(what, (crediting.credit_term(shape, credit),), windows.PERIOD)
    for window, measures in needed.items():
        for measure in measures:
            ask(shape.index_of(measure), measure_terms(shape, measure), window)
    for measure in shape.plan.measures:
        if measure.is_summed:
            ask(COUNTED, measure_terms(shape, measure), windows.key_of(measure))
    for measure, window in _sold_in_longer(shape.plan):
        ask(COUNTED, measure_terms(shape, measure), window)
    return Sums(shape, wanted)


def _sold_in_longer(plan: Plan) -> Iterator[tuple[Measure, str]]:
    """The measures whose lines are counted in longer windows: rows of a table of rates pay where
    something was sold.
    """
    for component in plan.components:
        unit, rates = windows.window_of(plan, component), component.rates
        if rates is not None and rates.imported and windows.is_longer(plan, unit):
            for window in (windows.to_date(unit), windows.before(unit)):
                yield plan.measure(component.measure or ""), window


def value_of(what: int, of: str) -> exp.Expr:
    """The value of a line or a group that a sum takes."""
    if what == COUNTED:
        return col("lines", of)
    return col("amount", of) if what == OWN else col(f"converted_{what}", of)
