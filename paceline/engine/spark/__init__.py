"""Running plans on Apache Spark, for order lines beyond what one machine should hold.

    with spark.connect("spark://head:7077") as executor:
        engine.calculate(plan, tables, period, on=executor)

pyspark is an optional dependency: nothing else in the engine imports this package.
"""

from __future__ import annotations

from paceline.engine.spark.session import Spark, SparkUnavailable, connect

__all__ = ["Spark", "SparkUnavailable", "connect"]
