"""What a payee would have earned under another text of the plan."""

from __future__ import annotations

import duckdb

from paceline.engine.comparison.narrow import narrow
from paceline.engine.database import reused_database
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.results import Results
from paceline.engine.run import calculate_part
from paceline.engine.tables import Tables


def under_plan(
    plan: Plan,
    tables: Tables,
    period: Period,
    payee_id: str,
    *,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Results:
    """What the payee would have earned under another text of the plan, over the same tables.

    A calculation of the engine like any other, over the lines that can reach the payee. Raises
    InputInvalid when the text needs what the tables do not have.
    """
    database = connection or reused_database(tables)
    rows = narrow(plan, tables, period, payee_id, only_read=True, connection=database)
    return calculate_part(plan, rows, period, database)
