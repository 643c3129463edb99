"""The database goes away in the middle of a worker's work and comes back: the work is done."""

from __future__ import annotations

from pathlib import Path
from subprocess import Popen

import pytest
from django.db import connection

from paceline.incentives.models import Run, Statement
from paceline.live.models import ProgressState
from tests.incentives.pay.conftest import EARNED, Quarter, build_quarter, fresh
from tests.ops.processes import wait_until
from tests.ops.ways import way_to_database
from tests.ops.workers import (
    cut_connections,
    let_time_pass,
    running,
    wait_until_held,
    writing_held,
)
from tests.world import build_world

WRITTEN = "incentives_statementtier"  # with the results of a run
pytestmark = pytest.mark.django_db(transaction=True)


def ended(run: Run) -> bool:
    return fresh(run).ended_at is not None


def says(log: Path, *words: str) -> bool:
    text = log.read_text()
    return all(word in text for word in words)


def assert_calculated(run: Run, quarter: Quarter) -> None:
    """To the cent, and once."""
    found = fresh(run)
    assert found.progress.state == ProgressState.DONE  # type: ignore[union-attr]
    earned = [(one.payee.name, one.earned) for one in found.statements.select_related("payee")]
    cast = quarter.world.cast
    assert sorted(earned) == sorted((cast[who].name, amount) for who, amount in EARNED.items())


def states() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status::text, count(*) FROM procrastinate_jobs"
            " WHERE task_name = 'incentives.calculate_run' GROUP BY 1"
        )
        return dict(cursor.fetchall())


def test_a_run_whose_connections_were_cut_is_calculated_in_the_end(tmp_path: Path) -> None:
    """Neither the run nor the worker is left behind: the same worker calculates the next one."""
    quarter = build_quarter(build_world())
    first = quarter.request()
    with running("worker", log=tmp_path / "worker.log") as worker:
        with writing_held(WRITTEN):
            wait_until_held(WRITTEN)
            cut_connections(but_holder_of=WRITTEN)
        wait_until(lambda: ended(first), within=120)
        assert worker.poll() is None, "it is the worker that had the first run"
        second = quarter.request()
        wait_until(lambda: ended(second), within=120)
    for run in (first, second):
        assert_calculated(run, quarter)


def test_a_worker_waits_for_a_database_that_takes_no_connection(tmp_path: Path) -> None:
    """For longer than its connections are waited for: it begins anew, and nothing is left."""
    quarter = build_quarter(build_world())
    first, log = quarter.request(), tmp_path / "worker.log"
    with way_to_database() as way:
        with running("worker", log=log, DATABASE_URL=way.address) as worker:
            with writing_held(WRITTEN):
                wait_until_held(WRITTEN)
                way.shut()
            wait_until(lambda: says(log, "takes no connection"), within=120)
            assert not Statement.objects.exists(), "half a transaction is nothing"
            way.open()
            wait_until(lambda: ended(first), within=120)
            assert worker.poll() is None
            second = quarter.request()
            wait_until(lambda: ended(second), within=120)
            wait_until(lambda: states() == {"succeeded": 2})
        assert worker.returncode == 0
    for run in (first, second):
        assert_calculated(run, quarter)


def test_another_worker_takes_up_what_was_in_hand_and_both_go_on(tmp_path: Path) -> None:
    """Only one of them has lost the database, and finds its work done when it comes back."""
    quarter = build_quarter(build_world())
    first, log = quarter.request(), tmp_path / "cut.log"
    with way_to_database() as way, running("worker", log=log, DATABASE_URL=way.address) as cut:
        with writing_held(WRITTEN):
            wait_until_held(WRITTEN)
            way.shut()
        wait_until(lambda: says(log, "takes no connection"), within=120)
        assert states() == {"doing": 1}
        let_time_pass()
        with running("worker", log=tmp_path / "other.log") as other:
            wait_until(lambda: ended(first), within=120)
            wait_until(lambda: states() == {"succeeded": 1})
            way.open()
            wait_until(lambda: len(workers()) == 2, within=120)
            second = quarter.request()
            wait_until(lambda: ended(second), within=120)
            wait_until(lambda: states() == {"succeeded": 2})
            assert (cut.poll(), other.poll()) == (None, None)
    for run in (first, second):
        assert_calculated(run, quarter)


def workers() -> list[int]:
    """Those that were heard of in this hour."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - interval '30 minutes'"
        )
        return [row[0] for row in cursor.fetchall()]


def test_a_worker_that_starts_before_its_database_waits_for_it(tmp_path: Path) -> None:
    quarter = build_quarter(build_world())
    run, log = quarter.request(), tmp_path / "worker.log"
    with way_to_database() as way:
        way.shut()
        with running("worker", log=log, DATABASE_URL=way.address) as worker:
            wait_until(lambda: says(log, "takes no connection", "tries again in 2 s"), within=120)
            way.open()
            wait_until(lambda: ended(run), within=120)
            assert worker.poll() is None
    assert_calculated(run, quarter)


def test_a_worker_that_waits_for_its_database_stops_when_asked(tmp_path: Path) -> None:
    """Before it ever had it, and after it lost it; nobody has to kill it."""
    log = tmp_path / "worker.log"
    with way_to_database() as way:
        with running("worker", log=log, DATABASE_URL=way.address) as worker:
            wait_until(lambda: len(workers()) == 1, within=120)
            way.shut()
            assert stopped(worker) == 0
        with running("worker", log=log, DATABASE_URL=way.address) as worker:
            wait_until(lambda: says(log, "takes no connection"), within=120)
            assert stopped(worker) == 0
        way.open()
        with running("worker", log=log, DATABASE_URL=way.address) as worker:
            wait_until(lambda: len(workers()) == 2, within=120)
            assert stopped(worker) == 0
    assert len(workers()) == 1, "the last one has said goodbye"


def stopped(worker: Popen[bytes]) -> int:
    worker.terminate()
    return worker.wait(timeout=20)
