"""Findings about tables in which two figures choose the cell: where pay jumps and where it falls.

The table pays on a whole amount, so on every bound between two rows, or two columns, pay changes at
once. It is measured at the bound of the rows, and between columns at the amount where a row ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from paceline.engine.curve import EXAMPLE_QUOTA
from paceline.engine.lint.findings import Finding, Severity
from paceline.engine.lint.history import History
from paceline.engine.lint.shared import found, plainly
from paceline.engine.lint.subject import middle
from paceline.engine.money import EXACT, round_to
from paceline.engine.payout import incentive_of
from paceline.engine.plan.model import Component, Measure, Plan, RateTable, Tier

ROW = -1  # the side of the rows; the dimensions of the columns are counted from zero
EVIDENCE = ("kishore-2013", "larkin-2014", "oyer-1998")


def is_grid(component: Component) -> bool:
    """Two figures choose what the table pays, on a whole amount in the period."""
    rates = component.rates
    if rates is None or rates.reading != "whole" or rates.is_spread:
        return False
    if any(tier.marginal for tier in rates.tiers):
        return False
    return bool(rates.across) or rates.on == "measure"


@dataclass(frozen=True)
class Bound:
    """Where a table changes: the bound, pay on both sides, and the clause of the upper side."""

    clause: str
    at: Decimal
    below: Decimal
    above: Decimal
    base: Decimal

    @property
    def jump(self) -> Decimal:
        return EXACT.subtract(self.above, self.below)


def grids(plan: Plan, component: Component, history: History | None) -> Iterator[Finding]:
    """For each bound of the rows and of the columns its greatest jump, and its greatest fall."""
    reading = _Reading(plan, component, history)
    sides = [(ROW, list(reading.rows()))]
    sides += [(one, list(reading.columns(one))) for one in range(len(reading.rates.across))]
    for side, bounds in sides:
        falling = reading.severity_of_falls(side, [one for same in bounds for one in same])
        for same in bounds:
            rises = [one for one in same if one.jump > reading.minor]
            falls = [one for one in same if one.jump < -reading.minor]
            if rises:
                worst = max(rises, key=lambda one: one.jump)
                grave: Severity = "serious" if reading.rates.value == "rate" else "warning"
                yield reading.finding("grid_cliff", grave, side, worst, len(rises), len(same))
            if falls:
                worst = min(falls, key=lambda one: one.jump)
                yield reading.finding("grid_falls", falling, side, worst, len(falls), len(same))


class _Reading:
    """One table with the quota and the amount that its pay is told for."""

    def __init__(self, plan: Plan, component: Component, history: History | None) -> None:
        self.plan = plan
        self.component = component
        self.rates: RateTable = component.rate_table
        self.minor = Decimal(1).scaleb(-plan.digits)
        measure = plan.measure(component.measure or "")
        values = [one.value for one in history.values_of(plan, measure)] if history else []
        usual = middle([value for value in values if value > 0])
        self.is_assumed = usual is None
        self.usual = usual or EXAMPLE_QUOTA
        self.target: Decimal | None = None
        if self.rates.quota is not None:
            known = _targets(plan, self.rates.quota, history)
            self.is_assumed = not known
            self.target = middle(known) or EXAMPLE_QUOTA
        width = 1
        first = self.rates.tiers[0].lower
        while width < len(self.rates.tiers) and self.rates.tiers[width].lower == first:
            width += 1
        tiers = self.rates.tiers
        self.cells = [tiers[start : start + width] for start in range(0, len(tiers), width)]

    def rows(self) -> Iterator[list[Bound]]:
        """Each bound between two rows, column by column."""
        for under, over in zip(self.cells, self.cells[1:], strict=False):
            base = self.base(over[0].lower)
            yield [
                Bound(two.clause, two.lower, self.pay(one, base), self.pay(two, base), base)
                for one, two in zip(under, over, strict=True)
            ]

    def columns(self, dimension: int) -> Iterator[list[Bound]]:
        """Each bound between two columns of a dimension, row by row."""
        edges = dict.fromkeys(cell.across[dimension] for cell in self.cells[0])
        for under, over in pairwise(edges):
            listed = []
            for row in self.cells:
                beside = {cell.across: cell for cell in row}
                base = self.base(row[0].upper if row[0].upper is not None else row[0].lower)
                for one in row:
                    if one.across[dimension] != under:
                        continue
                    place = (*one.across[:dimension], over, *one.across[dimension + 1 :])
                    two = beside[place]
                    below, above = self.pay(one, base), self.pay(two, base)
                    listed.append(Bound(two.clause, over[0], below, above, base))
            yield listed

    def severity_of_falls(self, side: int, bounds: list[Bound]) -> Severity:
        """How grave it is that pay falls: as what is paid on rises, or as another measure does,
        where it may be meant if it always falls.
        """
        if side == ROW and self.rates.on != "measure":
            return "serious"
        return "warning" if any(one.jump > 0 for one in bounds) else "note"

    def base(self, bound: Decimal) -> Decimal:
        """The amount that is paid on at a bound of the rows."""
        if self.rates.on == "measure":
            return self.usual
        return EXACT.multiply(bound, self.target) if self.target is not None else bound

    def pay(self, cell: Tier, base: Decimal) -> Decimal:
        plan, component = self.plan, self.component
        paid = cell.rate
        if self.rates.value == "rate":
            paid = EXACT.multiply(base, cell.rate)
        elif self.rates.value == "target_share":
            paid = EXACT.multiply(incentive_of(plan), cell.rate)
        earned = round_to(paid, plan.digits, plan.policies.rounding_mode)
        earned = earned if component.cap is None else min(earned, component.cap)
        return earned if component.floor is None else max(earned, component.floor)

    def finding(
        self, code: str, severity: Severity, side: int, at: Bound, cells: int, among: int
    ) -> Finding:
        amounts = {"jump": abs(at.jump), "below": at.below, "above": at.above}
        if self.rates.value == "rate" and at.base:
            amounts["base"] = at.base
        if self.target is not None:
            amounts["quota"] = self.target
        params: dict[str, str | int] = {
            "side": "row" if side == ROW else "column",
            "measure": self._of(side).id,
            "bound": plainly(at.at),
            "by_share": int(self._is_share(side)),
            "is_money": int(self._is_money(side)),
            "cells": cells,
            "among": among,
            "quota": ("assumed" if self.is_assumed else "known") if self.target else "",
            "assumed": int(self.is_assumed),
        }
        named = {ROW: "row", 0: "column"}.get(side, f"column {side + 1}")
        rated = (f"{plainly(cell.lower)}={plainly(cell.rate)}" for cell in self.rates.tiers)
        return found(
            self.plan, self.component, code, severity, at.clause, amounts, params,
            evidence=EVIDENCE if code == "grid_cliff" else (),
            basis=(named, plainly(at.at), *rated),
        )  # fmt: skip

    def _is_share(self, side: int) -> bool:
        if side == ROW and self.rates.on == "attainment":
            return True
        return self._of(side).type == "percent"

    def _is_money(self, side: int) -> bool:
        return self._of(side).type == "money"

    def _of(self, side: int) -> Measure:
        """The measure that finds the row, or the column of a dimension."""
        name = self.rates.subject if side == ROW else self.rates.across[side]
        return self.plan.measure(name or self.component.measure or "")


def _targets(plan: Plan, quota: str, history: History | None) -> list[Decimal]:
    if history is None:
        return []
    name = plan.quota(quota).name
    coming = [one.amount for one in history.coming if one.quota == name and one.amount > 0]
    return coming or list(history.target_of(name).values())
