"""Components: rate tables, fixed pay, conditions, cap and floor."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Literal, cast

from paceline.engine.plan.clauses import Clause, Unreadable
from paceline.engine.plan.model import Component, Condition, Measure, Quota, RateTable, Tier
from paceline.engine.plan.policies import Policies

KINDS = ("commission", "bonus", "override")


def read_component(
    clause: Clause,
    measures: tuple[Measure, ...],
    quotas: tuple[Quota, ...],
    policies: Policies | None,
) -> Component:
    """One component: `measure` and `rates`, or `pays` a fixed amount."""
    clause.keys(["id", "name", "kind"], ["measure", "rates", "pays", "when", "cap", "floor"])
    name = clause.child("id").identifier()
    title = clause.child("name").text()
    kind = clause.child("kind").choice(KINDS)
    if clause.has("pays") == clause.has("rates"):
        raise clause.refuse("pay_unclear", "a component has either rates or pays")
    condition = _condition(clause.child("when"), measures, quotas) if clause.has("when") else None
    measure: Measure | None = None
    rates: RateTable | None = None
    amount: Decimal | None = None
    if clause.has("rates"):
        clause.keys(["id", "name", "kind", "measure", "rates"], ["when", "cap", "floor"])
        measure = _measure(clause.child("measure"), measures)
        rates = _rates(clause.child("rates"), measure, quotas, policies)
    else:
        clause.keys(["id", "name", "kind", "pays"], ["when", "cap", "floor"])
        pays = clause.child("pays")
        pays.keys(["amount"])
        amount = pays.child("amount").amount()
    cap = clause.child("cap").amount() if clause.has("cap") else None
    floor = clause.child("floor").amount() if clause.has("floor") else None
    if cap is not None and floor is not None and floor > cap:
        raise clause.refuse(
            "floor_above_cap",
            f"the floor {floor} is above the cap {cap}",
            floor=str(floor),
            cap=str(cap),
        )
    return Component(
        name,
        title,
        kind,
        measure.id if measure else None,
        rates,
        amount,
        condition,
        cap,
        floor,
        clause.path,
    )


def _measure(clause: Clause, measures: tuple[Measure, ...]) -> Measure:
    word = clause.scalar()
    for measure in measures:
        if measure.id == word:
            return measure
    if clause.is_written("measure", word):
        raise Unreadable
    names = ", ".join(measure.id for measure in measures)
    raise clause.refuse(
        "reference_unknown",
        f"there is no measure {word[:60]}; there is: {names or 'none'}",
        what="measure",
        name=word[:60],
        known=names,
    )


def _quota(clause: Clause, quotas: tuple[Quota, ...]) -> Quota:
    word = clause.scalar()
    for quota in quotas:
        if quota.id == word:
            return quota
    if clause.is_written("quota", word):
        raise Unreadable
    names = ", ".join(quota.id for quota in quotas)
    raise clause.refuse(
        "reference_unknown",
        f"there is no quota {word[:60]}; there is: {names or 'none'}",
        what="quota",
        name=word[:60],
        known=names,
    )


def _condition(
    clause: Clause, measures: tuple[Measure, ...], quotas: tuple[Quota, ...]
) -> Condition:
    clause.keys(["at_least"], ["attainment", "measure"])
    if clause.has("attainment") == clause.has("measure"):
        raise clause.refuse(
            "condition_unclear", "a condition names either an attainment or a measure"
        )
    if clause.has("attainment"):
        quota = _quota(clause.child("attainment"), quotas)
        return Condition("attainment", quota.id, clause.child("at_least").percent(), clause.path)
    measure = _measure(clause.child("measure"), measures)
    return Condition("measure", measure.id, clause.child("at_least").amount(), clause.path)


def _rates(
    clause: Clause, measure: Measure, quotas: tuple[Quota, ...], policies: Policies | None
) -> RateTable:
    clause.keys(["reading", "on", "tiers"], ["quota"])
    reading = cast("Literal['slice', 'whole']", clause.child("reading").choice(["slice", "whole"]))
    on = cast(
        "Literal['attainment', 'amount']", clause.child("on").choice(["attainment", "amount"])
    )
    quota: Quota | None = None
    if on == "attainment":
        clause.keys(["reading", "on", "tiers", "quota"])
        quota = _quota(clause.child("quota"), quotas)
        if quota.measure != measure.id:
            raise clause.child("quota").refuse(
                "quota_of_other_measure",
                f"{quota.id} is a quota of {quota.measure}, not of {measure.id}",
                quota=quota.id,
                quota_measure=quota.measure,
                measure=measure.id,
            )
        if policies is not None and policies.accumulation == "transaction":
            raise clause.refuse(
                "attainment_needs_period",
                "a rate table on attainment needs accumulation: period",
            )
    else:
        clause.keys(["reading", "on", "tiers"])
    tiers = _tiers(clause.child("tiers"), by_quota=on == "attainment", percent=measure.is_money)
    return RateTable(reading, on, quota.id if quota else None, tiers, clause.path)


def _tiers(clause: Clause, *, by_quota: bool, percent: bool) -> tuple[Tier, ...]:
    """Tiers in order, the first from zero, each ending where the next begins."""
    read: list[tuple[Clause, Decimal, Decimal | None, Decimal]] = []
    failed = False
    for _, item in clause.members():
        try:
            item.keys(["from", "rate"], ["to"])
            start, rate = item.child("from"), item.child("rate")
            lower = start.percent() if by_quota else start.amount()
            upper: Decimal | None = None
            if item.has("to"):
                upper = item.child("to").percent() if by_quota else item.child("to").amount()
            read.append((item, lower, upper, rate.percent() if percent else rate.amount()))
        except Unreadable:
            failed = True
    if failed:
        raise Unreadable
    if not read:
        raise clause.refuse("list_empty", "at least one tier is needed")
    _check_order(read)
    tiers = []
    ends: list[Decimal | None] = [start for _, start, _, _ in read[1:]]
    for (place, lower, _, paid), end in zip(read, [*ends, read[-1][2]], strict=True):
        tiers.append(Tier(lower, end, paid, place.path))
    return tuple(tiers)


def _check_order(read: list[tuple[Clause, Decimal, Decimal | None, Decimal]]) -> None:
    first, lowest = read[0][0], read[0][1]
    problems = len(first.problems)
    if lowest != 0:
        first.refuse(
            "tiers_start_above_zero",
            f"the first tier starts at {lowest}; start at 0, with rate 0 where nothing is paid",
            start=str(lowest),
        )
    for (item, lower, upper, _), (after, start, _, _) in pairwise(read):
        if start <= lower:
            after.refuse(
                "tiers_unordered",
                f"this tier starts at {start}, not above {lower} where the one before does",
                start=str(start),
                before=str(lower),
            )
        elif upper is not None and upper < start:
            item.refuse(
                "tier_gap",
                f"nothing is said about values from {upper} to {start}",
                ends=str(upper),
                starts=str(start),
            )
        elif upper is not None and upper > start:
            item.refuse(
                "tier_overlap",
                f"this tier ends at {upper} but the next starts at {start}",
                ends=str(upper),
                starts=str(start),
            )
    last, lower, upper, _ = read[-1]
    if upper is not None:
        last.refuse(
            "tier_ends",
            f"nothing is said about values from {upper} on; leave out `to` in the last tier",
            ends=str(upper),
        )
    if len(first.problems) > problems:
        raise Unreadable
