"""Laying out the days of a run: their slots, spans and stretches, and each day's exchange rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from paceline.engine import columns as c
from paceline.engine import windows
from paceline.engine.coalitions import shared_by_value, weights_of
from paceline.engine.columns import COUNT, DATE, EXCHANGE, PLACE, Kind
from paceline.engine.executor import Workspace
from paceline.engine.periods import Period
from paceline.engine.plan.imported import lookups_of
from paceline.engine.rate_tables import rate_rows
from paceline.engine.shape import Shape, arrow_table, arrow_type
from paceline.engine.steps import crediting, exchange, lines
from paceline.engine.steps.days import Days, has_two_days, rate_name
from paceline.engine.targets import targets_of, worked_out


def lay_out(workspace: Workspace, shape: Shape, period: Period) -> Days:
    """Register the calendar and the slots, and bind what the windows are in this period."""
    plan, tables = shape.plan, workspace.inputs.tables
    spans = windows.spans_of(plan, period, shape.windows, _earliest(tables, period))
    first, end = spans.horizon, period.ends_before
    if has_two_days(plan.policies):  # a line may have been sold long before its anchor
        first = end - timedelta(days=windows.MAX_DAYS)
    edges = set(crediting.breakpoints(plan, tables, first, end))
    slots = sorted({first, period.starts_on} | edges)
    currencies = tuple(sorted(set(workspace.imported) - {plan.currency, None}))
    rates = exchange.rates_of(plan, currencies, tables.get("exchange_rates"))
    looked_up = _rate_tables(workspace, shape)
    narrow = exchange.narrow_kinds(rates, workspace.inputs.largest_amount)
    rate_kind = EXCHANGE if narrow is None else narrow[1]
    changes = {
        name: edges if not unit else _by_stretches(shape, period, unit, edges)
        for name, (edges, unit) in zip(shape.versions, shape.changes, strict=True)
    }
    changes |= looked_up
    calendar = _calendar(shape, period, (first, end), slots, spans, changes, (rates, rate_kind))
    starts = [{"slot": place, "starts_on": day} for place, day in enumerate(slots)]
    kinds: dict[str, Kind] = {column.name: column.kind for column in lines.SLOTS.columns}
    workspace.inputs.laid_out = {"calendar": calendar, "slots": arrow_table(kinds, starts)}
    _place(workspace, calendar)
    workspace.parameters["horizon"] = spans.horizon
    workspace.parameters["first_slot"] = slots.index(period.starts_on)
    for place, key in enumerate(shape.windows):
        run = spans.runs[key]
        workspace.parameters[f"window_{place}_from"] = run[0]
        workspace.parameters[f"window_{place}_through"] = run[1]
    if worked_out(plan):
        workspace.register("targets", targets_of(plan, period, tables))
    if shared_by_value(plan):
        workspace.register("shapley", weights_of(plan, period, tables))
    for over in {"period", *(quota.over for quota in plan.quotas)}:
        starts_on, ends_before = windows.target_window(plan, period, over)
        name = over.replace("-", "_")
        workspace.parameters[f"target_starts_{name}"] = starts_on
        workspace.parameters[f"target_ends_{name}"] = ends_before
    return Days(
        plan.policies,
        currencies,
        has_slots=len(slots) > 1,
        has_spans=shape.has_windows,
        instances=(*shape.instances, *shape.versions, *shape.held),
        has_holes=any(calendar.column(name).null_count for name in calendar.column_names),
        narrow=narrow,
    )


def _rate_tables(workspace: Workspace, shape: Shape) -> dict[str, Sequence[date]]:
    """Register the tables of rates that are asked; the days on which their rows change."""
    found: dict[str, Sequence[date]] = {}
    patterns: list[tuple[int, ...]] = []
    for place, (name, rates) in enumerate(
        zip(shape.held, lookups_of(shape.plan).values(), strict=True)
    ):
        laid = rate_rows(workspace.inputs.tables, rates)
        workspace.register(f"rates_{place}", laid.rows)
        found[name] = laid.changes
        patterns.append(laid.patterns)
    workspace.inputs.patterns = tuple(patterns)
    return found


def _by_stretches(shape: Shape, period: Period, unit: str, edges: Sequence[date]) -> Sequence[date]:
    """The days with which stretches begin on whose last day, inside the period, another set of
    tiers holds.
    """
    starts = [max(windows.instance_of(shape.plan, unit, day), period.starts_on) for day in edges]
    return [
        start if period.starts_on <= day < period.ends_before else day
        for start, day in zip(starts, edges, strict=True)
    ]


def put_slots(workspace: Workspace) -> None:
    """Register the slots, for the few steps that look for the days in them."""
    workspace.register("slots", workspace.inputs.laid_out["slots"])


MANY_LINES = 200_000


def _place(workspace: Workspace, calendar: pa.Table) -> None:
    """Put the calendar where the lines find it. For many lines it becomes a table of the database,
    which knows of its own tables that days are dense, and then looks days up instead of hashing.
    """
    if workspace.inputs.line_count < MANY_LINES:
        workspace.register("calendar", calendar)
        return
    workspace.register("calendar_rows", calendar)
    names = calendar.column_names
    query = c.select({name: c.col(name) for name in names})
    make = partial(query.from_, c.source("calendar_rows"), copy=False)
    workspace.create("calendar", make, variant=", ".join(names))


def _calendar(
    shape: Shape,
    period: Period,
    days: tuple[date, date],
    slots: list[date],
    spans: windows.Spans,
    changes: Mapping[str, Sequence[date]],
    exchanged: tuple[exchange.Rates, Kind],
) -> pa.Table:
    """A row for each day with all that is decided by it; `changes` are the days on which the number
    in a column rises.
    """
    (first, before), (rates, rate_kind) = days, exchanged
    count = (before - first).days
    start = (first - EPOCH).days
    day = pa.array(range(start, start + count), arrow_type(COUNT))
    on_date = day.cast(pa.int32()).cast(arrow_type(DATE))
    numbers = {"slot": _rising(days, slots[1:]), "span": _rising(days, spans.starts[1:])}
    for name in shape.instances:
        seen: dict[date, int] = {}
        instances = (windows.instance_of(shape.plan, name, day) for day in on_date.to_pylist())
        numbers[name] = [seen.setdefault(one, len(seen)) for one in instances]
    numbers |= {name: _rising(days, edges) for name, edges in changes.items()}
    columns = {"on_day": day}
    columns |= {name: pa.array(each, arrow_type(PLACE)) for name, each in numbers.items()}
    asked = on_date
    if shape.plan.policies.exchange_date == "period-end":
        asked = pa.repeat(pa.scalar(period.ends_before - timedelta(days=1)), count)
    for currency, rows in rates.items():
        columns[rate_name(currency)] = exchange.rates_on(asked, rows, rate_kind)
    return pa.table(columns)


EPOCH = date(1970, 1, 1)  # Arrow counts days from it


def _rising(days: tuple[date, date], edges: Sequence[date]) -> list[int]:
    """For each day how many of the edges, which are in order, have come."""
    first, before = days
    count = (before - first).days
    places = [min(max((edge - first).days, 0), count) for edge in edges]
    ends = [*places, count]
    return [number for number, (at, end) in enumerate(pairwise([0, *ends])) for _ in range(at, end)]


def _earliest(tables: dict[str, pa.Table], period: Period) -> date:
    """The first day on which anybody is in a plan."""
    rows = tables.get("assignments")
    found = None if rows is None else pc.min(rows.column("starts_on")).as_py()
    return found if isinstance(found, date) else period.starts_on
