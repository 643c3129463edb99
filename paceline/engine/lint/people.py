"""Findings about quotas that their payees have never come near."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from paceline.engine.lint.findings import Finding
from paceline.engine.lint.history import History
from paceline.engine.lint.messages import message
from paceline.engine.lint.subject import ZERO
from paceline.engine.plan.model import Plan, Quota

MIN_PERIODS = 2  # one period says nothing about what a payee can reach


def unreachable_quotas(plan: Plan, history: History) -> Iterator[Finding]:
    """Quotas above the best period that a payee has had, of at least two that are known."""
    for quota in plan.quotas:
        best: dict[str, Decimal] = {}
        periods: dict[str, int] = {}
        for one in history.values_of(plan, plan.measure(quota.measure)):
            best[one.payee] = max(best.get(one.payee, one.value), one.value)
            periods[one.payee] = periods.get(one.payee, 0) + 1
        asked = _asked(quota, history)
        judged = {payee for payee in asked if periods.get(payee, 0) >= MIN_PERIODS}
        short = {
            payee: asked[payee] - best[payee] for payee in judged if asked[payee] > best[payee]
        }
        if not short:
            continue
        amounts = {"gap": max(short.values()), "asked": sum((asked[one] for one in short), ZERO)}
        measure = plan.measure(quota.measure)
        params: dict[str, str | int] = {
            "quota_name": quota.id,
            "measure": measure.id,
            "is_money": int(measure.is_money),
            "currency": plan.currency,
            "short": len(short),
            "judged": len(judged),
            "of_coming": int(any(one.quota == quota.name for one in history.coming)),
        }
        yield Finding(
            "quota_unreachable", "warning", quota.clause,
            message("quota_unreachable", amounts, params), amounts, tuple(sorted(short)), params,
            ("chung-2014", "attainment-practice"), basis=(quota.name, quota.measure),
        )  # fmt: skip


def judges(plan: Plan, quota: Quota, history: History) -> bool:
    """Whether enough is known to look at the quota at all."""
    counted: dict[str, int] = {}
    for one in history.values_of(plan, plan.measure(quota.measure)):
        counted[one.payee] = counted.get(one.payee, 0) + 1
    return any(counted.get(payee, 0) >= MIN_PERIODS for payee in _asked(quota, history))


def _asked(quota: Quota, history: History) -> dict[str, Decimal]:
    """What each payee is asked: the coming quota, else the latest one known."""
    latest = {one.payee: one.amount for one in history.targets if one.quota == quota.name}
    latest |= {one.payee: one.amount for one in history.coming if one.quota == quota.name}
    return {payee: amount for payee, amount in latest.items() if amount > 0}
