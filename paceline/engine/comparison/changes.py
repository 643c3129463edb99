"""The rows behind a cause: what was and what is, of lines, people, quotas, rates and clauses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.comparison.clauses import clause_changes, is_rate
from paceline.engine.comparison.mixing import (
    CAUSE_OF,
    LINE_DAYS,
    OTHERS,
    OWN_LINES,
    TEAM_TARGETS,
    Mixture,
)
from paceline.engine.plan.games import JOIN
from paceline.engine.plan.imported import imported_tables
from paceline.engine.plan.model import Plan

MAX_ROWS = 500  # rows named for one cause; `Rows.count` counts all
_LINE = ("order_id", "ordered_on", "kind", "amount", "currency")
_DATES = frozenset({"starts_on", "ends_before", "on_date", "ordered_on"})


@dataclass(frozen=True)
class Change:
    """One row that differs. `before` is empty for what came, `after` for what went. `whose` is the
    other person whose row it is; empty for rows of the payee, of those below, and of nobody.
    """

    table: str
    key: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    whose: str = ""


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
        *,
        rates_apart: bool,
    ) -> None:
        self.mixture = mixture
        self.plans = plans
        self.rates_apart = rates_apart
        belonging = mixture.belonging
        self.people = pa.array(sorted(belonging.own), pa.string())
        self.reached = pa.array(sorted(belonging.lines), pa.string())

    def of(self, cause: str) -> Changes:
        if cause in OWN_LINES:
            return self._lines([cause])
        if cause == "lines":
            return self._lines(["lines_added", "lines_removed", "lines_changed"])
        makers: dict[str, Callable[[], Iterable[Change]]] = {
            "splits": self._splits,
            "exchange_rates": self._rates,
            "rates": lambda: self._clauses(of_rates=True),
            "clauses": lambda: self._clauses(of_rates=False),
            OTHERS: self._others,
            TEAM_TARGETS: self._team_targets,
            "teams": self._teams,
            "owners": lambda: self._whole("owners", "payee_id", self.mixture.belonging.own),
            "coalitions": self._coalitions,
            "rate_rows": self._rate_rows,
        }
        if cause in makers:
            found = list(makers[cause]())
        else:
            names = [name for name, one in CAUSE_OF.items() if one == cause]
            found = [row for name in names for row in self._own_rows(name, cause)]
        return Changes(tuple(found[:MAX_ROWS]), len(found))

    def _own_rows(self, name: str, cause: str) -> list[Change]:
        """Rows of a table that a cause replaces."""
        sides = [
            self.mixture.shown(name, cause, place=place).to_pylist()
            if name in self.mixture.sides[place]
            else []
            for place in range(2)
        ]
        return self._paired(name, sides, _GRAIN[name])

    def _whole(self, name: str, column: str, names: Collection[str]) -> list[Change]:
        """Rows of a table that is replaced as a whole, as far as they concern somebody."""
        wanted = pa.array(sorted(names), pa.string())
        sides = [
            side[name].filter(pc.is_in(side[name].column(column), wanted)).to_pylist()
            for side in self.mixture.sides
        ]
        return self._paired(name, sides, _GRAIN[name])

    def _teams(self) -> list[Change]:
        """Who belongs to the payee's teams, and where the payee and those below belong."""
        belonging = self.mixture.belonging
        found = [
            *self._whole("teams", "payee_id", belonging.own),
            *self._whole("teams", "team", belonging.teams),
        ]
        return list({(one.key, str(one.before), str(one.after)): one for one in found}.values())

    def _team_targets(self) -> list[Change]:
        """Targets of the teams that the payee belongs to."""
        found = self._own_rows("quotas", TEAM_TARGETS)
        teams = self.mixture.belonging.teams
        return [one for one in found if (one.after or one.before)["payee_id"] in teams]

    def _coalitions(self) -> list[Change]:
        """Values of the coalitions that the payee or somebody below is a member of."""
        own = self.mixture.belonging.own
        found = self._whole("coalitions", "team", self.mixture.belonging.teams)
        return [
            one
            for one in found
            if own & {part.strip() for part in (one.after or one.before)["members"].split(JOIN)}
        ]

    def _rate_rows(self) -> list[Change]:
        """Rows of the tables of rates that one of the plans asks."""
        asked = {name for plan in self.plans for name, _ in imported_tables(plan)}
        by = {
            column for plan in self.plans for _, names in imported_tables(plan) for column in names
        }
        wanted = pa.array(sorted(asked), pa.string())
        sides: list[list[dict[str, Any]]] = []
        for side in self.mixture.sides:
            rows = side["rate_tables"]
            sides.append(rows.filter(pc.is_in(rows.column("rate_table"), wanted)).to_pylist())
        both = [{tuple(row.items()) for row in rows} for rows in sides]
        apart = [
            [row for row in rows if tuple(row.items()) not in both[1 - place]]
            for place, rows in enumerate(sides)
        ]
        keys = ("rate_table", *sorted(by), "starts_on", "from")
        for row in (row for rows in apart for row in rows):
            row.update({name: row.get(name) for name in by})
        return self._paired("rate_tables", apart, keys)

    def _others(self) -> list[Change]:
        """Rows of other people, each with the person whose it is."""
        lines = self.mixture.lines
        found = [
            replace(one, whose=(one.after or one.before).get("payee_id") or "")
            for name in CAUSE_OF
            for one in self._own_rows(name, OTHERS)
        ]
        owner = {
            row["line_id"]: row["payee_id"] or ""
            for rows in (lines.were[OTHERS], lines.are[OTHERS])
            for row in rows.select(["line_id", "payee_id"]).to_pylist()
        }
        listed = [
            replace(one, whose=owner.get(one.key, "")) for one in self._line_changes([OTHERS])
        ]
        return [one for one in [*listed, *found] if one.whose]

    def _lines(self, parts: Sequence[str]) -> Changes:
        """Lines that count for the payee on one side at least; the largest difference first."""
        found = self._line_changes(parts)
        return Changes(tuple(found[:MAX_ROWS]), len(found))

    def _line_changes(self, parts: Sequence[str]) -> list[Change]:
        lines = self.mixture.lines
        sides: list[dict[str, dict[str, Any]]] = [{}, {}]
        for place, rows in enumerate((lines.were, lines.are)):
            for part in parts:
                listed = rows[part]
                if part != OTHERS:
                    listed = listed.filter(pc.is_in(listed.column("line_id"), self.reached))
                for row in listed.to_pylist():
                    sides[place][row["line_id"]] = row
        found = [
            self._line(key, sides[0].get(key, {}), sides[1].get(key, {}))
            for key in {**sides[0], **sides[1]}
        ]
        return sorted(found, key=lambda one: (-_size(one), one.key))

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
        return Change("order_lines", key, kept[0], kept[1])

    def _shown(self, side: int, name: str, value: Any) -> Any:
        return self.mixture.overlays[side].back(value) if name in _DATES else value

    def _paired(
        self, table: str, sides: Sequence[list[dict[str, Any]]], keys: Sequence[str]
    ) -> list[Change]:
        held = [self._in_period(rows, place) for place, rows in enumerate(sides)]
        old, new = ({tuple(row[key] for key in keys): row for row in rows} for rows in held)
        found = []
        for key in {**old, **new}:
            before, after = old.get(key, {}), new.get(key, {})
            if before != after:
                shown = [
                    {name: self._shown(place, name, value) for name, value in row.items()}
                    for place, row in enumerate((before, after))
                ]
                if shown[0] == shown[1]:  # only its place in the common period differs
                    continue
                named = next(row for row in reversed(shown) if row)
                words = [str(named[name]) for name in keys if name not in _DATES]
                found.append(Change(table, " ".join(words), shown[0], shown[1]))
        return sorted(found, key=lambda one: (one.key, str(one.before), str(one.after)))

    def _in_period(self, rows: list[dict[str, Any]], place: int) -> list[dict[str, Any]]:
        """Rows as far as they lie in the period, where days are moved: what was before it lies
        elsewhere in the other period, though nobody changed it.
        """
        overlay = self.mixture.overlays[place]
        if all(one.is_same for one in self.mixture.overlays):
            return rows
        first, found = overlay.onto.starts_on, []
        for row in rows:
            day = row.get("on_date", row.get("ends_before"))
            if day is not None and (day < first or (day == first and "on_date" not in row)):
                continue
            clipped = {}
            if "starts_on" in row:  # no first day: since ever
                clipped = {"starts_on": max(row["starts_on"] or first, first)}
            found.append({**row, **clipped})
        return found

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
            for day in LINE_DAYS:
                if day in lines.column_names:
                    pair = (lines.column(name).to_pylist() for name in ("currency", day))
                    used |= set(zip(*pair, strict=True))
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
                rows = [[one] if one else [] for one in pair]
                found += [
                    (pair[1] or pair[0], change)
                    for change in self._paired("exchange_rates", rows, keys)
                ]
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
    "quotas": ("quota", "payee_id", "starts_on"),
    "figures": ("figure", "payee_id", "on_date"),
    "teams": ("payee_id", "starts_on"),
    "leaves": ("payee_id", "starts_on"),
    "owners": ("kind", "key", "payee_id", "starts_on"),
    "coalitions": ("pool", "team", "members", "starts_on"),
    "exchange_rates": ("from_currency", "to_currency", "on_date", "rate_type"),
}


def _size(change: Change) -> Decimal:
    """How much a line's amount differs, whatever its currency."""
    zero = Decimal(0)
    more: Decimal = change.after.get("amount", zero) - change.before.get("amount", zero)
    return abs(more)
