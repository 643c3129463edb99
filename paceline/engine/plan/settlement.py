"""Reading the clause `settlement`: every policy of what is used is stated, none is implied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from paceline.engine.periods import Period, PeriodUnknown, period_from_key
from paceline.engine.plan.clauses import Clause, Unreadable
from paceline.engine.plan.model import Component
from paceline.engine.plan.settlement_model import (
    STATEMENT,
    Clawback,
    Draw,
    Eligibility,
    Guarantee,
    Limit,
    Part,
    PaymentPolicy,
    Payout,
    SettlementPlan,
    Span,
)

# The choices of each policy, by its path below `settlement`. Words in angle brackets stand for a
# value of that kind.
CHOICES: dict[str, tuple[str, ...]] = {
    "pay_date": ("{days_after_period: <0 to 366>}",),
    "below_zero": ("carry-forward", "collect"),
    "retroactivity": ("carry-forward", "ignore"),
    "rule_packs": ("by-country", "none"),
    "eligibility": ("{employed_on, resignation, probation, leave}",),
    "eligibility/employed_on": ("pay-date", "period-end"),
    "eligibility/resignation": ("pays", "forfeits", "pro-rata"),
    "eligibility/probation": ("pays", "forfeits", "pro-rata"),
    "eligibility/leave": ("pays", "pro-rata"),
    "payment": ("{currency, rounding, exchange}",),
    "payment/currency": ("plan", "payee"),
    "payment/rounding": ("{mode, stage}",),
    "payment/rounding/mode": ("half-up", "half-even", "down"),
    "payment/rounding/stage": ("each-step", "once"),
    "payment/exchange": ("{rate, date, quote}",),
    "payment/exchange/rate": ("<kind of rate>",),
    "payment/exchange/date": ("pay-date", "period-end"),
    "payment/exchange/quote": ("multiply", "divide"),
    "limits/kind": ("cap", "floor"),
    "limits/per": ("period", "year"),
    "payout/on": ("booking", "cash", "return-window", "later", "vesting"),
    "payout/leaving": ("{good, bad}",),
    "payout/leaving/good": ("keeps", "pays", "forfeits", "pro-rata"),
    "payout/leaving/bad": ("keeps", "pays", "forfeits", "pro-rata"),
    "draws/kind": ("recoverable", "non-recoverable", "forgiven"),
    "draws/amount": ("<amount>", "by-payee"),
    "draws/first_period": ("<period>",),
    "draws/last_period": ("<period>", "none"),
    "draws/limit": ("<amount>", "none"),
    "draws/recovery": ("{from, share}",),
    "draws/recovery/from": ("<period>",),
    "draws/recovery/share": ("<percentage>",),
    "guarantees/amount": ("<amount>", "by-payee"),
    "guarantees/first_period": ("<period>",),
    "guarantees/last_period": ("<period>", "none"),
    "clawbacks/on": ("return", "cancellation", "unpaid", "churn"),
    "clawbacks/within_days": ("<days>", "none"),
    "clawbacks/amount": ("full", "pro-rata", "re-rated"),
    "clawbacks/recover_at_most": ("<percentage>",),
}
HEAD = ("pay_date", "below_zero", "retroactivity", "rule_packs", "eligibility", "payment")
LISTS = ("limits", "payout", "draws", "guarantees", "clawbacks")
MAX_DAYS = 3_700
MAX_MONTHS = 120

Read = TypeVar("Read")


def read_settlement(clause: Clause, components: Sequence[Component]) -> SettlementPlan:
    """The clause `settlement`, checked against the components that it pays out."""
    _stated(clause, "", HEAD, LISTS)
    money = [component.id for component in components if component.unit == "money"]
    date = clause.child("pay_date")
    _stated(date, "", ["days_after_period"])
    fields: dict[str, Callable[[], Any]] = {
        "days_after_period": lambda: date.child("days_after_period").whole(0, 366),
        "below_zero": lambda: _choice(clause, "", "below_zero"),
        "retroactivity": lambda: _choice(clause, "", "retroactivity"),
        "rule_packs": lambda: _choice(clause, "", "rule_packs"),
        "eligibility": lambda: _eligibility(clause.child("eligibility")),
        "payment": lambda: _payment(clause.child("payment")),
        "limits": lambda: _list(clause, "limits", lambda item: _limit(item, money)),
        "payouts": lambda: _list(clause, "payout", lambda item: _payout(item, money)),
        "draws": lambda: _list(clause, "draws", _draw),
        "guarantees": lambda: _list(clause, "guarantees", _guarantee),
        "clawbacks": lambda: _list(clause, "clawbacks", _clawback),
    }
    found: dict[str, Any] = {}
    for name, read in fields.items():
        try:
            found[name] = read()
        except Unreadable:
            continue
    if set(found) != set(fields):
        raise Unreadable
    plan = SettlementPlan(**found, clause=clause.path)
    _once(clause, "payout", [name for one in plan.payouts for name in one.components])
    _once(clause, "clawbacks", [one.on for one in plan.clawbacks])
    return plan


def _stated(clause: Clause, place: str, needed: Sequence[str], may: Sequence[str] = ()) -> None:
    """Every policy is there; one left out is refused with its choices."""
    if not hasattr(clause.node, "entries"):
        raise clause.refuse("mapping_expected", "a list of `key: value` is expected here")
    missing = [key for key in needed if not clause.has(key)]
    for key in missing:
        path = f"{place}/{key}" if place else key
        options = ", ".join(CHOICES.get(path, ("a value",)))
        # Refused at its own path: several that are left out of one place are all listed.
        Clause(clause.node, f"{clause.path}/{key}", clause.problems, clause.source).refuse(
            "policy_missing",
            f"{key} is not stated; choose {options}",
            policy=path,
            choices=options,
        )
    clause.keys([], [*needed, *may])
    if missing:
        raise Unreadable


def _choice(clause: Clause, place: str, key: str) -> str:
    return clause.child(key).choice(CHOICES[f"{place}/{key}" if place else key])


def _list(clause: Clause, key: str, read: Callable[[Clause], Read]) -> tuple[Read, ...]:
    """The members of a list that may be left out; ids are unique in it."""
    if not clause.has(key):
        return ()
    found: dict[str, Read] = {}
    failed = False
    for _, item in clause.child(key).members():
        try:
            member = read(item)
        except Unreadable:
            failed = True
            continue
        name = str(getattr(member, "id", ""))
        if name in found:
            item.refuse("id_repeated", f"{name} is used twice", id=name)
            failed = True
        found[name] = member
    if failed:
        raise Unreadable
    return tuple(found.values())


def _once(clause: Clause, key: str, words: Sequence[str]) -> None:
    for word in dict.fromkeys(words):
        if words.count(word) > 1:
            raise clause.child(key).refuse(
                "stated_twice", f"two members of {key} are for {word}", name=word
            )


def _eligibility(clause: Clause) -> Eligibility:
    keys = ("employed_on", "resignation", "probation", "leave")
    _stated(clause, "eligibility", keys)
    chosen: dict[str, Any] = {key: _choice(clause, "eligibility", key) for key in keys}
    return Eligibility(**chosen, clause=clause.path)


def _payment(clause: Clause) -> PaymentPolicy:
    _stated(clause, "payment", ["currency", "rounding"], ["exchange"])
    currency = _choice(clause, "payment", "currency")
    rounding = clause.child("rounding")
    _stated(rounding, "payment/rounding", ["mode", "stage"])
    chosen: dict[str, Any] = {
        key: _choice(rounding, "payment/rounding", key) for key in ("mode", "stage")
    }
    chosen |= {"rate": "", "date": "pay-date", "quote": "multiply"}
    if currency == "payee":
        _stated(clause, "payment", ["currency", "rounding", "exchange"])
        exchange = clause.child("exchange")
        _stated(exchange, "payment/exchange", ["rate", "date", "quote"])
        chosen |= {
            "rate": exchange.child("rate").scalar(),
            "date": _choice(exchange, "payment/exchange", "date"),
            "quote": _choice(exchange, "payment/exchange", "quote"),
        }
    elif clause.has("exchange"):
        raise clause.child("exchange").refuse(
            "exchange_unused", "payments in the plan's currency need no exchange"
        )
    return PaymentPolicy(currency=currency, **chosen, clause=clause.path)  # type: ignore[arg-type]


def _limit(clause: Clause, components: list[str]) -> Limit:
    _stated(clause, "limits", ["id", "kind", "on", "per", "amount"])
    kind: Any = _choice(clause, "limits", "kind")
    per: Any = _choice(clause, "limits", "per")
    on = clause.child("on")
    if kind == "floor" and per == "year":
        raise clause.refuse("floor_per_year", "a floor is per period; a year has caps only")
    return Limit(
        clause.child("id").identifier(),
        kind,
        on.known(on.scalar(), [STATEMENT, *components], "component of money"),
        per,
        clause.child("amount").amount(),
        clause.path,
    )


def _payout(clause: Clause, components: list[str]) -> Payout:
    _stated(clause, "payout", ["id", "component", "parts"], ["leaving"])
    named = clause.child("component")
    names = tuple(named.known(word, components, "component of money") for word in named.words())
    parts = tuple(_part(item) for _, item in clause.child("parts").members())
    total = sum((part.share for part in parts), Decimal(0))
    if total != 1:
        raise clause.child("parts").refuse(
            "shares_incomplete",
            f"the shares add up to {total * 100:f}%, not to 100%",
            total=f"{total * 100:f}%",
        )
    leaving: dict[str, Any] = {"good": "keeps", "bad": "keeps"}
    if any(part.on != "booking" for part in parts):
        _stated(clause, "payout", ["id", "component", "parts", "leaving"])
        rule = clause.child("leaving")
        _stated(rule, "payout/leaving", ["good", "bad"])
        leaving = {key: _choice(rule, "payout/leaving", key) for key in ("good", "bad")}
        if "pro-rata" in leaving.values() and any(part.on == "cash" for part in parts):
            raise rule.refuse(
                "pro_rata_without_date", "a part on cash has no date to be pro rata to"
            )
    return Payout(
        clause.child("id").identifier(),
        names,
        parts,
        leaving["good"],
        leaving["bad"],
        clause.path,
    )


def _part(clause: Clause) -> Part:
    _stated(clause, "payout", ["share", "on"], ["days", "months"])
    on: Any = _choice(clause, "payout", "on")
    more = {"return-window": ["days"], "later": ["months"], "vesting": ["months"]}.get(on, [])
    clause.keys(["share", "on", *more])
    days = clause.child("days").whole(1, MAX_DAYS) if "days" in more else 0
    months = clause.child("months").whole(1, MAX_MONTHS) if "months" in more else 0
    return Part(clause.child("share").percent(), on, days, months, clause.path)


def _period(clause: Clause) -> Period:
    text = clause.scalar()
    try:
        return period_from_key(text)
    except PeriodUnknown:
        raise clause.refuse(
            "period_malformed",
            f"{text[:20]} is no period; write 2026, 2026H1, 2026Q2, 2026-06 or, of weeks,"
            " 2026-02-01W13",
            value=text[:20],
        ) from None


def _span(clause: Clause) -> Span:
    first = _period(clause.child("first_period"))
    last = _unless_none(clause.child("last_period"), _period)
    if last is not None and last.ends_before <= first.starts_on:
        raise clause.refuse("periods_reversed", "the last period is before the first")
    return Span(first, last)


def _unless_none(clause: Clause, read: Callable[[Clause], Read]) -> Read | None:
    return None if clause.scalar() == "none" else read(clause)


def _agreed(clause: Clause) -> Decimal | None:
    """An amount for all, or None where it is agreed payee by payee."""
    return None if clause.scalar() == "by-payee" else clause.amount()


def _share(clause: Clause) -> Decimal:
    share = clause.percent()
    if share > 1:
        raise clause.refuse("share_above_all", f"{share * 100:f}% is more than all of it")
    return share


def _draw(clause: Clause) -> Draw:
    needed = ["id", "kind", "amount", "first_period", "last_period"]
    _stated(clause, "draws", needed, ["recovery", "limit"])
    kind: Any = _choice(clause, "draws", "kind")
    start, share, limit = None, Decimal(0), None
    if kind == "non-recoverable":
        clause.keys(needed)
    else:
        _stated(clause, "draws", [*needed, "recovery", "limit"])
        recovery = clause.child("recovery")
        _stated(recovery, "draws/recovery", ["from", "share"])
        start = _period(recovery.child("from"))
        share = _share(recovery.child("share"))
        limit = _unless_none(clause.child("limit"), Clause.amount)
    span = _span(clause)
    if kind == "forgiven" and span.last is None:
        raise clause.refuse("end_missing", "a draw that is forgiven at its end has a last period")
    return Draw(
        clause.child("id").identifier(),
        kind,
        _agreed(clause.child("amount")),
        span,
        start,
        share,
        limit,
        clause.path,
    )


def _guarantee(clause: Clause) -> Guarantee:
    _stated(clause, "guarantees", ["id", "amount", "first_period", "last_period"])
    return Guarantee(
        clause.child("id").identifier(),
        _agreed(clause.child("amount")),
        _span(clause),
        clause.path,
    )


def _clawback(clause: Clause) -> Clawback:
    _stated(clause, "clawbacks", ["id", "on", "within_days", "amount", "recover_at_most"])
    on: Any = _choice(clause, "clawbacks", "on")
    amount: Any = _choice(clause, "clawbacks", "amount")
    within = _unless_none(clause.child("within_days"), lambda days: days.whole(1, MAX_DAYS))
    if within is None and (on == "churn" or amount == "pro-rata"):
        raise clause.refuse(
            "days_missing", "early churn and a share by time need a number of days, not none"
        )
    return Clawback(
        clause.child("id").identifier(),
        on,
        within,
        amount,
        _share(clause.child("recover_at_most")),
        clause.path,
    )
