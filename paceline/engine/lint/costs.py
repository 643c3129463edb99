"""Findings about what pay costs: caps within reach, whole-amount tiers, rates above the margin."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from decimal import ROUND_DOWN, Decimal

from paceline.engine.lint.curves import about
from paceline.engine.lint.findings import Finding, Severity
from paceline.engine.lint.history import History
from paceline.engine.lint.mends import into_slices, without_cap
from paceline.engine.lint.messages import message
from paceline.engine.lint.subject import ZERO, Subject
from paceline.engine.payout import pay_out
from paceline.engine.plan.model import Component, Plan


def caps(subject: Subject) -> Iterator[Finding]:
    """A cap: where it begins, whom it held back in past periods, and by how much."""
    component = subject.component
    begins = subject.cap_begins
    if component.cap is None or begins is None:
        return
    free = dataclasses.replace(component, cap=None)
    lost: dict[str, Decimal] = {}
    is_near = False
    for one in subject.observed:
        if component.quota and not one.target:
            continue
        whole = pay_out(subject.plan, free, one.value, one.target).earned
        capped = pay_out(subject.plan, component, one.value, one.target).earned
        if whole > capped:
            lost[one.payee] = lost.get(one.payee, ZERO) + whole - capped
        elif subject.order is not None and not is_near:
            more = pay_out(subject.plan, free, one.value + subject.order, one.target).earned
            is_near = more > component.cap
    if subject.observed and not lost and not is_near:
        return  # nobody known has come within one order of it
    amounts = {"cap": component.cap, "at": begins}
    if subject.target:
        amounts |= {"at_share": subject.share_of(begins) or ZERO, "quota": subject.target}
    if subject.observed:
        amounts["lost"] = sum(lost.values(), ZERO)
    params = {**about(subject), "held": len(lost), "known": int(bool(subject.observed))}
    severity: Severity = "warning" if lost else "note"
    yield Finding(
        "cap_in_reach", severity, f"{component.clause}/cap",
        message("cap_in_reach", amounts, params), amounts, tuple(sorted(lost)), params,
        ("misra-nair-2011", "cui-raju-shi"), without_cap(subject.plan, component),
        (component.id, str(component.cap.normalize())),
    )  # fmt: skip


def whole_amounts(subject: Subject) -> Iterator[Finding]:
    """A whole-amount table: what it pays more than the same tiers read slice by slice."""
    component = subject.component
    rates = component.rates
    if rates is None or rates.reading != "whole" or len({tier.rate for tier in rates.tiers}) == 1:
        return
    sliced = dataclasses.replace(component, rates=dataclasses.replace(rates, reading="slice"))
    last = max((value for value, _ in subject.bounds), default=ZERO)
    paid = subject.pay(last)
    amounts = {
        "at": last,
        "whole": paid,
        "sliced": pay_out(subject.plan, sliced, last, subject.target).earned,
    }
    if subject.target:
        amounts["quota"] = subject.target
    concerned: dict[str, Decimal] = {}
    for one in subject.observed:
        if component.quota and not one.target:
            continue
        more = pay_out(subject.plan, component, one.value, one.target).earned
        less = pay_out(subject.plan, sliced, one.value, one.target).earned
        if more != less:
            concerned[one.payee] = concerned.get(one.payee, ZERO) + more - less
    if subject.observed:
        amounts["cost"] = sum(concerned.values(), ZERO)
        amounts["periods"] = Decimal(len({one.period for one in subject.observed}))
    params = {**about(subject), "known": int(bool(subject.observed)), "people": len(concerned)}
    yield Finding(
        "retroactive_tiers", "warning", rates.clause,
        message("retroactive_tiers", amounts, params), amounts, tuple(sorted(concerned)), params,
        ("kishore-2013", "larkin-2014"), into_slices(subject.plan, component),
        (component.id, *(f"{tier.lower.normalize()}={tier.rate.normalize()}"
                         for tier in rates.tiers)),
    )  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Margin:
    """What order lines in the plan's currency left after their cost, where the cost is known."""

    amount: Decimal
    cost: Decimal
    lines: int

    @property
    def share(self) -> Decimal:
        """(amount − cost) ÷ amount, cut at the sixth decimal."""
        return cut(self.amount - self.cost, self.amount)


