"""How many examples the properties try: a few hundred by default, or what a file says of its own,
and in the nightly profile ten thousand, or as many as PACELINE_EXAMPLES says. The tables against
the calculator have `make nightly`. And a Spark cluster for the tests that ask for one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from paceline.engine.executor import Executor
from scripts import spark_cluster

_COMMON = {
    "deadline": None,
    "suppress_health_check": [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ],
}
settings.register_profile("default", max_examples=200, derandomize=True, **_COMMON)  # type: ignore[arg-type]
_NIGHTLY = int(os.environ.get("PACELINE_EXAMPLES", "10000"))
# Where Hypothesis takes the machine for a CI server it tries the same examples again and again.
settings.register_profile("nightly", max_examples=_NIGHTLY, derandomize=False, **_COMMON)  # type: ignore[arg-type]
settings.load_profile(os.environ.get("PACELINE_HYPOTHESIS", "default"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """The address of a standalone master with two workers, for all tests of this process."""
    if spark_cluster.missing():
        pytest.skip(spark_cluster.missing())
    with spark_cluster.running() as address:
        yield address


@pytest.fixture(scope="session")
def on_spark(cluster: str) -> Iterator[Executor]:
    """Runs plans on that cluster."""
    from paceline.engine import spark  # noqa: PLC0415 -- optional

    with spark.connect(cluster, spark_cluster.settings()) as executor:
        yield executor


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever language the shell is set to in which the tests run."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
