"""Shares of pools by the values of coalitions, worked out before the run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from paceline.engine import checks
from paceline.engine.columns import EXACT, TEXT
from paceline.engine.errors import InputInvalid, Problem
from paceline.engine.periods import Period
from paceline.engine.plan.games import JOIN, faults, weights
from paceline.engine.plan.model import Component, Plan
from paceline.engine.shape import arrow_table


def shared_by_value(plan: Plan) -> list[Component]:
    """The components whose pool is shared out by the values of coalitions."""
    return [one for one in plan.components if one.pool is not None and one.pool.share is None]


def weights_of(plan: Plan, period: Period, tables: Mapping[str, pa.Table]) -> pa.Table:
    """The weight of each player of each such pool, as `component`, `payee_id`, `weight`. Raises
    InputInvalid with all that is wrong with the table of coalitions.
    """
    day = period.ends_before - timedelta(days=1)
    team_of = _teams(tables, day)
    paid = _paid(plan, tables, period)
    problems: list[Problem] = []
    rows: list[dict[str, object]] = []
    for component in shared_by_value(plan):
        assert component.pool is not None  # noqa: S101
        for team, stated in _stated(component, tables, day).items():
            subject = ", ".join(filter(None, (component.pool.values or component.id, team)))
            found = list(faults(stated))
            players = sorted(frozenset().union(*(members for members, _ in stated)))
            home = team or team_of.get(players[0])
            found += [
                ("coalition_stranger", one)
                for one in players
                if one not in paid or home is None or team_of.get(one) != home
            ]
            problems += [
                checks.problem(code, "coalitions", subject, detail) for code, detail in found
            ]
            if not found:
                rows += [
                    {"component": component.id, "payee_id": one, "weight": Decimal(weight)}
                    for one, weight in weights(dict(stated)).items()
                ]
    if problems:
        raise InputInvalid(problems[:200])
    return arrow_table({"component": TEXT, "payee_id": TEXT, "weight": EXACT}, rows)


Stated = dict[str, list[tuple[frozenset[str], Decimal]]]


def _stated(component: Component, tables: Mapping[str, pa.Table], day: date) -> Stated:
    """The values of each team's coalitions; those in the plan are of whatever team they are in."""
    pool = component.pool
    assert pool is not None  # noqa: S101
    if pool.stated:
        return {"": list(pool.stated)}
    found: Stated = defaultdict(list)
    for row in _holding(tables, "coalitions", day):
        if row["pool"] == pool.values:
            members = frozenset(part.strip() for part in str(row["members"]).split(JOIN))
            found[str(row["team"])].append((members, Decimal(str(row["value"]))))
    return found


def _holding(tables: Mapping[str, pa.Table], name: str, day: date) -> list[dict[str, Any]]:
    """The rows of a table that hold on a day."""
    rows = tables[name].to_pylist() if name in tables else []
    return [
        row
        for row in rows
        if row["starts_on"] <= day and (row["ends_before"] is None or day < row["ends_before"])
    ]


def _teams(tables: Mapping[str, pa.Table], day: date) -> dict[str, str]:
    return {str(row["payee_id"]): str(row["team"]) for row in _holding(tables, "teams", day)}


def _paid(plan: Plan, tables: Mapping[str, pa.Table], period: Period) -> set[str]:
    """Everybody who is assigned to the plan on a day of the period."""
    return {
        str(row["payee_id"])
        for row in tables["assignments"].to_pylist()
        if row["plan"] == plan.slug
        and row["starts_on"] < period.ends_before
        and (row["ends_before"] is None or row["ends_before"] > period.starts_on)
    }
