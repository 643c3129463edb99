"""How a target is spread over people and months: exact, and summing to what was assigned.

Amounts are ``Decimal`` in the plan's currency. Every division is a division of whole units, with
the largest remainders first (Hamilton's method), so that parts sum to their whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise

from paceline.kernel.periods import month_after

ZERO, ONE = Decimal(0), Decimal(1)
WEIGHT_PLACES = 12


@dataclass(frozen=True, slots=True)
class Days:
    """Half-open days; without an end they go on."""

    starts_on: date
    ends_before: date | None = None

    def within(self, starts_on: date, ends_before: date) -> int:
        """How many of the days lie in a half-open range."""
        last = ends_before if self.ends_before is None else min(self.ends_before, ends_before)
        return max(0, (last - max(self.starts_on, starts_on)).days)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who is to carry a part. ``weight`` None: nothing is known, the average counts.

    ``hired_on`` is the first day of the first employment: the ramp begins in its month.
    """

    person: int
    weight: Decimal | None
    hired_on: date
    employed: Sequence[Days]
    away: Sequence[Days] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """``season`` has a weight for each month; ``ramp`` the part of a full quota in the first months
    after hiring; ``relief_from_days`` the days of leave in a month from which it asks less.
    ``step`` is how many months one quota has: these come out even where their seasons are.
    """

    target: Decimal
    over_assignment: Decimal
    evenness: Decimal
    season: Sequence[Decimal]
    ramp: Sequence[Decimal] = ()
    relief_from_days: int | None = None
    unit: Decimal = ONE
    step: int = 1


@dataclass(frozen=True, slots=True)
class Share:
    """A person's part. ``full`` is before ramp and relief, ``amount`` after; both by month."""

    person: int
    weight: Decimal
    is_assumed: bool
    full_months: Sequence[Decimal] = field(default=())
    months: Sequence[Decimal] = field(default=())

    @property
    def full(self) -> Decimal:
        return sum(self.full_months, ZERO)

    @property
    def amount(self) -> Decimal:
        return sum(self.months, ZERO)


