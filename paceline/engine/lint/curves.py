"""Findings about the run of pay along one measure: jumps, falls, stretches that pay nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from paceline.engine.lint.findings import Finding, Mend, Severity
from paceline.engine.lint.mends import into_slices, pay_from_the_start, without_tier
from paceline.engine.lint.messages import message
from paceline.engine.lint.subject import ZERO, Jump, Observed, Stretch, Subject, least_of

MANY_PEOPLE = 3
MANY_SHARE = 10  # of ten people one


def cliffs(subject: Subject) -> Iterator[Finding]:
    """Every place where one more sale makes pay jump, or fall, by more than the smallest coin."""
    for jump, clause in subject.jumps():
        yield _cliff(subject, jump, clause)


def _cliff(subject: Subject, jump: Jump, clause: str) -> Finding:
    component = subject.component
    falls = jump.size < 0
    code = "pay_falls" if falls else "bonus_cliff" if component.amount is not None else "cliff"
    severity: Severity = "warning" if code == "bonus_cliff" else "serious"
    near = people_below(subject, jump.at)
    amounts = _placed(subject, jump.at) | {
        "jump": abs(jump.size),
        "below": jump.below,
        "above": jump.above,
    }
    if subject.order is not None:
        amounts["order"] = subject.order
    by_condition = component.when is not None and component.when.clause == clause
    params: dict[str, str | int] = {
        **about(subject),
        "cause": "condition" if by_condition else "tier",
        "reached": "on" if jump.on else "above",
    }
    whole = component.rates is not None and component.rates.reading == "whole"
    return Finding(
        code, severity, clause, message(code, amounts, params), amounts, near, params,
        evidence={
            "cliff": ("kishore-2013", "larkin-2014", "oyer-1998"),
            "bonus_cliff": ("kishore-2013", "steenburgh-2008", "oyer-1998"),
            "pay_falls": (),
        }[code],
        mend=into_slices(subject.plan, component) if whole and not by_condition else None,
        basis=(component.id, str(params["reached"]), *_cause(subject, clause)),
    )  # fmt: skip


def _cause(subject: Subject, clause: str) -> tuple[str, ...]:
    """What of the plan makes the jump: the bound and the pay on both sides, not the quota."""
    component = subject.component
    words = [subject.plan.currency, subject.plan.policies.boundary]
    if component.when is not None and component.when.clause == clause:
        words += [str(component.when.at_least.normalize()), component.when.subject]
    tiers = component.rates.tiers if component.rates is not None else ()
    for place, tier in enumerate(tiers):
        if tier.clause == clause:
            words += [str(tier.lower.normalize()), str(tier.rate.normalize())]
            words += [str(tiers[place - 1].rate.normalize())] if place else []
    words += [str(one) for one in (component.amount, component.cap, component.floor)]
    return tuple(words)


def people_below(subject: Subject, at: Decimal) -> tuple[str, ...]:
    """Payees who once ended less than one order below the same bound, their own quota's."""
    if subject.order is None:
        return ()
    share = share_at(subject, at)
    found: set[str] = set()
    for one in subject.observed:
        bound = scaled(at, share, one)
        if bound is not None and bound - subject.order <= one.value < bound:
            found.add(one.payee)
    return tuple(sorted(found))


def scaled(at: Decimal, share: Decimal | None, one: Observed) -> Decimal | None:
    """A value of the curve as it stood for a payee: a share of quota moves with the target."""
    if share is None:
        return at
    return share * one.target if one.target else None


def share_at(subject: Subject, at: Decimal) -> Decimal | None:
    """The share of quota that a value stands for; None for an amount."""
    return next((share for value, share in shares_of(subject) if value == at), None)


def shares_of(subject: Subject) -> Iterator[tuple[Decimal, Decimal]]:
    """The bounds that are shares of a quota, as amounts at the subject's target and as shares."""
    component, target = subject.component, subject.target or ZERO
    if component.rates is not None and component.rates.on == "attainment":
        yield from ((tier.lower * target, tier.lower) for tier in component.rates.tiers)
    if component.when is not None and component.when.on == "attainment":
        yield least_of(component.when, target), component.when.at_least


def zones(subject: Subject, others: Sequence[Subject]) -> Iterator[Finding]:
    """Stretches on which another sale earns nothing more, and those on which it costs pay.

    A stretch on which another component of the plan pays for the same measure is none.
    """
    if subject.component.rates is None:
        return
    for stretch in _joined(subject.stretches):
        if stretch.slope < 0:
            yield _zone(subject, stretch, "pay_falls", "serious", None)
        if stretch.slope != 0 or any(_pays_in(other, stretch) for other in others):
            continue
        cap, floor = subject.component.cap, subject.component.floor
        if stretch.start == stretch.earned == 0 and stretch.end is None:
            yield _zone(subject, stretch, "pays_nothing", "serious", None)
        elif cap is not None and stretch.earned >= cap:
            continue  # the cap is a finding of its own
        elif stretch.start == 0 and stretch.earned == 0:
            mend = pay_from_the_start(subject.plan, subject.component)
            yield _zone(subject, stretch, "dead_zone", "warning", mend)
        elif floor is None or stretch.earned > floor or stretch.start > 0:
            mend = without_tier(subject.plan, subject.component, _clause_at(subject, stretch))
            yield _zone(subject, stretch, "flat_zone", "warning", mend)


