"""The executor: a Spark session and the runs on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from paceline.engine.errors import EngineError
from paceline.engine.periods import Period
from paceline.engine.shape import Shape
from paceline.engine.spark.workspace import SparkWorkspace
from paceline.engine.tables import Tables

# A command that calculates shows its results, not Spark's progress.
QUIET = {"spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}


class SparkUnavailable(EngineError):
    """There is no Java, or no cluster answers."""


@dataclass(frozen=True)
class Spark:
    """Runs plans on a Spark session, which stays the caller's."""

    session: SparkSession

    def open(self, shape: Shape, tables: Tables, period: Period) -> SparkWorkspace:
        """A workspace for one run."""
        return SparkWorkspace(self.session, shape, tables, period)


@contextmanager
def connect(master: str, settings: Mapping[str, str] | None = None) -> Iterator[Spark]:
    """An executor on the cluster at `master`; its session ends with the block.

    A process has one session: where there is one already, it is used as it is and left running.

    `settings` are Spark's own, such as `spark.hadoop.fs.s3a.endpoint` or `spark.executor.memory`.
    Raises SparkUnavailable.
    """
    running = SparkSession.getActiveSession()
    if running is not None:
        yield Spark(running)
        return
    builder = SparkSession.builder.master(master).appName("paceline")
    for name, value in {**QUIET, **(settings or {})}.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except (PySparkException, Py4JError) as error:
        raise SparkUnavailable(f"Spark at {master}: {error}") from error
    try:
        yield Spark(session)
    finally:
        session.stop()
