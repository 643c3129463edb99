"""A worker killed in the middle of its work: another one does it, once, to the same cent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from subprocess import Popen

import pytest
from django.db import connection
from django.db.models import Sum
from django.urls import reverse

from paceline.files.models import StoredFile
from paceline.imports import actions as imports
from paceline.imports.actions.undoing import AT_ONCE_LINES
from paceline.imports.models import Import, ImportState
from paceline.incentives.actions import runs
from paceline.incentives.models import (
    Run,
    RunInput,
    Statement,
    StatementComponent,
    StatementTier,
)
from paceline.kernel.audit import AuditEntry
from paceline.live.models import LiveEvent, Progress, ProgressState
from paceline.notifications.models import Notification
from paceline.orders.models import MonthRevision, OrderLine
from tests.imports.files import LINES, imported
from tests.incentives.pay.conftest import EARNED, Quarter, build_quarter, fresh
from tests.ops.processes import wait_until
from tests.ops.workers import let_time_pass, running, wait_until_held, writing_held
from tests.world import NOW, World, build_world, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


def kill_while_writing(table: str, log: Path, jobs: Sequence[str] = ("doing",)) -> None:
    """Start a worker, wait until it writes to the table, and kill it there."""
    with writing_held(table), running("worker", log=log) as worker:
        kill_while_held(worker, table, jobs)


def kill_while_held(worker: Popen[bytes], table: str, jobs: Sequence[str]) -> None:
    """Kill a worker where it waits to write, and let its silence grow long."""
    wait_until_held(table)
    worker.kill()
    assert worker.wait(timeout=30) == -9
    # Seen now, its locks and its half transaction still there, as others see it.
    assert job_states() == list(jobs)
    let_time_pass()


def job_states() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status::text FROM procrastinate_jobs WHERE queue_name = 'default'"
            " AND task_name NOT LIKE 'crm.%' ORDER BY status::text"
        )
        return [row[0] for row in cursor.fetchall()]


def ended(progress: Progress) -> bool:
    progress.refresh_from_db()
    return progress.ended_at is not None


def test_a_run_whose_workers_were_killed_is_calculated_by_another(tmp_path: Path) -> None:
    """One dies while it writes the inputs, the next while it keeps the results."""
    quarter = build_quarter(build_world())
    run = quarter.request()
    assert run.progress is not None
    for table, step in (("files_storedfile", "reading"), ("incentives_statementtier", "keeping")):
        kill_while_writing(table, tmp_path / f"{step}.log")
        run = fresh(run)
        assert (run.ended_at, run.progress.state) == (None, ProgressState.RUNNING)  # type: ignore[union-attr]
        assert run.progress.step == step  # type: ignore[union-attr]
        assert not Statement.objects.exists(), "half a transaction is nothing"
        page = sign_in(quarter.world.dana).get(reverse("incentives:run", args=[run.pk]))
        assert f"progress:{run.progress.pk}" in page.content.decode(), "the page goes on following"  # type: ignore[union-attr]
    last = LiveEvent.objects.latest("id").pk

    progress = run.progress
    assert progress is not None
    with running("worker", log=tmp_path / "last.log"):
        wait_until(lambda: ended(progress), within=120)
    assert job_states() == ["succeeded"]
    assert (progress.state, progress.percent) == (ProgressState.DONE, 100)
    told = LiveEvent.objects.filter(pk__gt=last, topic=f"progress:{progress.pk}")
    kinds = list(told.order_by("id").values_list("kind", flat=True))
    assert (kinds[0], kinds[-1]) == ("advanced", "done")
    assert_calculated_once(quarter, fresh(run))


def assert_calculated_once(quarter: Quarter, run: Run) -> None:
    """What the killed run left is what an undisturbed run of the same inputs makes."""
    earned = {one.payee.name: one.earned for one in run.statements.select_related("payee")}
    assert earned == {quarter.world.cast[who].name: amount for who, amount in EARNED.items()}
    assert AuditEntry.objects.filter(action="run_calculated").count() == 1
    assert Notification.objects.filter(kind="run_calculated").count() == 1

    def size(one: Run) -> list[int]:
        return [
            RunInput.objects.filter(run=one).count(),
            Statement.objects.filter(run=one).count(),
            StatementComponent.objects.filter(statement__run=one).count(),
            StatementTier.objects.filter(component__statement__run=one).count(),
        ]

    files = StoredFile.objects.count()
    other = quarter.request()
    runs.calculate_run(run=other, at=NOW)
    other = fresh(other)
    assert (run.fingerprint, size(run)) == (other.fingerprint, size(other))
    assert StoredFile.objects.count() == files, "the same inputs are the same files"


def test_an_import_whose_workers_were_killed_is_checked_and_written_by_others(
    tmp_path: Path,
) -> None:
    world = build_world()
    source = uploaded(world)
    imports.request_check(source=source, by=world.dana, at=NOW)
    kill_while_writing("imports_importproblem", tmp_path / "check.log")
    source.refresh_from_db()
    assert source.progress is not None
    checking = source.progress
    with writing_held("orders_orderline"), running("worker", log=tmp_path / "first.log") as worker:
        wait_until(lambda: ended(checking), within=120)
        source.refresh_from_db()
        assert (source.state, source.totals["accepted"]) == (ImportState.CHECKED, 2)
        assert checking.state == ProgressState.DONE
        source = imports.request_commit(source=source, by=world.dana, at=NOW)
        kill_while_held(worker, "orders_orderline", ["doing", "succeeded"])
    assert_unwritten(world, source)
    for table in ("orders_monthrevision", "kernel_auditentry"):
        kill_while_writing(table, tmp_path / f"{table}.log", ["doing", "succeeded"])
        assert_unwritten(world, source)

    assert source.progress is not None
    writing = source.progress
    assert writing != checking
    with running("worker", log=tmp_path / "last.log"):
        wait_until(lambda: ended(writing), within=120)
    assert job_states() == ["succeeded", "succeeded"]
    source.refresh_from_db()
    assert (source.state, source.totals["new"]) == (ImportState.COMMITTED, 2)
    assert (writing.state, writing.percent) == (ProgressState.DONE, 100)
    amounts = OrderLine.objects.aggregate(total=Sum("amount"))
    assert (OrderLine.objects.count(), amounts["total"]) == (2, Decimal("150.50"))
    assert list(MonthRevision.objects.values_list("revision", flat=True)) == [1]
    assert AuditEntry.objects.filter(action="import_committed").count() == 1
    imports.undo(source=source, reason="taken back as a whole", by=world.dana, at=NOW)
    assert not OrderLine.objects.exists()


def test_an_undo_whose_worker_was_killed_is_done_by_another(tmp_path: Path) -> None:
    world = build_world()
    source = imported(world, lines=AT_ONCE_LINES + 1)
    source = imports.request_undo(source=source, reason="wrong", by=world.dana, at=NOW)
    assert source.progress is not None
    for table in ("orders_orderline", "kernel_auditentry"):
        kill_while_writing(table, tmp_path / f"{table}.log")
        source.refresh_from_db()
        assert source.state == ImportState.UNDOING
        assert OrderLine.objects.count() == AT_ONCE_LINES + 1, "half a transaction is nothing"
    with running("worker", log=tmp_path / "last.log"):
        wait_until(lambda: ended(source.progress), within=120)  # type: ignore[arg-type]
    source.refresh_from_db()
    assert (source.state, source.undone_by) == (ImportState.UNDONE, world.dana)
    assert not OrderLine.objects.exists()
    assert AuditEntry.objects.filter(action="import_undone").count() == 1


def assert_unwritten(world: World, source: Import) -> None:
    source.refresh_from_db()
    assert source.state == ImportState.COMMITTING
    assert not OrderLine.objects.exists(), "half a transaction is nothing"
    page = sign_in(world.dana).get(reverse("imports:import", args=[source.pk]))
    assert f"import:{source.pk}" in page.content.decode(), "the page goes on following"


def uploaded(world: World) -> Import:
    text = LINES.format(priya=world.priya.number)
    return imports.upload(
        kind="order_lines", content=text.encode(), name="a.csv", by=world.dana, at=NOW
    )
