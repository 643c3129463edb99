"""Rate tables: how they are read, what they are read by, and their tiers in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import pairwise, product
from math import prod
from typing import cast

from paceline.engine.plan.clauses import Clause, Unreadable
from paceline.engine.plan.imported import read_imported
from paceline.engine.plan.model import (
    Change,
    Dated,
    ImportedTiers,
    Interval,
    Measure,
    Quota,
    RateTable,
    Reading,
    Tier,
    TierValue,
)
from paceline.engine.plan.scope import Scope, reference_to

READINGS = ("slice", "whole", "interpolated")
CHANGES = ("carry-on", "anew", "last-day")
SUBJECTS = ("amount", "attainment", "measure")
MAX_DIMENSIONS = 3  # of a grid, beside its rows
MAX_COLUMNS = 500  # values of one tier
VALUES: tuple[TierValue, ...] = ("rate", "amount", "target_share")


def read_rates(clause: Clause, measure: Measure, scope: Scope, window: str) -> RateTable:
    """The rate table of a component that pays on `measure` and accumulates over `window`."""
    named = ["change", "dated"] if clause.has("dated") else ["tiers"]
    if clause.has("table"):
        named = ["table"]
    whole = ["tiers", "dated", "change", "table", "quota", "by", "across", "each"]
    clause.keys(["reading", "on"], whole)
    reading = cast("Reading", clause.child("reading").choice(READINGS))
    on = clause.child("on").choice(SUBJECTS)
    extra = {"attainment": ["quota"], "measure": ["by"], "amount": []}[on]
    if clause.has("dated") and not clause.has("change"):
        raise clause.refuse(
            "change_missing",
            "say what becomes of the running total when the tiers change; choose "
            + " or ".join(CHANGES),
            choices=" or ".join(CHANGES),
        )
    clause.keys(["reading", "on", *named, *extra], [] if named == ["table"] else ["across", "each"])
    quota: Quota | None = None
    subject = measure
    if on == "attainment":
        quota = _quota_of(clause, measure, scope, window)
    elif on == "measure":
        subject = reference_to(clause.child("by"), scope.measures, "measure")
    by_share = on == "attainment" or subject.type == "percent"
    grid = _dimensions(clause.child("across"), scope) if clause.has("across") else []
    read = partial(
        read_tiers,
        by_share=by_share,
        percent=measure.is_money,
        reading=reading,
        columns=tuple(columns for _, columns in grid),
    )
    change: Change | None = None
    dated: tuple[Dated, ...] = ()
    imported: ImportedTiers | None = None
    tiers: tuple[Tier, ...] = ()
    if clause.has("table"):
        imported, value = read_imported(clause.child("table"), reading, on, scope)
    elif clause.has("dated"):
        change = cast("Change", clause.child("change").choice(CHANGES))
        dated, value = read_dated(clause.child("dated"), read)
        tiers = tuple(tier for one in dated for tier in one.tiers)
    else:
        tiers, value = read(clause.child("tiers"))
    floor, cap = _each(clause.child("each"), tiers) if clause.has("each") else (None, None)
    table = RateTable(
        reading,
        on,  # type: ignore[arg-type]
        quota.id if quota else None,
        tiers,
        clause.path,
        value,
        subject.id if on == "measure" else None,
        tuple(name for name, _ in grid),
        floor,
        cap,
        dated,
        change,
        imported,
    )
    _check_reading(clause, table, scope)
    _check_spread(clause, table, (measure, subject), scope)
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


Columns = tuple[Interval, ...]  # of one dimension


def _dimensions(clause: Clause, scope: Scope) -> list[tuple[str, Columns]]:
    """The dimensions of a grid beside its rows: one, or several in a list."""
    if not clause.is_list:
        return [_across(clause, scope)]
    listed = list(clause.members())
    if not 1 <= len(listed) <= MAX_DIMENSIONS:
        raise clause.refuse(
            "dimensions_too_many",
            f"a grid has up to {MAX_DIMENSIONS} dimensions beside its rows, here are {len(listed)}",
            limit=MAX_DIMENSIONS,
            given=len(listed),
        )
    found = [_across(item, scope) for _, item in listed]
    names = [name for name, _ in found]
    cells = prod(len(columns) for _, columns in found)
    if cells > MAX_COLUMNS:
        raise clause.refuse(
            "columns_too_many",
            f"a tier of a grid has at most {MAX_COLUMNS} values, here are {cells}",
            limit=MAX_COLUMNS,
            given=cells,
        )
    for place, name in enumerate(names):
        if name in names[:place]:
            raise listed[place][1].refuse(
                "dimension_twice", f"{name} chooses the columns already", measure=name
            )
    return found


def _across(clause: Clause, scope: Scope) -> tuple[str, Columns]:
    """A further dimension of a grid: a measure and where its columns begin, the first at zero."""
    clause.keys(["by", "from"])
    measure = reference_to(clause.child("by"), scope.measures, "measure")
    starts = [
        item.percent() if measure.type == "percent" else item.amount()
        for _, item in clause.child("from").members()
    ]
    if not starts or starts[0] != 0 or any(b <= a for a, b in pairwise(starts)):
        raise clause.child("from").refuse(
            "columns_unordered", "the columns of a grid begin at 0 and rise"
        )
    return measure.id, tuple(zip(starts, [*starts[1:], None], strict=True))


def _each(clause: Clause, tiers: tuple[Tier, ...]) -> tuple[Decimal | None, Decimal | None]:
    """The least and the most that each stretch earns, such as each sale."""
    clause.keys([], ["floor", "cap"])
    floor, cap = clause.limits()
    if len(tiers) > 1:
        raise clause.refuse("bounds_need_one_tier", "only a table of one tier bounds each stretch")
    return floor, cap


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
    if table.value == "target_share" and scope.target is None:
        raise clause.refuse(
            "target_incentive_missing",
            "a share of the target incentive needs `target_incentive` at the head of the plan",
        )
    if table.across and table.reading != "whole":
        raise clause.refuse("grid_needs_whole", "a grid is read whole")
    if any(tier.marginal for tier in table.tiers) and (
        table.across or table.reading != "whole" or table.value != "rate" or table.on == "measure"
    ):
        raise clause.refuse(
            "marginal_needs_whole",
            "only a whole-amount table of rates on its own measure can have marginal tiers",
        )


def _is_of_lines(measure: Measure, scope: Scope) -> bool:
    """The measure is added up from the lines of the period, or made of such measures."""
    parts = [one for one in scope.measures if one.id in measure.parts]
    own = measure.is_summed or bool(parts)
    return own and measure.window is None and all(_is_of_lines(one, scope) for one in parts)


def _check_spread(
    clause: Clause, table: RateTable, read: tuple[Measure, Measure], scope: Scope
) -> None:
    """What can be told line by line, and from one day to the next."""
    measure, subject = read
    decided = [subject] if table.on == "measure" and table.imported is None else []
    decided += [one for name in table.across for one in scope.measures if one.id == name]
    counted = [measure, *decided] if table.by_shares else [measure]
    unknown = [one for one in counted if not one.is_summed or one.window is not None]
    unknown += [one for one in decided if not _is_of_lines(one, scope)]
    if table.is_spread:
        for one in unknown[:1]:
            raise clause.refuse(
                "lines_needed",
                f"{one.id} is not added up from the lines of the period; slices of another "
                "measure, and tiers that change on a day, go from line to line",
                measure=one.id,
            )
    if table.is_spread and (table.floor is not None or table.cap is not None):
        raise clause.child("each").refuse(
            "bounds_need_one_tier", "only a table of one tier bounds each stretch"
        )
    if table.by_last_day and table.by_shares:
        raise clause.child("change").refuse(
            "last_day_by_shares",
            "slices that another measure fills go from line to line; write change: carry-on or "
            "anew",
        )
    if table.dated and not table.by_last_day and table.value != "rate":
        raise clause.child("change").refuse(
            "dated_needs_rates",
            "from line to line only rates change; tiers that pay amounts, or shares of the target "
            "incentive, change for all that they count: write change: last-day",
        )


def read_dated(
    clause: Clause, read: Callable[[Clause], tuple[tuple[Tier, ...], TierValue]]
) -> tuple[tuple[Dated, ...], TierValue]:
    """Tiers by days: the first hold since ever, each until the next begin. A stated end is checked,
    so that no day has two tables or none.
    """
    found: list[Dated] = []
    values: list[TierValue] = []
    ends: date | None = None
    stated: Clause | None = None
    for place, item in clause.members():
        item.keys(["tiers"] if place == 1 else ["from", "tiers"], ["from", "before"])
        starts = item.child("from").day() if item.has("from") else None
        if place == 1 and starts is not None:
            raise item.child("from").refuse(
                "dated_starts_late",
                f"days before {starts} have no tiers; leave out `from` in the first table",
                starts=str(starts),
            )
        _check_days(item, starts, found[-1].starts_on if found else None, (stated, ends))
        tiers, value = read(item.child("tiers"))
        versioned = tuple(replace(tier, version=place - 1) for tier in tiers)
        found.append(Dated(starts, versioned, item.path))
        values.append(value)
        stated = item.child("before") if item.has("before") else None
        ends = stated.day() if stated is not None else None
    if not found:
        raise clause.refuse("list_empty", "at least one is needed here")
    if stated is not None:
        raise stated.refuse(
            "dated_ends",
            f"days from {ends} on have no tiers; leave out `before` in the last table",
            ends=str(ends),
        )
    if len(set(values)) > 1:
        raise clause.refuse(
            "tiers_differ", "the tiers of one table all pay a rate, an amount or a target_share"
        )
    return tuple(found), values[0]


def _check_days(
    item: Clause, starts: date | None, before: date | None, end: tuple[Clause | None, date | None]
) -> None:
    """A table begins after the one before, and where that one ends if it says so."""
    if starts is None:
        return
    if before is not None and starts <= before:
        raise item.child("from").refuse(
            "dated_unordered",
            f"these tiers start on {starts}, not after {before} when the ones before do",
            starts=str(starts),
            before=str(before),
        )
    stated, ends = end
    if stated is not None and ends is not None and ends != starts:
        code = "dated_gap" if ends < starts else "dated_overlap"
        said = "have no tiers" if ends < starts else "have two tables"
        first, last = min(ends, starts), max(ends, starts)
        raise stated.refuse(
            code, f"the days from {first} to {last} {said}", first=str(first), last=str(last)
        )


def read_tiers(
    clause: Clause,
    *,
    by_share: bool,
    percent: bool,
    reading: str,
    columns: tuple[Columns, ...] = (),
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
            rates = _paid(paid, [len(one) for one in columns], is_share=is_share)
            read.append((item, lower, upper, rates, marginal))
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
        Tier(lower, end, rate, place.path, marginal, across)
        for (place, lower, _, rates, marginal), end in zip(read, [*ends, read[-1][2]], strict=True)
        for rate, across in zip(rates, product(*columns), strict=True)
    )
    return tiers, values[0]


_Read = tuple[Clause, Decimal, Decimal | None, tuple[Decimal, ...], bool]


def _paid(clause: Clause, widths: Sequence[int], *, is_share: bool) -> tuple[Decimal, ...]:
    """What a tier pays: one value, or one for each column of a grid: for each of the first
    dimension a list by the next.
    """
    if not widths:
        return (clause.percent() if is_share else clause.amount(),)
    items = [item for _, item in clause.members()]
    if len(items) != widths[0]:
        raise clause.refuse(
            "grid_incomplete",
            f"{len(items)} values are given for {widths[0]} columns",
            given=len(items),
            wanted=widths[0],
        )
    return tuple(one for item in items for one in _paid(item, widths[1:], is_share=is_share))


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
