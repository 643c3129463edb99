"""Recovering what the payee owes from what is due, within every limit (S13, S14, S15)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from paceline.engine.plan.settlement_model import Draw
from paceline.engine.settlement.account import DEBTS, Account, Cause, Item, Place
from paceline.engine.settlement.books import Books, holds_on
from paceline.engine.settlement.draws import least_pay
from paceline.engine.settlement.exchange import Terms
from paceline.engine.settlement.law import Rule, RulePack

ZERO = Decimal(0)


@dataclass(frozen=True)
class Bounded:
    """What a rule of law kept from being deducted."""

    payee: str
    country: str
    rule: Rule
    not_deducted: Decimal


@dataclass
class _Bounds:
    """How much may still be deducted: in all, by clause, and by rule of law."""

    in_all: Decimal
    by_clause: dict[str, Decimal]
    by_rule: dict[Rule, Decimal] = field(default_factory=dict[Rule, Decimal])

    def take(self, item: Item, clause: str) -> Decimal:
        rules = [rule for rule in self.by_rule if item.place.account in rule.concerns]
        bounds = [self.in_all, -item.amount, *(self.by_rule[rule] for rule in rules)]
        if clause in self.by_clause:
            bounds.append(self.by_clause[clause])
        amount = max(ZERO, min(bounds))
        self.in_all -= amount
        for rule in rules:
            self.by_rule[rule] -= amount
        if clause in self.by_clause:
            self.by_clause[clause] -= amount
        return amount


def recover(books: Books, account: Account, pack: RulePack | None, terms: Terms) -> list[Bounded]:
    """Deduct shortfalls, clawbacks and draws, in that order, from what is due.

    Pay stays at or above what a running draw or guarantee promises. Gives what the rules of law
    held back.
    """
    due = account.due()
    debts = account.on(*DEBTS)
    above = due - least_pay(books, account.payee)
    if not debts or above <= 0:
        return []
    by_clause = _by_clause(books, debts, due, above)
    taken = _takes(_Bounds(above, dict(by_clause)), debts)
    if not any(taken):
        return []
    bounded: list[Bounded] = []
    if pack is not None:
        lawful = _lawful(books, account.payee, pack, terms, due)
        unagreed = _unagreed(books, account.payee, pack, debts)
        if unagreed is not None:
            # Without the agreement that is asked for, a clawback stays a balance.
            lawful[unagreed] = ZERO
        for rule, most in lawful.items():
            rest = max(ZERO, _concerned(rule, debts, taken) - most)
            bounded.append(Bounded(account.payee, pack.country, rule, rest))
        taken = _takes(_Bounds(above, by_clause, lawful), debts)
    for debt, amount in zip(debts, taken, strict=True):
        cause = Cause("recovered", debt.place.origin, debt.place.account)
        place = Place(
            "due", debt.place.component, debt.place.reference, debt.place.origin, debt.place.since
        )
        account.post(place, -amount, cause)
        account.post(debt.place, amount, cause)
    return bounded


def _concerned(rule: Rule, debts: list[Item], taken: list[Decimal]) -> Decimal:
    pairs = zip(debts, taken, strict=True)
    return sum((take for debt, take in pairs if debt.place.account in rule.concerns), ZERO)


def _takes(bounds: _Bounds, debts: list[Item]) -> list[Decimal]:
    return [bounds.take(debt, debt.place.origin) for debt in debts]


def _by_clause(books: Books, debts: list[Item], due: Decimal, above: Decimal) -> dict[str, Decimal]:
    """What each clause of the plan lets go into its debts: a clawback a share of the pay, a draw a
    share of what lies above the minimum.

    A debt whose clause the plan no longer has stays as it is.
    """
    found = dict[str, Decimal]()
    clawbacks = {one.clause: one for one in books.rules.clawbacks}
    draws = {one.id: one for one in books.rules.draws}
    for debt in debts:
        origin = debt.place.origin
        if debt.place.account == "clawback":
            rule = clawbacks.get(origin)
            found[origin] = books.rounding.part(due, rule.recover_at_most) if rule else ZERO
        elif debt.place.account == "draw":
            draw = draws.get(debt.place.reference)
            found[origin] = _from_above(books, draw, above) if draw else ZERO
    return found


def _from_above(books: Books, draw: Draw, above: Decimal) -> Decimal:
    start = draw.recovery_from
    if start is None or books.period.starts_on < start.starts_on:
        return ZERO
    return books.rounding.of(Fraction(above) * Fraction(draw.recovery_share))


def _lawful(
    books: Books, payee: str, pack: RulePack, terms: Terms, due: Decimal
) -> dict[Rule, Decimal]:
    """What each rule of law lets be deducted from the pay of the month."""
    caps, wages = (
        pack.valid("deduction-cap", books.pays_on),
        pack.valid("minimum-wage", books.pays_on),
    )
    found: dict[Rule, Decimal] = {}
    if not caps and not wages:
        return found
    pay = Fraction(due) + _other_pay(books, payee, terms)
    for rule in caps:
        found[rule] = books.rounding.down(pay * Fraction(rule.share or ZERO))
    for rule in wages:
        found[rule] = books.rounding.down(max(pay - _minimum(books, payee, terms), Fraction(0)))
    return found


def _other_pay(books: Books, payee: str, terms: Terms) -> Fraction:
    """The wages of the month of payment that do not come from this plan."""
    month = books.pays_on.replace(day=1)
    rows = [row for row in books.of("wages", payee) if row["month"] == month]
    if not rows or rows[0]["currency"] != terms.currency:
        books.refuse("wages_missing", "wages", payee, f"{month:%Y-%m} in {terms.currency}")
        return Fraction(0)
    return terms.to_plan(rows[0]["amount"])


def _minimum(books: Books, payee: str, terms: Terms) -> Fraction:
    """The local minimum wage on the day of payment, as it was handed in."""
    row = books.employment(payee)
    place = (row["country"], row["region"]) if row is not None else ("", "")
    if not place[1]:
        books.refuse("region_missing", "employment", payee)
        return Fraction(0)
    for wage in books.of("minimum_wages", place[1], "region"):
        fits = (wage["country"], wage["currency"]) == (place[0], terms.currency)
        if fits and holds_on(wage, books.pays_on):
            return terms.to_plan(wage["amount"])
    books.refuse("minimum_wage_missing", "minimum_wages", ", ".join(place), str(books.pays_on))
    return Fraction(0)


def _unagreed(books: Books, payee: str, pack: RulePack, debts: list[Item]) -> Rule | None:
    """The rule that asks for an agreement to claw back, where there is none."""
    rule = pack.agreement_for("clawback", books.pays_on)
    owed = [debt for debt in debts if debt.place.account == "clawback"]
    if rule is None or not owed:
        return None
    agreement = books.agreement(payee, "clawback")
    if agreement is not None:
        books.note(payee, "agreement", agreement["reference"], rule.clause)
        return None
    books.note(payee, "agreement_missing", owed[0].place.reference, rule.clause)
    return rule


def carry_below_zero(books: Books, account: Account, pack: RulePack | None) -> None:
    """What would be paid below zero is owed instead, unless the plan collects it.

    Nothing is collected where a rule of law caps deductions.
    """
    due = account.due()
    capped = pack is not None and bool(pack.valid("deduction-cap", books.pays_on))
    if due >= 0 or (books.rules.below_zero == "collect" and not capped):
        return
    clause = f"{books.rules.clause}/below_zero"
    since, cause = books.period.starts_on, Cause("carried", clause)
    account.post(Place("due", "", "", clause, since), -due, cause)
    account.post(Place("carried", "", "", clause, since), due, cause)
