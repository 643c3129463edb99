"""One run on Spark: the inputs and the steps as temporary views of a session of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import groupby
from typing import Any

import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from paceline.engine import columns as c
from paceline.engine.executor import bound_values
from paceline.engine.inputs import (
    LOOKED_UP,
    OpenInputs,
    declared_columns,
    line_columns,
    open_inputs,
)
from paceline.engine.line_files import SPLIT_MARK, FileFacts
from paceline.engine.periods import Period
from paceline.engine.shape import Shape, empty_table
from paceline.engine.spark.dialect import render
from paceline.engine.spark.files import LakeFiles, plain
from paceline.engine.tables import INPUTS, ParquetFiles, Tables

# What decides the meaning of the steps; a session's other settings are its owner's.
SETTINGS = {
    "spark.sql.ansi.enabled": "true",  # overflow is an error, not an empty value
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    "spark.sql.variable.substitute": "false",  # "${…}" in a formula is text
    "spark.sql.parser.escapedStringLiterals": "false",
    "spark.sql.caseSensitive": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.cteRecursionRowLimit": "-1",
}
_TOO_LARGE = re.compile(
    r"\[(NUMERIC_VALUE_OUT_OF_RANGE|ARITHMETIC_OVERFLOW|BINARY_ARITHMETIC_OVERFLOW|CAST_OVERFLOW"
    r"|DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION|OUT_OF_DECIMAL_TYPE_RANGE)\b"
)


class AmountTooLarge(ArithmeticError):
    """An amount has more digits than its type."""


class SparkWorkspace:
    """The run's inputs as views `in_<table>` and a view for each step, in a session of its own.

    Every step is kept once it is computed, in the workers' memory or on their disks, because most
    are read more than once. Nothing of the run is left in the session that it came from.
    """

    overflows: tuple[type[Exception], ...] = (AmountTooLarge,)

    def __init__(self, session: SparkSession, shape: Shape, tables: Tables, period: Period) -> None:
        self.session = session.newSession()
        for name, value in SETTINGS.items():
            self.session.conf.set(name, value)
        self.plan = shape.plan
        self.tables = tables
        self.inputs = OpenInputs()
        self.imported: dict[str, tuple[int, Decimal]] = {}
        self.parameters = bound_values(shape.plan, period)
        self.files = LakeFiles(self.session)
        self._kept: list[DataFrame] = []

    def stand_alone(self) -> None:
        """Statements always do."""

    def close(self) -> None:
        for frame in reversed(self._kept):
            frame.unpersist()

    def rows(self, key: str, make: Callable[[], exp.Query]) -> list[tuple[Any, ...]]:  # noqa: ARG002 -- nothing is prepared
        with _told_apart():
            return [tuple(row) for row in self._frame(make()).collect()]

    def fetch(self, key: str, make: Callable[[], exp.Query], *, few: bool = False) -> pa.Table:  # noqa: ARG002 -- nothing is prepared
        with _told_apart():
            return plain(self._frame(make()).toArrow())

    def create(self, name: str, make: Callable[[], exp.Query], *, variant: str = "") -> None:  # noqa: ARG002 -- nothing is prepared
        with _told_apart():
            frame = self._frame(make()).persist()
        frame.createOrReplaceTempView(name)
        self._kept.append(frame)

    def register(self, name: str, rows: pa.Table) -> None:
        self.session.createDataFrame(rows).createOrReplaceTempView(name)

    def hashes(self, given: ParquetFiles) -> list[str]:
        return self.files.hashes(given)

    def open_inputs(self) -> list[str]:
        """Put every input under its name; returns the names that were given. Raises
        InputInvalid.
        """
        self.inputs = open_inputs(self.plan, self.tables, self.files)
        for name, contract in INPUTS.items():
            if name in self.inputs.tables and name not in LOOKED_UP:
                self.register(f"in_{name}", self.inputs.tables[name])
            elif name == "quotas" and self.plan.quotas:
                self.register(f"in_{name}", empty_table(contract))
        if isinstance(self.tables.sources.get("order_lines"), ParquetFiles):
            self.view_lines(self.inputs.line_files)
        return [name for name in INPUTS if name in self.tables]

    def view_lines(self, files: Sequence[FileFacts], *, marked: bool = False) -> None:
        """Let `in_order_lines` be the lines of these files, with the declared columns and types; or
        `in_marked_lines` those of them that are marked as having split rows.
        """
        parts: list[DataFrame] = []
        for types, alike in groupby(files, key=lambda file: file.types):
            frame = self.session.read.parquet(*(str(file.path) for file in alike))
            frame.createOrReplaceTempView("files")
            query = c.select(declared_columns(line_columns(self.plan), types))
            query = query.from_(c.source("files"), copy=False)
            parts.append(self._frame(query.where(c.col(SPLIT_MARK)) if marked else query))
        lines = parts[0]
        for part in parts[1:]:
            lines = lines.unionAll(part)
        lines.createOrReplaceTempView("in_marked_lines" if marked else "in_order_lines")

    @property
    def reads_marked(self) -> bool:
        """Lines stay with the workers."""
        return False

    def _frame(self, query: exp.Query) -> DataFrame:
        names = {str(place.this) for place in query.find_all(exp.Placeholder)}
        return self.session.sql(render(query), args={name: self.parameters[name] for name in names})


@contextmanager
def _told_apart() -> Iterator[None]:
    """Tell an amount that is too large from every other error."""
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        if _TOO_LARGE.search(str(error)):
            raise AmountTooLarge from error
        raise
