"""The tree of a payment, from the entries that a settlement left: what lifted it, what did not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from paceline.engine.explain import Explanation
from paceline.engine.rejections import Rejection
from paceline.engine.settlement import explain_payment
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.execute import engine_period
from paceline.incentives.models import Balance, Payable, Payment, Statement
from paceline.incentives.queries.terms import agreed_amounts

__all__ = ["Explanation", "Rejection", "tree_of"]
ZERO = Decimal(0)


def tree_of(
    payment: Payment,
    statement: Statement,
    entries: Iterable[Payable],
    balances: Iterable[Balance],
) -> Explanation | None:
    """The tree of what was due; None for a plan without guarantees and draws."""
    version = payment.plan.version
    plan = documents.load(version.source)
    if plan.settlement is None or not plan.settlement.minimums:
        return None
    number, agreed = statement.payee.number, dict[str, Decimal]()
    if any(clause.amount is None for clause in plan.settlement.minimums):
        last = statement.period.ends_before - timedelta(days=1)
        rows = agreed_amounts(version.plan, last)
        agreed = {row["clause"]: row["amount"] for row in rows if row["payee_id"] == number}
    owed: dict[str, Decimal] = {}
    for row in balances:
        if row.account == "draw":
            owed[row.reference] = owed.get(row.reference, ZERO) - row.amount
    listed = [
        {name: getattr(row, name) for name in _ENTRY}
        for row in sorted(entries, key=lambda row: row.entry)
    ]
    period = engine_period(statement.period)
    return explain_payment(plan, period, number, listed, agreed=agreed, owed=owed)


_ENTRY = ("kind", "account", "component", "amount", "reference", "reason", "clause")
