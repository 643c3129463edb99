"""The database goes away in the middle of a worker's work and comes back: the work is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from paceline.live.models import ProgressState
from tests.incentives.pay.conftest import EARNED, build_quarter, fresh
from tests.ops.processes import wait_until
from tests.ops.workers import cut_connections, running, wait_until_held, writing_held
from tests.world import build_world

WRITTEN = "incentives_statementtier"  # with the results of a run
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_whose_connections_were_cut_is_calculated_in_the_end(tmp_path: Path) -> None:
    """Neither the run nor the worker is left behind: the same worker calculates the next one."""
    quarter = build_quarter(build_world())
    first = quarter.request()
    with running("worker", log=tmp_path / "worker.log") as worker:
        with writing_held(WRITTEN):
            wait_until_held(WRITTEN)
            cut_connections(but_holder_of=WRITTEN)
        wait_until(lambda: fresh(first).ended_at is not None, within=120)
        assert worker.poll() is None, "it is the worker that had the first run"
        second = quarter.request()
        wait_until(lambda: fresh(second).ended_at is not None, within=120)
    for run in (fresh(first), fresh(second)):
        assert run.progress.state == ProgressState.DONE  # type: ignore[union-attr]
        earned = {one.payee.name: one.earned for one in run.statements.select_related("payee")}
        assert earned == {quarter.world.cast[who].name: amount for who, amount in EARNED.items()}