def _joined(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    """Neighbouring stretches without slope and with the same pay are one."""
    held: Stretch | None = None
    for one in stretches:
        if held is None:
            held = one
        elif held.slope == one.slope == 0 and held.earned == one.earned:
            held = Stretch(held.start, one.end, held.slope, held.earned)
        else:
            yield held
            held = one
    if held is not None:
        yield held


def _pays_in(other: Subject, stretch: Stretch) -> bool:
    """Whether the other component's pay rises somewhere inside the stretch."""
    for one in other.stretches:
        overlaps = (stretch.end is None or one.start < stretch.end) and (
            one.end is None or one.end > stretch.start
        )
        if overlaps and one.slope > 0:
            return True
    return False


def _clause_at(subject: Subject, stretch: Stretch) -> str:
    """The clause that rules at a stretch: the last bound at or below its start."""
    rates = subject.component.rates
    clause = rates.tiers[0].clause if rates is not None else subject.component.clause
    for value, one in subject.bounds:
        if value <= stretch.start:
            clause = one
    return clause


def _zone(
    subject: Subject, stretch: Stretch, code: str, severity: Severity, mend: Mend | None
) -> Finding:
    clause = _clause_at(subject, stretch)
    amounts = _placed(subject, stretch.start, "from") | {
        "earned": stretch.earned.quantize(subject.minor)
    }
    if stretch.end is not None:
        amounts |= _placed(subject, stretch.end, "to")
    params = {**about(subject), "cause": "slope", "ends": "" if stretch.end is None else "yes"}
    evidence = {"dead_zone": ("chung-2014",), "flat_zone": ("misra-nair-2011",)}
    tiers = subject.component.rates.tiers if subject.component.rates is not None else ()
    rated = (f"{tier.lower.normalize()}={tier.rate.normalize()}" for tier in tiers)
    basis = (subject.component.id, *rated)
    return Finding(
        code, severity, clause, message(code, amounts, params), amounts,
        _inside(subject, stretch), params, evidence.get(code, ()), mend, basis,
    )  # fmt: skip


def _inside(subject: Subject, stretch: Stretch) -> tuple[str, ...]:
    """Payees who once ended on a stretch, as it stood for their own quota."""
    end = stretch.end
    shares = share_at(subject, stretch.start), None if end is None else share_at(subject, end)
    found: set[str] = set()
    for one in subject.observed:
        start = scaled(stretch.start, shares[0], one)
        stop = None if end is None else scaled(end, shares[1], one)
        is_before_end = end is None or (stop is not None and one.value < stop)
        if start is not None and one.value >= start and is_before_end:
            found.add(one.payee)
    return tuple(sorted(found))


def crowds(subject: Subject) -> Iterator[Finding]:
    """Round bounds just below which many people have ended, within one order's size."""
    people = {one.payee for one in subject.observed}
    for at, clause in subject.bounds:
        near = people_below(subject, at)
        share = share_at(subject, at)
        is_many = len(near) >= MANY_PEOPLE and len(near) * MANY_SHARE >= len(people)
        if not is_many or not is_round(at if share is None else share * 10):
            continue
        amounts = _placed(subject, at) | {"order": subject.order or ZERO}
        params = {**about(subject), "near": len(near), "known": len(people)}
        yield Finding(
            "round_boundary", "warning", clause, message("round_boundary", amounts, params),
            amounts, near, params, ("larkin-2014", "oyer-1998"),
            basis=(subject.component.id, *_cause(subject, clause)),
        )  # fmt: skip


def is_round(value: Decimal) -> bool:
    """At most two digits that are not closing zeros: 80, 4,500 and 1.5 are, 1,234 is not."""
    return value != 0 and len(value.normalize().as_tuple().digits) <= 2


def about(subject: Subject) -> dict[str, str | int]:
    """What wording needs to know of the component."""
    return {
        "component": subject.component.id,
        "measure": subject.measure.id,
        "is_money": int(subject.measure.is_money),
        "currency": subject.plan.currency,
        "quota": "assumed" if subject.is_assumed else "known" if subject.target else "",
    }


def _placed(subject: Subject, value: Decimal, name: str = "at") -> dict[str, Decimal]:
    """A place on the curve: the value, and its share of the quota where a quota matters."""
    found = {name: value}
    on_share = any(amount == value for amount, _share in shares_of(subject))
    if subject.target and (on_share or value == 0):
        found[f"{name}_share"] = subject.share_of(value) or ZERO
        found["quota"] = subject.target
    return found
