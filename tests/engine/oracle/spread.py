"""Tiers that count one measure and pay on another, and tiers that change on a day (7.18, 7.19)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial

from paceline.engine.plan.model import Component, Plan

from .days import Calendar, Days, within
from .measures import Entry, Measures
from .numbers import ZERO, cut, factor, product, total, twelve
from .tables import Taken, TierReader


@dataclass(frozen=True)
class Share:
    """A share of a line: what it counts for, and what it is paid on."""

    entry: Entry
    counted: Decimal
    value: Decimal


class Spread:
    """One component whose tiers are found along the lines of a payee."""

    def __init__(
        self, plan: Plan, calendar: Calendar, measures: Measures, component: Component
    ) -> None:
        assert component.rates is not None
        self.plan, self.calendar, self.measures = plan, calendar, measures
        self.component, self.table = component, component.rates
        self.starts = [one.starts_on for one in self.table.dated if one.starts_on is not None]

    def tiers(
        self, payee: str, window: str, targets: Mapping[tuple[str, str], Decimal | None]
    ) -> tuple[list[tuple[Decimal, Decimal]], Decimal]:
        """What the tiers take and earn, and what they earn together before rounding."""
        target = targets[self.table.quota, payee] if self.table.quota else None
        reader = TierReader(self.plan, self.table, target, ZERO)
        if not self.calendar.is_longer(window):
            taken = self._taken(payee, self.calendar.period, window, target)
            return list(zip(*reader.earn(taken), strict=True)), reader.exactly(taken)
        now = self._taken(payee, self.calendar.to_date(window), "period", target)
        bases, earned = reader.earn(now)
        before = self.calendar.before(window)
        if before[0] >= before[1]:
            return list(zip(bases, earned, strict=True)), reader.exactly(now)
        then = self._taken(payee, before, "period", target)
        less, paid = reader.earn(then)
        tiers = [
            (base - without, so_far - had)
            for base, without, so_far, had in zip(bases, less, earned, paid, strict=True)
        ]
        return tiers, reader.exactly(now) - reader.exactly(then)

    def _version(self, entry: Entry) -> int:
        return sum(entry.day >= day for day in self.starts)

    def _shares(self, payee: str, days: Days) -> list[Share]:
        """Every share that either measure takes, in order: earlier periods and tables first."""
        measure, subject = self.component.measure or "", self.table.subject
        inside = self.measures.inside(days)
        found: dict[tuple[str, str, bool], Share] = {}
        for name in dict.fromkeys(filter(None, (measure, subject))):
            for entry in self.measures.entries[name, payee]:
                if inside(entry):
                    share = found.get(entry.of, Share(entry, ZERO, ZERO))
                    if name == measure:
                        share = replace(share, value=share.value + entry.value)
                    if name == (subject or measure):
                        share = replace(share, counted=share.counted + entry.value)
                    found[entry.of] = share
        return sorted(found.values(), key=self._place)

    def _place(self, share: Share) -> tuple[object, ...]:
        entry = share.entry
        line = entry.portion.line
        columns = [line[name] for name in self.plan.policies.accumulation_order]
        return (
            within(entry.day, self.calendar.period),
            self._version(entry),
            *((value is not None, value) for value in columns),
            entry.portion.payee,
            entry.portion.is_overlay,
        )

    def _taken(self, payee: str, days: Days, window: str, target: Decimal | None) -> list[Taken]:
        """For each stretch what the tiers take."""
        stretches: dict[object, list[Share]] = {}
        for share in self._shares(payee, days):
            stretches.setdefault(self._stretch(share.entry, window), []).append(share)
        inside = self.measures.inside(days)

        def deciding(key: object, version: int | None) -> tuple[Decimal | None, list[Decimal]]:
            """What finds row and column: of the stretch, or of its days under one table."""

            def holds(entry: Entry) -> bool:
                own = inside(entry) and self._stretch(entry, window) == key
                return own and version in {None, self._version(entry)}

            subject = self.table.subject
            return (
                None if subject is None else self.measures.value(subject, payee, holds) or ZERO,
                [self.measures.value(name, payee, holds) or ZERO for name in self.table.across],
            )

        return [
            self._of(shares, target, partial(deciding, key)) for key, shares in stretches.items()
        ]

    def _stretch(self, entry: Entry, window: str) -> object:
        if window == "period":
            return None
        if window == "transaction":
            return entry.line_id
        return self.calendar.stretch(window, entry.day)

    def _of(
        self,
        shares: list[Share],
        target: Decimal | None,
        deciding: Callable[[int | None], tuple[Decimal | None, list[Decimal]]],
    ) -> Taken:
        bases = [ZERO for _ in self.table.tiers]
        totals: dict[int, tuple[Decimal, Decimal]] = {}
        anew = self.table.change == "anew"
        whole: dict[int, Decimal] = {}
        for share in shares:
            key = self._version(share.entry) if anew else 0
            whole[key] = whole.get(key, ZERO) + share.value
        for share in shares:
            version = self._version(share.entry)
            key = version if anew else 0
            counted, value = totals.get(key, (ZERO, ZERO))
            after = (counted + share.counted, value + share.value)
            totals[key] = after
            parts = self._parts(
                version,
                (twelve(counted), twelve(after[0])),
                (twelve(value), twelve(after[1])),
                (twelve(whole[key]), *deciding(key if anew else None)),
                target,
            )
            for place, part in parts.items():
                bases[place] += part
        exact = [
            product(base, tier.rate, 20) for base, tier in zip(bases, self.table.tiers, strict=True)
        ]
        return Taken(bases, exact)

    def _parts(
        self,
        version: int,
        counted: tuple[Decimal, Decimal],
        value: tuple[Decimal, Decimal],
        decided: tuple[Decimal, Decimal | None, list[Decimal]],
        target: Decimal | None,
    ) -> dict[int, Decimal]:
        """What one share adds to each tier of its version, by the tier's place in the table."""
        tables = [one.tiers for one in self.table.dated] or [self.table.tiers]
        first = sum(len(tiers) for tiers in tables[:version])
        table = replace(self.table, tiers=tables[version], dated=())
        reader = TierReader(self.plan, table, target, ZERO)
        if table.reading == "whole":
            before, after = (self._whole(reader, end, *decided) for end in value)
            return {first + n: b - a for n, (a, b) in enumerate(zip(before, after, strict=True))}
        if not table.by_shares:
            before, after = (reader.take(end, end).bases for end in value)
            return {first + n: b - a for n, (a, b) in enumerate(zip(before, after, strict=True))}
        found, below = {}, ZERO
        for place, (_, upper) in enumerate(reader.bounds):
            through = self._below(upper, counted, value[1] - value[0])
            found[first + place] = through - below
            below = through
        return found

    def _whole(
        self,
        reader: TierReader,
        value: Decimal,
        total: Decimal,
        subject: Decimal | None,
        across: list[Decimal],
    ) -> list[Decimal]:
        """What the tiers hold of a value in the tier that the total, or another measure, finds."""
        found = total if subject is None else subject
        if across:
            return reader.take(value, found, across).bases
        marginal = [tier.marginal for tier in reader.table.tiers]
        base = reader.tier_of(found)
        while base > 0 and marginal[base]:
            base -= 1
        bases = [ZERO for _ in marginal]
        bases[base] = value
        for place in range(base + 1, len(marginal)):
            if not marginal[place]:
                break
            lower, upper = reader.bounds[place]
            bases[base] = min(bases[base], lower)
            bases[place] = max((value if upper is None else min(value, upper)) - lower, ZERO)
        return bases

    def _below(
        self, bound: Decimal | None, counted: tuple[Decimal, Decimal], value: Decimal
    ) -> Decimal:
        """The part of a share's value that lies below a bound of the count, cut at 12 decimals."""
        low, high = min(counted), max(counted)
        for one in (value, high - low):
            factor(one)
        if bound is None or high < bound:
            return value
        if low == high:
            lower_side = self.plan.policies.boundary == "lower"
            return value if high == bound and lower_side else ZERO
        if high == bound:
            return value
        if low >= bound:
            return ZERO
        part = (
            Fraction(value) * (Fraction(bound) - Fraction(low)) / (Fraction(high) - Fraction(low))
        )
        return cut(part, 12)


__all__ = ["Spread", "total"]
