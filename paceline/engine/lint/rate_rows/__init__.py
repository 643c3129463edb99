"""Findings in the rows of tables of rates."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from paceline.engine.inputs import open_inputs
from paceline.engine.lint.findings import Finding
from paceline.engine.lint.history import History
from paceline.engine.lint.messages import message
from paceline.engine.lint.rate_rows.kinds import Looking
from paceline.engine.lint.rate_rows.limited import Limited
from paceline.engine.plan.imported import imported_tables
from paceline.engine.plan.model import Component, Plan
from paceline.engine.rate_tables import TABLE, check_rate_tables
from paceline.engine.tables import Tables


def rates_of(plan: Plan, tables: Tables) -> pa.Table | None:
    """The rows of the tables of rates that a plan asks, as it reads them; None without any.

    Raises InputInvalid when they cannot be read.
    """
    if TABLE not in tables or not imported_tables(plan):
        return None
    return open_inputs(plan, Tables({TABLE: tables.sources[TABLE]})).tables[TABLE]


def refused_rows(plan: Plan, rows: pa.Table) -> dict[str, list[tuple[str, str, str, int]]]:
    """What refuses a run over these rows, by the table's name: code, row and key, what it says,
    and how many rows.
    """
    found: dict[str, list[tuple[str, str, str, int]]] = {}
    for code, _, subject, detail, count in check_rate_tables(plan, {TABLE: rows}):
        named = [subject.partition(",")[0]]
        if code == "rate_table_too_long":
            named = [name for name, _by in imported_tables(plan)]
        for name in named:
            found.setdefault(name, []).append((code, subject, detail, count))
    return found


def tabled(
    plan: Plan, component: Component, rows: pa.Table, history: History | None
) -> Iterator[Finding]:
    """All findings about one component whose tiers are rows; the rows can be calculated with."""
    looking = Limited(plan, component, rows, history)
    if looking.rates.reading == "whole":
        yield from looking.jumps()
    yield from looking.negative()
    yield from looking.idle()
    yield from looking.above_whole()
    yield from looking.above_margin()
    yield from looking.unreached()
    yield from looking.without_row()
    yield from looking.gates()
    yield from looking.capped()
    yield from looking.floored()
    yield from looking.caps()


def unknown_of(
    plan: Plan, component: Component, rows: pa.Table, history: History | None
) -> Iterator[tuple[str, str]]:
    """What could not be looked at, and why: what limits do to all keys together, who sold what."""
    looking = Looking(plan, component, rows, history)
    if looking.limits.is_open:
        yield "limits", "condition"
    elif looking.limits.any and looking.together is None:
        yield "limits", "keys"
    if not looking.under.sold:
        yield "people", "history" if history is None else "lines"


def refusal(component: Component, code: str, said: tuple[str, str, int]) -> Finding:
    """Rows that no run would take, such as a gap between two tiers of a key."""
    subject, detail, count = said
    params = {"component": component.id, "code": code, "subject": subject, "detail": detail}
    params |= {"rows": str(count)}
    rates = component.rates
    return Finding(
        "rates_refused", "serious", rates.clause if rates else component.clause,
        message("rates_refused", {}, params), params=params,
        basis=(component.id, code, subject, detail),
    )  # fmt: skip


__all__ = ["knows_sold", "rates_of", "refusal", "refused_rows", "tabled"]
