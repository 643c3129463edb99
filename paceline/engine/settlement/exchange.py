"""Paying in the payee's currency: which rate, multiplied or divided by, rounded when (S16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from paceline.engine.money import DIGITS, RoundingMode
from paceline.engine.settlement.books import Books
from paceline.engine.settlement.shares import is_whole, round_fraction

ONE = Decimal(1)


@dataclass(frozen=True)
class Step:
    """One conversion: multiply or divide by a rate, into money of so many digits."""

    rate: Decimal
    quote: Literal["multiply", "divide"]
    digits: int

    @property
    def factor(self) -> Fraction:
        rate = Fraction(self.rate)
        return rate if self.quote == "multiply" else Fraction(rate.denominator, rate.numerator)


def convert(
    amount: Decimal,
    steps: Sequence[Step],
    mode: RoundingMode,
    stage: Literal["each-step", "once"],
) -> list[Decimal]:
    """What each step gives, rounded to its digits.

    With `each-step` the next step goes on from the rounded amount, with `once` from the exact one;
    then only the last is money, the others are for reading.
    """
    if all(step.rate == ONE for step in steps) and is_whole(amount, *(one.digits for one in steps)):
        return [amount.quantize(ONE.scaleb(-step.digits)) for step in steps]
    value, shown = Fraction(amount), list[Decimal]()
    for step in steps:
        value *= step.factor
        shown.append(round_fraction(value, step.digits, mode))
        if stage == "each-step":
            value = Fraction(shown[-1])
    return shown


@dataclass(frozen=True)
class Terms:
    """The currency of one payee and the step that leads to it from the plan's."""

    currency: str
    step: Step

    def to_plan(self, amount: Decimal) -> Fraction:
        """An amount in the payee's currency, exactly, in the plan's."""
        factor = self.step.factor
        return Fraction(amount) * Fraction(factor.denominator, factor.numerator)


def terms_of(books: Books, payee: str) -> Terms:
    """How a payee is paid. A rate that is missing is refused, never guessed."""
    policy, plan = books.rules.payment, books.plan
    own = Terms(plan.currency, Step(ONE, "multiply", plan.digits))
    if policy.currency == "plan":
        return own
    row = books.employment(payee)
    currency = row["currency"] if row is not None else ""
    if not currency:
        books.refuse("currency_missing", "employment", payee)
        return own
    if currency == plan.currency:
        return own
    pair = (plan.currency, currency) if policy.quote == "multiply" else (currency, plan.currency)
    day = books.pays_on if policy.date == "pay-date" else books.last_day
    for rate in books.of("exchange_rates", day, "on_date"):
        found = (rate["from_currency"], rate["to_currency"], rate["rate_type"])
        if found == (*pair, policy.rate):
            return Terms(currency, Step(rate["rate"], policy.quote, DIGITS[currency]))
    subject = f"from {pair[0]} to {pair[1]} on {day}"
    books.refuse("exchange_rate_missing", "exchange_rates", subject, policy.rate)
    return own