def margin_of(plan: Plan, history: History | None) -> Margin | None:
    """The contribution margin that the known lines had; None when no cost is known."""
    amount, cost, lines = ZERO, ZERO, 0
    for line in history.lines if history is not None else ():
        sold, spent = line.get("amount"), line.get("cost")
        in_currency = line.get("currency") == plan.currency
        if in_currency and isinstance(sold, Decimal) and isinstance(spent, Decimal):
            amount, cost, lines = amount + sold, cost + spent, lines + 1
    return Margin(amount, cost, lines) if amount > 0 else None


def margins(subjects: Sequence[Subject], margin: Margin | None) -> Iterator[Finding]:
    """Stretches on which what is paid for one more of sales is more than what a sale leaves.

    Only measures of plain sales in money are held against the margin; what other components pay on
    the same measure is added.
    """
    if margin is None:
        return
    by_measure: dict[str, list[Subject]] = {}
    for subject in subjects:
        of = subject.measure.of
        if subject.component.rates is not None and of is not None and of.text == "amount":
            by_measure.setdefault(subject.measure.id, []).append(subject)
    for together in by_measure.values():
        yield from _above_margin(together, margin)


def _above_margin(together: list[Subject], margin: Margin) -> Iterator[Finding]:
    starts = sorted({stretch.start for subject in together for stretch in subject.stretches})
    worst: tuple[Decimal, Decimal] | None = None
    for start in starts:
        rate = sum((_slope_at(subject, start) for subject in together), ZERO)
        if rate * margin.amount > margin.amount - margin.cost and (
            worst is None or rate > worst[0]
        ):
            worst = (rate, start)
    if worst is None:
        return
    rate, start = worst
    first = max(together, key=lambda subject: _slope_at(subject, start))
    clause = _tier_at(first.component, first, start)
    amounts = {"rate": rate, "margin": margin.share, "from": start}
    if first.target:
        amounts |= {"from_share": first.share_of(start) or ZERO, "quota": first.target}
    params = {**about(first), "lines": margin.lines, "components": len(together)}
    yield Finding(
        "margin_exceeded", "serious", clause, message("margin_exceeded", amounts, params),
        amounts, (), params, ("marginal-cost",),
        basis=(first.measure.id, str(rate.normalize())),
    )  # fmt: skip


def above_whole(plan: Plan) -> Iterator[Finding]:
    """Tables whose tiers pay more than what is sold: 101 % of an amount is seldom meant."""
    for component in plan.components:
        rates, measure = component.rates, plan.measure_of(component)
        if rates is None or not rates.tiers or rates.value != "rate":
            continue
        if measure is None or not measure.is_money:
            continue
        worst = max(rates.tiers, key=lambda tier: tier.rate)
        if worst.rate <= 1:
            continue
        params: dict[str, str | int] = {
            "component": component.id, "measure": measure.id,
            "count": sum(tier.rate > 1 for tier in rates.tiers),
        }  # fmt: skip
        amounts = {"rate": worst.rate}
        yield Finding(
            "rate_above_whole", "serious", worst.clause,
            message("rate_above_whole", amounts, params), amounts, (), params,
            basis=(component.id, str(worst.rate.normalize())),
        )  # fmt: skip


def _slope_at(subject: Subject, value: Decimal) -> Decimal:
    return next(
        one.slope
        for one in subject.stretches
        if one.start <= value and (one.end is None or value < one.end)
    )


def _tier_at(component: Component, subject: Subject, value: Decimal) -> str:
    clause = component.rates.tiers[0].clause if component.rates else component.clause
    for bound, one in subject.bounds:
        if bound <= value:
            clause = one
    return clause


def cut(amount: Decimal, whole: Decimal) -> Decimal:
    """amount ÷ whole, cut at the sixth decimal, without a binary fraction anywhere."""
    scaled = int((amount * 10**12).to_integral_value(ROUND_DOWN))
    divisor = int((whole * 10**6).to_integral_value(ROUND_DOWN))
    sign = -1 if scaled < 0 else 1
    return Decimal(sign * (abs(scaled) // divisor)).scaleb(-6)
