"""The rows behind a cause: what was and what is, of lines, people, quotas, rates and clauses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.comparison.clauses import clause_changes, is_rate
from paceline.engine.comparison.mixing import LINE_PARTS, PEOPLE, Mixture
from paceline.engine.plan.model import Plan

MAX_ROWS = 500  # rows named for one cause; `Rows.count` counts all
_LINE = ("order_id", "ordered_on", "kind", "amount", "currency")
_DATES = frozenset({"starts_on", "ends_before", "on_date", "ordered_on"})


@dataclass(frozen=True)
class Change:
    """One row that differs. `before` is empty for what came, `after` for what went."""

    table: str
    key: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Changes:
    """The rows of one cause, the largest first, and how many there are in all."""

    rows: tuple[Change, ...] = ()
    count: int = 0


class ChangedRows:
    """Finds the rows of each cause that concern a payee."""

    def __init__(
        self,
        mixture: Mixture,
        plans: tuple[Plan, Plan],
        reached: Collection[str],
        people: Collection[str],
        *,
        rates_apart: bool,
    ) -> None:
        self.mixture = mixture
        self.plans = plans
        self.rates_apart = rates_apart
        self.people = pa.array(sorted(people), pa.string())
        self.reached = pa.array(sorted(reached), pa.string())

    def of(self, cause: str) -> Changes:
        makers: dict[str, Callable[[], Iterable[Change]]] = {
            "people": lambda: [row for name in PEOPLE for row in self._rows(name)],
            "splits": self._splits,
            "quota": lambda: self._rows("quotas"),
            "exchange_rates": self._rates,
            "rates": lambda: self._clauses(of_rates=True),
            "clauses": lambda: self._clauses(of_rates=False),
        }
        if cause in LINE_PARTS:
            return self._lines([cause])
        if cause == "lines":
            return self._lines(["lines_added", "lines_removed", "lines_changed"])
        found = list(makers[cause]()) if cause in makers else []
        return Changes(tuple(found[:MAX_ROWS]), len(found))

    def _lines(self, parts: Sequence[str]) -> Changes:
        """Lines that count for the payee on one side at least; the largest difference first."""
        lines = self.mixture.lines
        sides: list[dict[str, dict[str, Any]]] = [{}, {}]
        for place, rows in enumerate((lines.were, lines.are)):
            for part in parts:
                mine = pc.is_in(rows[part].column("line_id"), self.reached)
                for row in rows[part].filter(mine).to_pylist():
                    sides[place][row["line_id"]] = row
        found = [
            self._line(key, sides[0].get(key, {}), sides[1].get(key, {}))
            for key in {**sides[0], **sides[1]}
        ]
        found.sort(key=lambda one: (-_size(one), one.key))
        return Changes(tuple(found[:MAX_ROWS]), len(found))

    def _line(self, key: str, before: dict[str, Any], after: dict[str, Any]) -> Change:
        differing = [
            name
            for name in {**before, **after}
            if before and after and before[name] != after[name] and not name.startswith("original_")
        ]
        names = dict.fromkeys([*_LINE, *differing])
        kept = [
            {name: self._shown(place, name, row[name]) for name in names} if row else {}
            for place, row in enumerate((before, after))
        ]
        return Change("order_lines", key, *kept)

    def _shown(self, side: int, name: str, value: Any) -> Any:
        return self.mixture.overlays[side].back(value) if name in _DATES else value

    def _rows(self, table: str, keys: Sequence[str] = ()) -> list[Change]:
        """Rows of a small table that are on one side only, paired by their grain."""
        sides = [side[table].to_pylist() if table in side else [] for side in self.mixture.sides]
        return self._paired(table, sides, keys or _GRAIN[table])

    def _paired(
        self, table: str, sides: Sequence[list[dict[str, Any]]], keys: Sequence[str]
    ) -> list[Change]:
        old, new = ({tuple(row[key] for key in keys): row for row in rows} for rows in sides)
        found = []
        for key in {**old, **new}:
            before, after = old.get(key, {}), new.get(key, {})
            if before != after:
                shown = [
                    {name: self._shown(place, name, value) for name, value in row.items()}
                    for place, row in enumerate((before, after))
                ]
                named = next(row for row in reversed(shown) if row)
                words = [str(named[name]) for name in keys if name not in _DATES]
                found.append(Change(table, " ".join(words), *shown))
        return sorted(found, key=lambda one: (one.key, str(one.before), str(one.after)))

    def _splits(self) -> list[Change]:
        """Shares of the payee and of people below in lines that are on both sides and count for
        the payee; what others hold of a shared line is theirs.
        """
        ids = [side["order_lines"].column("line_id") for side in self.mixture.sides]
        sides = []
        for side in self.mixture.sides:
            rows = side["credit_splits"]
            for wanted in (*ids, self.reached):
                rows = rows.filter(pc.is_in(rows.column("line_id"), wanted))
            mine = pc.is_in(rows.column("payee_id"), self.people)
            sides.append(rows.filter(mine).to_pylist())
        return self._paired("credit_splits", sides, ("line_id", "payee_id", "is_overlay"))

    def _rates(self) -> list[Change]:
        """The rates of those days and currencies in which a line counts for the payee."""
        used: set[tuple[str, Any]] = set()
        policies = {plan.policies.exchange_rate for plan in self.plans}
        currency = self.plans[1].currency
        at_end = {plan.policies.exchange_date for plan in self.plans} != {"order-date"}
        for side in self.mixture.sides:
            lines = side["order_lines"]
            lines = lines.filter(pc.is_in(lines.column("line_id"), self.reached))
            used |= set(
                zip(
                    lines.column("currency").to_pylist(),
                    lines.column("ordered_on").to_pylist(),
                    strict=True,
                )
            )
        currencies = {one for one, _ in used}
        found = []
        for row, change in self._moved_rates():
            of_plan = row["to_currency"] == currency and row["rate_type"] in policies
            met = (row["from_currency"], row["on_date"]) in used
            if of_plan and (met or (at_end and row["from_currency"] in currencies)):
                found.append(change)
        return found

    def _moved_rates(self) -> list[tuple[dict[str, Any], Change]]:
        """Each rate that differs, by its row in the common period."""
        keys = _GRAIN["exchange_rates"]
        sides = [
            {tuple(row[key] for key in keys): row for row in side["exchange_rates"].to_pylist()}
            for side in self.mixture.sides
        ]
        found = []
        for key in {**sides[0], **sides[1]}:
            pair = [side.get(key, {}) for side in sides]
            if (pair[0].get("rate"), bool(pair[0])) != (pair[1].get("rate"), bool(pair[1])):
                (change,) = self._paired("exchange_rates", [[r] if r else [] for r in pair], keys)
                found.append((pair[1] or pair[0], change))
        return found

    def _clauses(self, *, of_rates: bool) -> list[Change]:
        earlier, later = self.plans
        return [
            Change(
                "plan",
                path,
                {} if old is None else {"clause": old},
                {} if new is None else {"clause": new},
            )
            for path, old, new in clause_changes(earlier, later)
            if (self.rates_apart and is_rate(path, earlier, later)) == of_rates
        ]


_GRAIN: dict[str, tuple[str, ...]] = {
    "assignments": ("plan", "payee_id", "starts_on"),
    "payees": ("payee_id",),
    "reporting": ("payee_id", "starts_on"),
    "hierarchies": ("hierarchy", "payee_id", "starts_on"),
    "leaves": ("payee_id", "starts_on"),
    "quotas": ("quota", "payee_id", "starts_on"),
    "exchange_rates": ("from_currency", "to_currency", "on_date", "rate_type"),
}


def _size(change: Change) -> Decimal:
    """How much a line's amount differs, whatever its currency."""
    zero = Decimal(0)
    more: Decimal = change.after.get("amount", zero) - change.before.get("amount", zero)
    return abs(more)
