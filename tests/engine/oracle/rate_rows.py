"""Tiers that are rows of a table of rates (7.20)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from paceline.engine.money import round_to
from paceline.engine.plan.model import Component, Plan

from .days import Calendar, Row
from .measures import Choice, Entry, Measures
from .numbers import ZERO, product, total, twelve


@dataclass(frozen=True)
class Tier:
    """One row: its place among the rows of the table, and what it says."""

    place: int
    lower: Decimal
    upper: Decimal | None
    paid: Decimal


@dataclass(frozen=True)
class Key:
    """The rows of one key from a day on; an empty value of the key is any."""

    values: tuple[str, ...]
    starts_on: date
    ends_before: date | None
    tiers: tuple[Tier, ...]

    @property
    def is_open(self) -> tuple[bool, ...]:
        return tuple(value == "" for value in self.values)

    def holds(self, values: tuple[str, ...], day: date) -> bool:
        in_time = self.starts_on <= day and (self.ends_before is None or day < self.ends_before)
        return in_time and all(
            own in ("", other) for own, other in zip(self.values, values, strict=True)
        )


@dataclass
class Taken:
    """What the rows hold, by their place, and what that earns; whether something has no row."""

    bases: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    exact: dict[int, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    unmet: bool = False


class RateRows:
    """One component whose tiers are rows of a table."""

    def __init__(
        self, plan: Plan, calendar: Calendar, measures: Measures, component: Component
    ) -> None:
        assert component.rates is not None
        assert component.rates.imported is not None
        self.plan, self.measures = plan, measures
        self.component, self.table = component, component.rates
        self.imported = component.rates.imported
        own = [row for row in calendar.rows["rate_tables"] if self._is_own(row)]
        self.keys = _keys(self.imported.by, own, self.table.value)

    def _is_own(self, row: Row) -> bool:
        return bool(row["rate_table"] == self.imported.name)

    def tiers(
        self,
        payee: str,
        stretches: list[Choice | None],
        targets: Mapping[tuple[str, str], object],
        earlier: Choice | None = None,
    ) -> tuple[dict[int, tuple[Decimal, Decimal]], Decimal, bool]:
        """What the rows take and earn, what they earn together before rounding, and whether
        something was sold for which there is no row. Of a window that began before the period
        `earlier` chooses what was sold before it.
        """
        now = self._taken(payee, stretches, targets)
        then = self._taken(payee, [earlier], targets) if earlier is not None else Taken()
        places = sorted({*now.bases, *then.bases})
        moved = [
            (place, now.bases[place] - then.bases[place], now.exact[place] - then.exact[place])
            for place in places
        ]
        found = self._earned([one for one in moved if one[1] or one[2]], then)
        return found, total(exact for _, _, exact in moved), now.unmet

    def _taken(
        self, payee: str, stretches: list[Choice | None], targets: Mapping[tuple[str, str], object]
    ) -> Taken:
        target = targets[self.table.quota, payee] if self.table.quota else None
        found = Taken()
        measure = self.plan.measure(self.component.measure or "")
        for choice in stretches:
            sold: dict[Key, list[Entry]] = defaultdict(list)
            for entry in self.measures.chosen(measure, payee, choice):
                key = self._met(entry, payee)
                found.unmet = found.unmet or key is None
                if key is not None:
                    sold[key].append(entry)
            for key, entries in sold.items():
                value = twelve(total(entry.value for entry in entries))
                subject = self._subject(payee, choice, value)
                for tier, base, pay in self._read(key, value, subject, target):
                    found.bases[tier] += base
                    found.exact[tier] += pay
        return found

    def _met(self, entry: Entry, payee: str) -> Key | None:
        line = entry.portion.line
        values = tuple(
            payee if name == "payee_id" else line[name] or "" for name in self.imported.by
        )
        met = [key for key in self.keys if key.holds(values, entry.day)]
        return min(met, key=lambda key: key.is_open, default=None)

    def _subject(self, payee: str, choice: Choice | None, value: Decimal) -> Decimal:
        if self.table.subject is not None:
            return self.measures.value(self.table.subject, payee, choice) or ZERO
        if self.imported.counts == "each":
            return value
        return self.measures.value(self.component.measure or "", payee, choice) or ZERO

    def _read(
        self, key: Key, value: Decimal, subject: Decimal, target: object
    ) -> list[tuple[int, Decimal, Decimal]]:
        factor = Decimal(1)
        if self.table.quota is not None:
            if not target:
                return []
            assert isinstance(target, Decimal)
            factor = target
        bounds = [
            (
                product(one.lower, factor, 12),
                None if one.upper is None else product(one.upper, factor, 12),
            )
            for one in key.tiers
        ]
        upper_side = self.plan.policies.boundary == "upper"
        reached = 0
        for place, (lower, _) in enumerate(bounds):
            if place and (subject >= lower if upper_side else subject > lower):
                reached = place
        found: list[tuple[int, Decimal, Decimal]] = []
        for place, (tier, (lower, upper)) in enumerate(zip(key.tiers, bounds, strict=True)):
            if self.table.reading == "slice":
                top = value if upper is None else min(value, upper)
                base = top if place == 0 else max(top - lower, ZERO)
            else:
                base = value if place == reached else ZERO
            pay = product(base, tier.paid, 20)
            if self.table.value == "amount":
                pay = tier.paid if place == reached else ZERO
            if self.plan.policies.rounding_stage == "line":
                pay = self._round(pay)
            found.append((tier.place, base, pay))
        return found

    def _round(self, value: Decimal) -> Decimal:
        return round_to(value, self.plan.digits, self.plan.policies.rounding_mode)

    def _earned(
        self, moved: list[tuple[int, Decimal, Decimal]], then: Taken
    ) -> dict[int, tuple[Decimal, Decimal]]:
        """What each row adds to the rounded money, from what had been earned before on."""
        found: dict[int, tuple[Decimal, Decimal]] = {}
        through = total(then.exact.values())
        for place, base, exact in moved:
            before = through
            if self.plan.policies.rounding_stage == "tier":
                before = then.exact[place]
            through = before + exact
            found[place] = (base, self._round(through) - self._round(before))
        return found


def _keys(by: tuple[str, ...], rows: list[Row], value: str) -> list[Key]:
    def key_of(row: Row) -> tuple[str, ...]:
        return tuple(row[name] or "" for name in by)

    def since(row: Row) -> date:
        return row["starts_on"] or date.min

    def order(row: Row) -> tuple[object, ...]:
        return ([one == "" for one in key_of(row)], key_of(row), since(row), row["from"])

    grouped: dict[tuple[tuple[str, ...], date], list[tuple[int, Row]]] = defaultdict(list)
    for place, row in enumerate(sorted(rows, key=order), start=1):
        grouped[key_of(row), since(row)].append((place, row))
    found: list[Key] = []
    for (values, starts), own in grouped.items():
        later = [day for other, day in grouped if other == values and day > starts]
        ends = own[0][1]["ends_before"] or min(later, default=None)
        bounds = [row["from"] for _, row in own]
        uppers = [*bounds[1:], None]
        tiers = tuple(
            Tier(place, lower, upper, row[value])
            for (place, row), lower, upper in zip(own, bounds, uppers, strict=True)
        )
        found.append(Key(values, starts, ends, tiers))
    return found
