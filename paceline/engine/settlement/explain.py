"""The explanation of a payment: a tree of its entries, and the minimums that did not lift it.

It is made from the entries that a settlement gave, of one payee and in their order, so it can be
made of settlements that were kept. Each guarantee and draw that lifted pay is a node with the
minimum, what was due before, and for a draw its limit and what was owed already; each that did not
is among the alternatives, with the reason and what was above or missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from paceline.engine.explain import Explanation
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.plan.settlement_model import Draw, Guarantee
from paceline.engine.rejections import Rejection

ZERO = Decimal(0)
Entry = Mapping[str, Any]  # kind, account, component, amount, reference, reason, clause
Amounts = Mapping[str, Decimal]  # by the clause's id
NOTHING: Amounts = MappingProxyType({})
# What is posted after guarantees and draws.
_LATER = frozenset({"guarantee", "draw", "held", "released", "recovered", "carried"})


def explain_payment(
    plan: Plan,
    period: Period,
    payee_id: str,
    entries: Sequence[Entry],
    *,
    agreed: Amounts = NOTHING,
    owed: Amounts = NOTHING,
) -> Explanation:
    """The tree of what is due to one payee, in plan currency, before it is paid.

    `agreed` are the payee's minimums where the plan has them agreed payee by payee, `owed` what
    the payee owes of draws at the end, as amounts above zero.
    """
    due = [one for one in entries if one["account"] == "due"]
    children: list[Explanation] = []
    running = ZERO
    for one in due:
        inputs: dict[str, Any] = {"due_before": running, "due_after": running + one["amount"]}
        minimum = _minimum_of(plan, one)
        rejected: tuple[Rejection, ...] = ()
        if minimum is not None:
            before = _owed_before(minimum, entries, owed)
            lifted = _lifted(minimum, one["amount"], running, agreed, before)
            inputs |= lifted
            rejected = _cut(minimum, running + one["amount"], lifted)
        children.append(
            Explanation(
                "minimum" if minimum is not None else "entry",
                minimum.id if minimum is not None else one["component"] or one["reference"] or "",
                one["amount"],
                plan.currency,
                one["clause"],
                inputs,
                note=one["kind"],
                rejected=rejected,
            )
        )
        running += one["amount"]
    return Explanation(
        "payment",
        payee_id,
        running,
        plan.currency,
        plan.settlement.clause if plan.settlement is not None else "",
        {},
        tuple(children),
        adds_up=True,
        rejected=_not_lifted(plan, period, due, agreed, owed),
    )


def _minimum_of(plan: Plan, entry: Entry) -> Guarantee | Draw | None:
    if plan.settlement is None or entry["kind"] not in {"guarantee", "draw"}:
        return None
    found = (one for one in plan.settlement.minimums if one.clause == entry["clause"])
    return next(found, None)


def _owed_before(clause: Guarantee | Draw, entries: Sequence[Entry], owed: Amounts) -> Decimal:
    """What was owed of a draw before this settlement; its entries move that account."""
    moved = (
        one["amount"]
        for one in entries
        if one["account"] == "draw" and one["reference"] == clause.id
    )
    return owed.get(clause.id, ZERO) + sum(moved, ZERO)


def _lifted(
    clause: Guarantee | Draw, by: Decimal, due: Decimal, agreed: Amounts, owed_before: Decimal
) -> dict[str, Any]:
    amount = clause.amount if clause.amount is not None else agreed.get(clause.id)
    found: dict[str, Any] = {"minimum": amount if amount is not None else due + by}
    if isinstance(clause, Draw):
        found |= {"owed_before": owed_before, "limit": clause.limit, "owed_back": by}
        if not clause.is_owed_back:
            found["owed_back"] = ZERO
    return found


def _cut(
    clause: Guarantee | Draw, reached: Decimal, lifted: Mapping[str, Any]
) -> tuple[Rejection, ...]:
    """What the limit of a draw kept from being drawn."""
    missing = lifted["minimum"] - reached
    if missing <= 0:
        return ()
    inputs = {"limit": lifted.get("limit"), "minimum": lifted["minimum"]}
    return (Rejection("minimum", clause.id, clause.clause, "limit_reached", missing, inputs),)


def _not_lifted(
    plan: Plan, period: Period, due: Sequence[Entry], agreed: Amounts, owed: Amounts
) -> tuple[Rejection, ...]:
    """The minimums that lifted nothing, and why."""
    rules = plan.settlement
    found: list[Rejection] = []
    before = ZERO  # what was due when minimums were looked at; each that lifts it adds to it
    for one in due:
        if one["kind"] in _LATER:
            break
        before += one["amount"]
    for clause in rules.minimums if rules is not None else ():
        own = [one["amount"] for one in due if one["clause"] == clause.clause]
        if any(own):
            before += sum(own, ZERO)
            continue
        reason, missing, inputs = _why(clause, period, before, agreed, owed)
        found.append(Rejection("minimum", clause.id, clause.clause, reason, missing, inputs))
    return tuple(found)


def _why(
    clause: Guarantee | Draw, period: Period, due: Decimal, agreed: Amounts, owed: Amounts
) -> tuple[str, Decimal | None, dict[str, Any]]:
    amount = clause.amount if clause.amount is not None else agreed.get(clause.id)
    if not clause.span.runs_in(period):
        last = clause.span.last.key if clause.span.last is not None else None
        return "not_running", None, {"first": clause.span.first.key, "last": last}
    if amount is None:
        return "nothing_agreed", None, {}
    inputs: dict[str, Any] = {"minimum": amount, "due": due}
    if amount <= due:
        return "minimum_not_needed", due - amount, inputs
    limit = clause.limit if isinstance(clause, Draw) else None
    return "limit_reached", amount - due, {**inputs, "limit": limit, "owed": owed.get(clause.id)}
