"""A settlement: earned becomes payable, payable becomes paid, and the rest is carried on (S1)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine.errors import InputInvalid
from paceline.engine.hashing import fingerprint, hash_files, hash_inputs
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.results import ENGINE_VERSION, Results
from paceline.engine.settlement import needs
from paceline.engine.settlement.account import Account, Cause, Item, Place
from paceline.engine.settlement.books import Books
from paceline.engine.settlement.clawbacks import TakenBack, claw_back, find_clawbacks
from paceline.engine.settlement.draws import draw, forgive, guarantee
from paceline.engine.settlement.eligibility import forfeit
from paceline.engine.settlement.exchange import Terms, convert, terms_of
from paceline.engine.settlement.holds import hold_and_release
from paceline.engine.settlement.law import RulePack, rule_packs
from paceline.engine.settlement.leaving import settle_leaver
from paceline.engine.settlement.limits import Cell, effects
from paceline.engine.settlement.opening import Row, problem, read_tables
from paceline.engine.settlement.outcome import Outcome, Settlement, make_tables
from paceline.engine.settlement.recovery import carry_below_zero, recover
from paceline.engine.settlement.splits import fall_due, split
from paceline.engine.settlement.tables import SettlementTables

ZERO = Decimal(0)
EARNED = ("payee_id", "component", "earned", "clause")  # what is read of the earnings
LAST_YEAR = 9_900  # dates are added to; those of later periods could leave the calendar
# Whatever would lose a digit raises instead.
_EXACT = Context(prec=200, traps=[Inexact, InvalidOperation])


def settle(plan: Plan, results: Results, tables: SettlementTables, period: Period) -> Settlement:
    """Settle what a run found to be earned in a period.

    `results` are those of the same plan and period; what they say of earnings before rounding
    stands for the table of that name where it is not given. Raises InputInvalid with every reason
    when the tables cannot be settled; then nothing has changed, for nothing is written here.
    """
    rules = plan.settlement
    if rules is None:
        raise InputInvalid([problem("settlement_missing", "plan", plan.slug)])
    if (results.plan.hash, results.period) != (plan.hash, period):
        subject, wanted = (
            f"{one.slug} {one.hash[:12]} {span.key}"
            for one, span in ((results.plan, results.period), (plan, period))
        )
        raise InputInvalid([problem("results_differ", "results", subject, wanted)])
    if period.ends_before.year > LAST_YEAR:
        raise InputInvalid([problem("period_too_late", "period", period.key, str(LAST_YEAR))])
    given = _with_unrounded(results, tables)
    books = Books(plan, rules, period, read_tables(given))
    earned = results.table("earnings").select([*EARNED, "unit"])
    earnings = earned.filter(pc.equal(earned.column("unit"), "money")).to_pylist()
    needs.check_tables(books, set(given.sources))
    with localcontext(_EXACT):
        outcome = _Settling(books, earnings, find_clawbacks(books)).execute()
        books.stop_if_refused()
        found = _make_tables(books, outcome)
    inputs = {"results": [results.fingerprint]} | hash_inputs(tables.sources, hash_files)
    mark = fingerprint(
        plan=plan.hash,
        engine_version=ENGINE_VERSION,
        period=f"{period.starts_on}/{period.ends_before}",
        inputs=inputs,
    )
    return Settlement(plan, period, mark, inputs, found)


def _with_unrounded(results: Results, tables: SettlementTables) -> SettlementTables:
    name = "unrounded_earnings"
    if name in tables.sources or name not in results.tables():
        return tables
    return SettlementTables({**tables.sources, name: results.table(name)})


def _make_tables(books: Books, outcome: Outcome) -> dict[str, pa.Table]:
    try:
        return make_tables(books, outcome)
    except pa.ArrowInvalid:
        raise InputInvalid([problem("amount_too_large", "payables")]) from None


@dataclass
class _Settling:
    """The steps for each payee, in the order of S1."""

    books: Books
    earnings: list[Row]
    clawbacks: list[TakenBack]

    def execute(self) -> Outcome:
        earned: dict[str, list[Row]] = defaultdict(list)
        for row in self.earnings:
            earned[row["payee_id"]].append(row)
        taken: dict[str, list[TakenBack]] = defaultdict(list)
        for one in self.clawbacks:
            taken[one.payee].append(one)
        payees = {*earned, *taken}
        for name in ("balances", "recalculated_earnings"):
            payees |= {row["payee_id"] for row in self.books.rows[name]}
        outcome = Outcome([], [], [], self.clawbacks, [])
        for payee in sorted(payees):
            needs.check_payee(self.books, payee)
            if not self.books.problems:
                self._payee(payee, earned.get(payee, []), taken.get(payee, []), outcome)
        return outcome

    def _payee(
        self, payee: str, earned: list[Row], taken: list[TakenBack], outcome: Outcome
    ) -> None:
        books = self.books
        account = Account(payee, books.pays_on)
        account.open_with(_opening(books, payee))
        pack, terms = _pack(books, payee), terms_of(books, payee)
        self._earn(account, earned, outcome)
        claw_back(account, taken)
        left = books.left_on(payee)
        fall_due(books, account, left)
        settle_leaver(books, account, pack)
        if left is not None:
            fall_due(books, account)  # what a leaver keeps falls due as for anybody else
        if earned:
            guarantee(books, account)
            draw(books, account)
        hold_and_release(books, account, pack)
        bounded = recover(books, account, pack, terms)
        forgive(books, account)
        carry_below_zero(books, account, pack)
        outcome.accounts.append(account)
        outcome.bounded += bounded
        outcome.payments.append(_payment(books, account, terms, earned))

    def _earn(self, account: Account, earned: list[Row], outcome: Outcome) -> None:
        """Post what was earned, what earlier periods change, and what limits do to both."""
        books, period = self.books, self.books.period
        places = {row["component"]: _earned_place(books, row["component"]) for row in earned}
        for row in earned:
            clause = row["clause"]
            account.post(places[row["component"]], row["earned"], Cause("earned", clause))
        items = [account.items[place] for place in places.values() if place in account.items]
        forfeit(books, account, items)
        now: dict[Cell, Decimal] = {}
        for row in earned:
            item = account.items.get(places[row["component"]])
            counted = item.amount if item is not None else ZERO
            now[period.starts_on, row["component"]] = counted
            outcome.earnings.append(
                _settled(books, account.payee, period.starts_on, row["component"])
                | {"earned": row["earned"], "counted": counted}
            )
        for (day, component), difference in _adjustments(books, account.payee).items():
            place = Place("due", component, str(day), f"{books.rules.clause}/retroactivity", day)
            account.post(place, difference, Cause("adjustment", place.origin, str(day)))
            now[day, component] = now.get((day, component), ZERO) + difference
            outcome.earnings.append(
                _settled(books, account.payee, day, component)
                | {"earned": difference, "counted": difference}
            )
        self._limit(account, now)
        split(books, account, {places[row["component"]]: row["earned"] for row in earned})

    def _limit(self, account: Account, now: dict[Cell, Decimal]) -> None:
        books = self.books
        before: dict[Cell, Decimal] = defaultdict(Decimal)
        for row in books.of("earlier_earnings", account.payee):
            before[row["period_starts_on"], row["component"]] += row["counted"]
        for limit, (day, component), effect in effects(
            books.rules.limits,
            before,
            now,
            digits=books.plan.digits,
            calendar=books.plan.calendar,
        ):
            place = _earned_place(books, component)
            if not component or day != books.period.starts_on:
                place = Place("due", component, limit.id, limit.clause, day)
            account.post(place, effect, Cause(limit.kind, limit.clause, str(day)))


def _earned_place(books: Books, component: str) -> Place:
    """Where what a component earned in the open period stands."""
    return _place_of(component, books.period.starts_on)


@lru_cache(maxsize=1_000)
def _place_of(component: str, since: date) -> Place:
    return Place("due", component, "", f"components/{component}", since)


def _settled(books: Books, payee: str, day: date, component: str) -> Row:
    return {
        "period_starts_on": day,
        "settled_on": books.period.starts_on,
        "payee_id": payee,
        "component": component,
    }


def _adjustments(books: Books, payee: str) -> dict[Cell, Decimal]:
    """For each earlier period that was recalculated, what it earns now less what was settled (S4).

    What a payee earned in such a period and does not earn any more counts as zero now.
    """
    if books.rules.retroactivity == "ignore":
        return {}
    rows = books.of("recalculated_earnings", payee)
    periods = {row["period_starts_on"] for row in rows}
    found: dict[Cell, Decimal] = defaultdict(Decimal)
    for row in rows:
        found[row["period_starts_on"], row["component"]] += row["earned"]
    for row in books.of("earlier_earnings", payee):
        if row["period_starts_on"] in periods:
            found[row["period_starts_on"], row["component"]] -= row["earned"]
    return {cell: amount for cell, amount in sorted(found.items()) if amount}


def _opening(books: Books, payee: str) -> list[Item]:
    return [
        Item(
            Place(row["account"], row["component"], row["reference"], row["origin"], row["since"]),
            row["amount"],
            row["original"],
            row["due_on"],
            row["basis"],
        )
        for row in books.of("balances", payee)
    ]


def _pack(books: Books, payee: str) -> RulePack | None:
    """The rule pack of the payee's country; that there is none is noted."""
    if books.rules.rule_packs == "none":
        return None
    row = books.employment(payee)
    country = row["country"] if row is not None else ""
    if not country:
        books.refuse("country_missing", "employment", payee)
        return None
    pack = rule_packs().get(country)
    if pack is None:
        books.note(payee, "rule_pack_missing", country, f"{books.rules.clause}/rule_packs")
    return pack


def _payment(books: Books, account: Account, terms: Terms, earned: list[Row]) -> Row:
    """What is paid, in the currency that it is paid in (S16)."""
    policy, due = books.rules.payment, account.due()
    exact = due
    if policy.stage == "once" and terms.currency != books.plan.currency:
        exact += _fractions(books, account, earned)
    amount = convert(exact, [terms.step], policy.mode, policy.stage)[-1] if due else ZERO
    return {
        "payee_id": account.payee,
        "currency": terms.currency,
        "amount": amount,
        "plan_currency": books.plan.currency,
        "plan_amount": due,
        "rate": terms.step.rate,
        "pays_on": books.pays_on,
        "clause": policy.clause,
    }


def _fractions(books: Books, account: Account, earned: list[Row]) -> Decimal:
    """What rounding took from the components that are paid as they were earned."""
    exact = {
        row["component"]: row["earned"] for row in books.of("unrounded_earnings", account.payee)
    }
    total = ZERO
    for row in earned:
        item = account.items.get(_earned_place(books, row["component"]))
        whole = item is not None and item.amount == row["earned"]
        if whole and row["component"] in exact:
            total += exact[row["component"]] - row["earned"]
    return total
