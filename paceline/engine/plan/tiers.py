"""Rate tables: how they are read, what they are read by, and their tiers in order."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import cast

from paceline.engine.plan.clauses import Clause, Unreadable
from paceline.engine.plan.model import Measure, Quota, RateTable, Reading, Tier, TierValue
from paceline.engine.plan.scope import Scope, reference_to

READINGS = ("slice", "whole", "interpolated")
SUBJECTS = ("amount", "attainment", "measure")
VALUES: tuple[TierValue, ...] = ("rate", "amount", "target_share")


def read_rates(clause: Clause, measure: Measure, scope: Scope, window: str) -> RateTable:
    """The rate table of a component that pays on `measure` and accumulates over `window`."""
    clause.keys(["reading", "on", "tiers"], ["quota", "by"])
    reading = cast("Reading", clause.child("reading").choice(READINGS))
    on = clause.child("on").choice(SUBJECTS)
    extra = {"attainment": ["quota"], "measure": ["by"], "amount": []}[on]
    clause.keys(["reading", "on", "tiers", *extra])
    quota: Quota | None = None
    subject = measure
    if on == "attainment":
        quota = _quota_of(clause, measure, scope, window)
    elif on == "measure":
        subject = reference_to(clause.child("by"), scope.measures, "measure")
    by_share = on == "attainment" or subject.type == "percent"
    tiers, value = read_tiers(
        clause.child("tiers"), by_share=by_share, percent=measure.is_money, reading=reading
    )
    table = RateTable(
        reading,
        on,  # type: ignore[arg-type]
        quota.id if quota else None,
        tiers,
        clause.path,
        value,
        subject.id if on == "measure" else None,
    )
    _check_reading(clause, table, scope)
    return table


def _quota_of(clause: Clause, measure: Measure, scope: Scope, window: str) -> Quota:
    quota = reference_to(clause.child("quota"), scope.quotas, "quota")
    if quota.measure != measure.id:
        raise clause.child("quota").refuse(
            "quota_of_other_measure",
            f"{quota.id} is a quota of {quota.measure}, not of {measure.id}",
            quota=quota.id,
            quota_measure=quota.measure,
            measure=measure.id,
        )
    if scope.is_shorter(window):
        raise clause.refuse(
            "attainment_needs_period",
            "a rate table on attainment needs accumulation: period",
        )
    over = "period" if quota.over == scope.period else quota.over
    if over != ("period" if window == scope.period else window):
        raise clause.child("quota").refuse(
            "quota_of_other_window",
            f"{quota.id} is a target for the {quota.over}; the table accumulates the {window}",
            quota=quota.id,
            over=quota.over,
            window=window,
        )
    return quota


def _check_reading(clause: Clause, table: RateTable, scope: Scope) -> None:
    """Combinations that nobody could explain are refused, with the reason."""
    if table.reading == "interpolated" and table.value == "rate":
        raise clause.refuse(
            "interpolation_needs_amounts",
            "an interpolated table pays amounts; give its tiers `amount` or `target_share`",
        )
    if table.reading == "slice" and table.value != "rate":
        raise clause.refuse(
            "slices_need_rates",
            "a table of amounts is read whole or interpolated; slices pay rates",
        )
    if table.on == "measure" and table.value == "rate" and table.reading != "whole":
        raise clause.refuse(
            "slices_of_other_measure",
            "a table read by another measure pays its rate on the whole amount: reading: whole",
        )
    if table.value == "target_share" and scope.target is None:
        raise clause.refuse(
            "target_incentive_missing",
            "a share of the target incentive needs `target_incentive` at the head of the plan",
        )
    if any(tier.marginal for tier in table.tiers) and (
        table.reading != "whole" or table.value != "rate" or table.on == "measure"
    ):
        raise clause.refuse(
            "marginal_needs_whole",
            "only a whole-amount table of rates on its own measure can have marginal tiers",
        )


def read_tiers(
    clause: Clause, *, by_share: bool, percent: bool, reading: str
) -> tuple[tuple[Tier, ...], TierValue]:
    """Tiers in order, the first from zero, each ending where the next begins, and what they pay."""
    read: list[_Read] = []
    values: list[TierValue] = []
    failed = False
    for _, item in clause.members():
        try:
            value = _value_of(item)
            start = item.child("from")
            lower = start.percent() if by_share else start.amount()
            upper: Decimal | None = None
            if item.has("to"):
                upper = item.child("to").percent() if by_share else item.child("to").amount()
            paid = item.child(value)
            is_share = value == "target_share" or (value == "rate" and percent)
            marginal = item.has("marginal")
            if marginal:
                marginal = item.child("marginal").choice(["yes", "no"]) == "yes"
            read.append(
                (
                    item,
                    lower,
                    upper,
                    paid.percent() if is_share else paid.amount(),
                    marginal == "yes",
                )
            )
            values.append(value)
        except Unreadable:
            failed = True
    if failed:
        raise Unreadable
    if not read:
        raise clause.refuse("list_empty", "at least one tier is needed")
    if len(set(values)) > 1:
        raise clause.refuse(
            "tiers_differ", "the tiers of one table all pay a rate, an amount or a target_share"
        )
    _check_order(read, ends=reading == "interpolated")
    ends: list[Decimal | None] = [start for _, start, _, _, _ in read[1:]]
    tiers = tuple(
        Tier(lower, end, paid, place.path, marginal)
        for (place, lower, _, paid, marginal), end in zip(read, [*ends, read[-1][2]], strict=True)
    )
    return tiers, values[0]


_Read = tuple[Clause, Decimal, Decimal | None, Decimal, bool]


def _value_of(item: Clause) -> TierValue:
    item.keys(["from"], ["to", "marginal", *VALUES])
    stated = [value for value in VALUES if item.has(value)]
    if not stated:
        item.keys(["from", "rate"], ["to", "marginal"])
    if len(stated) > 1:
        raise item.refuse(
            "tier_pays_twice", f"a tier pays one of {', '.join(VALUES)}", choices=", ".join(VALUES)
        )
    return stated[0]


def _check_order(read: list[_Read], *, ends: bool) -> None:
    """No gap, no overlap, from zero on; the last tier ends only in an interpolated table."""
    first, lowest = read[0][0], read[0][1]
    problems = len(first.problems)
    if lowest != 0:
        first.refuse(
            "tiers_start_above_zero",
            f"the first tier starts at {lowest}; start at 0, with rate 0 where nothing is paid",
            start=str(lowest),
        )
    for (item, lower, upper, *_), (after, start, *_) in pairwise(read):
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
    last, lower, upper, *_ = read[-1]
    if ends and (upper is None or upper <= lower):
        last.refuse(
            "tier_end_missing",
            "the last tier of an interpolated table needs an end; say where it is full in `to`",
        )
    elif upper is not None and not ends:
        last.refuse(
            "tier_ends",
            f"nothing is said about values from {upper} on; leave out `to` in the last tier",
            ends=str(upper),
        )
    if len(first.problems) > problems:
        raise Unreadable
