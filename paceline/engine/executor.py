"""Where the steps run: what a run asks of a database, and nothing that only one database has.

The steps are expression trees. DuckDB runs them in this process (`database`), Spark on a cluster
(`spark`); both give every amount to the last digit alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Protocol

import pyarrow as pa
from sqlglot import exp

from paceline.engine.inputs import OpenInputs
from paceline.engine.line_files import FileFacts
from paceline.engine.periods import Period
from paceline.engine.plan.model import Plan
from paceline.engine.shape import Shape
from paceline.engine.tables import ParquetFiles, Tables


class Workspace(Protocol):
    """One run's tables: the inputs as `in_<table>`, then a table for each step.

    `key` and `variant` name a query among those of the plan's style, so that a database that
    prepares statements can keep them. `overflows` are the errors that mean that an amount has more
    digits than its type.
    """

    plan: Plan
    tables: Tables
    inputs: OpenInputs
    imported: dict[str, tuple[int, Decimal]]  # lines and amount by currency
    parameters: dict[str, Any]
    overflows: tuple[type[Exception], ...]

    def open_inputs(self) -> list[str]:
        """Put every input under its name; returns the names that were given. Raises
        InputInvalid.
        """
        ...

    def view_lines(self, files: Sequence[FileFacts], *, marked: bool = False) -> None:
        """Let `in_order_lines` be the lines of these files, with the declared columns and types; or
        `in_marked_lines` those of them that are marked as having split rows.
        """
        ...

    @property
    def reads_marked(self) -> bool:
        """Whether lines that their files mark as having split rows are read into memory."""
        ...

    def register(self, name: str, rows: pa.Table) -> None:
        """Put a table that is in memory under a name."""
        ...

    def create(self, name: str, make: Callable[[], exp.Query], *, variant: str = "") -> None:
        """Make a table of the run."""
        ...

    def rows(self, key: str, make: Callable[[], exp.Query]) -> list[tuple[Any, ...]]:
        """The rows of a query as Python values."""
        ...

    def fetch(self, key: str, make: Callable[[], exp.Query], *, few: bool = False) -> pa.Table:
        """The rows of a query as Arrow; `few` says that there is about one for each payee."""
        ...

    def hashes(self, given: ParquetFiles) -> list[str]:
        """The sha256 of each file of a table."""
        ...

    def stand_alone(self) -> None:
        """From now on what a statement fails at leaves the others; nothing has been done yet."""
        ...

    def close(self) -> None:
        """Leave nothing of the run behind."""
        ...


class Executor(Protocol):
    """Opens a workspace for each run."""

    def open(self, shape: Shape, tables: Tables, period: Period) -> Workspace:
        """A workspace for one run of a plan of this shape; the caller closes it."""
        ...


def bound_values(plan: Plan, period: Period) -> dict[str, Any]:
    """The values that the steps leave open, by the names that they are bound by."""
    return {
        "starts_on": period.starts_on,
        "ends_before": period.ends_before,
        "last_day": period.ends_before - timedelta(days=1),
        "plan": plan.slug,
        "currency": plan.currency,
        "rate_type": plan.policies.exchange_rate,
    }