def in_parts(total: Decimal, weights: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """Divide a total by weights into whole units; the parts sum to it exactly.

    What is left of a total that is no multiple of the unit goes to the heaviest part. Without any
    weight all parts are alike. Raises ``ValueError`` for a negative weight or nobody to divide by.
    """
    if not weights or any(one < 0 for one in weights):
        raise ValueError("weights must be given and not be negative")
    whole = [int(one.scaleb(WEIGHT_PLACES)) for one in weights]
    if not any(whole):
        whole = [1] * len(whole)
    every = sum(whole)
    units = int(total // unit)
    given = [units * one // every for one in whole]
    places = sorted(range(len(whole)), key=lambda place: (-(units * whole[place] % every), place))
    for place in places[: units - sum(given)]:
        given[place] += 1
    parts = [unit * count for count in given]
    heaviest = max(range(len(whole)), key=lambda place: (whole[place], -place))
    parts[heaviest] += total - unit * units
    return parts


def months_of(starts_on: date, ends_before: date) -> list[Days]:
    """The calendar months from one first day of a month to another."""
    firsts = [starts_on]
    while firsts[-1] < ends_before:
        firsts.append(month_after(firsts[-1]))
    return [Days(one, after) for one, after in pairwise(firsts)]


def spread(rules: Rules, months: Sequence[Days], people: Sequence[Candidate]) -> list[Share]:
    """Each person's part of what is assigned, in the order of the people.

    What is assigned is the target and the over-assignment, rounded to the unit. It is divided by
    weight times presence (the part of the season in which somebody is employed), each person's
    part by season times employed days; then ramp and relief ask less, and nobody is asked more for
    it. People without a day of employment get nothing and are left out.
    """
    present = {one.person: _presence(one, rules, months) for one in people}
    here = [one for one in people if sum(present[one.person], ZERO)]
    if not here:
        return []
    weights = _weights(rules, here)
    assigned = _rounded(rules.target * (ONE + rules.over_assignment), rules.unit)
    loads = [weights[one.person] * sum(present[one.person], ZERO) for one in here]
    wholes = in_parts(assigned, loads, rules.unit)
    found = []
    for one, whole in zip(here, wholes, strict=True):
        full = in_steps(whole, present[one.person], rules.step, rules.unit)
        asked = [
            _relieved(one, month, amount, rules) for month, amount in zip(months, full, strict=True)
        ]
        found.append(Share(one.person, weights[one.person], one.weight is None, full, asked))
    return found


def _presence(one: Candidate, rules: Rules, months: Sequence[Days]) -> list[Decimal]:
    """For each month its season's weight, for the part of its days that the person works here."""
    season = rules.season if any(rules.season) else [ONE] * len(months)
    found = []
    for weight, month in zip(season, months, strict=True):
        assert month.ends_before is not None  # noqa: S101 -- months end
        days = (month.ends_before - month.starts_on).days
        worked = sum(part.within(month.starts_on, month.ends_before) for part in one.employed)
        found.append(_portion(weight, min(worked, days), days))
    return found


def _weights(rules: Rules, here: Sequence[Candidate]) -> Mapping[int, Decimal]:
    """Weights that sum to about one: the basis and, for the stated part, everyone alike."""
    known = [one.weight for one in here if one.weight is not None]
    average = _portion(sum(known, ZERO), 1, len(known)) if known else ONE
    given = {one.person: average if one.weight is None else one.weight for one in here}
    every = sum(given.values(), ZERO)
    places = Decimal(1).scaleb(-WEIGHT_PLACES)
    alike = _portion(ONE, 1, len(here))
    found = {}
    for person, weight in given.items():
        part = (weight * (ONE / every)).quantize(places) if every else alike
        found[person] = (part * (ONE - rules.evenness) + alike * rules.evenness).quantize(places)
    return found


def _portion(value: Decimal, part: int, of: int) -> Decimal:
    """``value`` times ``part`` of ``of``, to twelve places: for weights, never for money."""
    return (value * part * (ONE / of)).quantize(Decimal(1).scaleb(-WEIGHT_PLACES))


def _relieved(one: Candidate, month: Days, amount: Decimal, rules: Rules) -> Decimal:
    """A month's amount after the ramp of the newly hired and the relief of those on leave."""
    assert month.ends_before is not None  # noqa: S101 -- months end
    asked = amount
    since = (month.starts_on.year - one.hired_on.year) * 12 + (
        month.starts_on.month - one.hired_on.month
    )
    if 0 <= since < len(rules.ramp):
        asked = _rounded(asked * rules.ramp[since], rules.unit)
    away = sum(part.within(month.starts_on, month.ends_before) for part in one.away)
    if rules.relief_from_days is not None and away and away >= rules.relief_from_days:
        days = (month.ends_before - month.starts_on).days
        asked = _of_days(asked, max(0, days - away), days, rules.unit)
    return min(asked, amount)


def _of_days(amount: Decimal, part: int, of: int, unit: Decimal) -> Decimal:
    """An amount for ``part`` of ``of`` days, to the nearest whole unit, halves up."""
    units = int(amount // unit)
    return unit * ((2 * units * part + of) // (2 * of))


def _rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """To the nearest whole unit, halves up."""
    units, rest = divmod(amount, unit)
    return unit * (units + (2 * rest >= unit))


def by_step(amounts: Sequence[Decimal], size: int) -> list[Decimal]:
    """Months added up to the days of one quota each."""
    return [sum(amounts[at : at + size], ZERO) for at in range(0, len(amounts), size)]


def in_steps(total: Decimal, weights: Sequence[Decimal], size: int, unit: Decimal) -> list[Decimal]:
    """Divide a total over quotas first, then each over its months, so that alike stay alike."""
    wholes = in_parts(total, by_step(weights, size), unit)
    places = range(0, len(weights), size)
    return [
        part
        for at, whole in zip(places, wholes, strict=True)
        for part in in_parts(whole, weights[at : at + size], unit)
    ]
