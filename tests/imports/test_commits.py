"""Exactly one effect, whoever presses whatever how often; cancelling changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier, Thread
from time import monotonic, sleep

import pytest
from django.db import connection

from paceline.files.queries import FileMissing, path_of
from paceline.imports import actions, checking
from paceline.imports.actions import staging
from paceline.imports.kinds import Changes, Check, Commit
from paceline.imports.mapping import Source
from paceline.imports.models import Import, ImportMapping, ImportState
from paceline.kernel.audit import AuditEntry
from paceline.live import actions as live
from paceline.live.models import Progress
from paceline.orders.actions import close_days
from paceline.orders.models import OrderLine
from paceline.org import actions as org
from tests.imports.files import LINES
from tests.world import NOW, World, build_world


def checked(world: World) -> Import:
    text = LINES.format(priya=world.priya.number)
    source = actions.upload(
        kind="order_lines", content=text.encode(), name="a.csv", by=world.dana, at=NOW
    )
    return actions.check(source=source, by=world.dana, at=NOW)


@pytest.mark.django_db
def test_a_second_request_is_told_who_was_first(world: World, run_jobs) -> None:
    source = checked(world)
    actions.request_commit(source=source, by=world.dana, at=NOW)
    with pytest.raises(actions.AlreadyCommitted) as second:
        actions.request_commit(source=source, by=world.wen, at=NOW)
    assert second.value.source.committed_by == world.dana
    assert run_jobs() == 1
    assert OrderLine.objects.count() == 2
    actions.run_commit(source=source, at=NOW)
    assert OrderLine.objects.count() == 2
    assert AuditEntry.objects.filter(action="import_committed").count() == 1


@pytest.mark.django_db
def test_cancelling_changes_nothing_and_the_import_can_go_on(world: World, run_jobs) -> None:
    source = checked(world)
    source = actions.request_commit(source=source, by=world.dana, at=NOW)
    live.request_cancel(progress=source.progress, by=world.dana, at=NOW)
    run_jobs()
    source.refresh_from_db()
    assert (source.state, source.committed_by) == (ImportState.CHECKED, None)
    assert source.progress.state == "cancelled"
    assert not OrderLine.objects.exists()
    actions.commit(source=source, by=world.dana, at=NOW)
    assert OrderLine.objects.count() == 2


@pytest.mark.django_db
def test_a_large_file_is_checked_in_the_background(world: World, run_jobs) -> None:
    text = LINES.format(priya=world.priya.number)
    source = actions.upload(
        kind="order_lines", content=text.encode(), name="a.csv", by=world.dana, at=NOW
    )
    actions.request_check(source=source, by=world.dana, at=NOW)
    actions.request_check(source=source, by=world.dana, at=NOW)
    assert run_jobs() == 1
    source.refresh_from_db()
    source.progress.refresh_from_db()
    assert (source.state, source.totals["accepted"]) == (ImportState.CHECKED, 2)
    assert source.progress.state == "done"


@pytest.mark.django_db
def test_what_changed_after_the_check_needs_another_look(world: World, run_jobs) -> None:
    source = checked(world)
    close_days(starts_on=date(2026, 7, 1), ends_before=date(2026, 7, 2), by=world.ines, at=NOW)
    with pytest.raises(actions.ChangedSincePreview):
        actions.commit(source=source, by=world.dana, at=NOW)
    source.refresh_from_db()
    source = actions.check(source=source, by=world.dana, at=NOW)
    assert source.totals["accepted"] == 0
    assert not OrderLine.objects.exists()


@pytest.mark.django_db
def test_the_job_checks_again_and_says_why_it_stopped(world: World, run_jobs) -> None:
    source = checked(world)
    source = actions.request_commit(source=source, by=world.dana, at=NOW)
    org.end_employment(person=world.priya, ends_before=date(2026, 7, 1), by=world.hana, at=NOW)
    run_jobs()
    source.refresh_from_db()
    source.progress.refresh_from_db()
    assert (source.state, source.totals["accepted"]) == (ImportState.CHECKED, 0)
    assert source.progress.failure == "changed_since_preview"
    assert not OrderLine.objects.exists()


@pytest.mark.django_db
def test_a_mapping_is_remembered_by_the_header(world: World, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(f"no,when,who,much\nA,2026-07-01,{world.priya.number},5\n")
    mapping = {
        "order_number": "no",
        "ordered_on": "when",
        "payee": "who",
        "amount": "much",
        "currency": Source(constant="USD"),
    }
    more = {"kind": "order_lines", "path": path, "name": "f.csv", "by": world.dana, "at": NOW}
    actions.import_file(**more, mapping=mapping)
    assert ImportMapping.objects.count() == 1
    assert actions.import_file(**more).totals["same"] == 1


@pytest.mark.django_db
def test_required_fields_without_a_column_are_named(world: World) -> None:
    source = actions.upload(
        kind="order_lines", content=b"what,ever\n1,2\n", name="f.csv", by=world.dana, at=NOW
    )
    source = actions.check(source=source, by=world.dana, at=NOW)
    assert source.state == ImportState.UPLOADED
    assert source.refusal["code"] == "fields_not_mapped"
    assert source.refusal["params"]["fields"] == [
        "order_number",
        "ordered_on",
        "amount",
        "currency",
    ]


@pytest.mark.django_db
def test_another_encoding_can_be_chosen(world: World) -> None:
    text = "訂單編號,日期,業務,金額,幣別\nA-1,2026-07-01,林文心,100.50,USD\n"
    source = actions.upload(
        kind="order_lines", content=text.encode("cp950"), name="f", by=world.dana, at=NOW
    )
    wrong = actions.set_layout(source=source, changes={"encoding": "utf-8"}, by=world.dana, at=NOW)
    assert wrong.refusal["code"] == "wrong_encoding"
    right = actions.set_layout(source=wrong, changes={"encoding": "big5"}, by=world.dana, at=NOW)
    assert (right.refusal, right.layout["columns"][0]) == ({}, "訂單編號")
    assert right.mapping["amount"]["column"] == 3


@pytest.mark.django_db
def test_an_unforeseen_error_leaves_an_import_that_can_be_tried_again(
    world: World, run_jobs
) -> None:
    source = actions.request_commit(source=checked(world), by=world.dana, at=NOW)
    content = path_of(source.file)
    kept = content.read_bytes()
    content.unlink()  # a disk that lost its file
    with pytest.raises(FileMissing):
        run_jobs()
    source.refresh_from_db()
    source.progress.refresh_from_db()
    assert (source.state, source.progress.failure) == (ImportState.CHECKED, "unexpected")
    assert not OrderLine.objects.exists()
    content.write_bytes(kept)
    actions.commit(source=source, by=world.dana, at=NOW)
    assert OrderLine.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_people_and_three_copies_at_once_have_one_effect() -> None:
    world = build_world()
    copies = [checked(world) for _ in range(3)]
    barrier = Barrier(6)

    def commit(source: Import, by: object) -> str:
        try:
            barrier.wait(60)
            actions.commit(source=source, by=by, at=NOW)  # type: ignore[arg-type]
        except (actions.AlreadyCommitted, actions.ChangedSincePreview) as error:
            return type(error).__name__
        finally:
            connection.close()
        return "committed"

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(commit, [*copies, *copies], [world.dana] * 3 + [world.wen] * 3))
    assert told.count("committed") == 1
    assert OrderLine.objects.count() == 2
    assert Import.objects.filter(state=ImportState.COMMITTED).count() == 1
    assert Import.objects.filter(state=ImportState.CHECKED).count() == 2


def ask_to_stop(source: Import, world: World) -> None:
    """What the page does, a moment after the work began."""
    sleep(1)
    live.request_cancel(progress=source.progress, by=world.dana, at=NOW)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_stop_ends_the_statement_that_is_running(world: World, monkeypatch) -> None:
    """One statement over a large file takes a minute; whoever stops it does not wait for it."""
    source = checked(world)
    source = actions.request_commit(source=source, by=world.dana, at=NOW)
    write = staging.write

    def write_slowly(target: staging.Target, changes: Changes, commit: Commit) -> None:
        write(target, changes, commit)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(120)")

    monkeypatch.setattr(staging, "write", write_slowly)
    asker, began = Thread(target=ask_to_stop, args=[source, world]), monotonic()
    asker.start()
    actions.run_commit(source=source, at=NOW)
    asker.join()
    assert monotonic() - began < 60
    source.refresh_from_db()
    assert (source.state, source.progress.state) == (ImportState.CHECKED, "cancelled")
    assert not OrderLine.objects.exists()
    monkeypatch.undo()
    actions.commit(source=source, by=world.dana, at=NOW)
    assert OrderLine.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_stop_ends_the_check_that_is_running(world: World, monkeypatch) -> None:
    text = LINES.format(priya=world.priya.number)
    source = actions.upload(
        kind="order_lines", content=text.encode(), name="a.csv", by=world.dana, at=NOW
    )
    source = actions.request_check(source=source, by=world.dana, at=NOW)
    settle = checking.settle

    def settle_slowly(found: Check) -> None:
        asker.start()
        found.duck.execute(
            "SELECT count(*) FROM range(10000000) a, range(10000000) b"
            " WHERE a.range * b.range % 7 = 3"
        )
        settle(found)

    asker = Thread(target=ask_to_stop, args=[source, world])
    monkeypatch.setattr(checking, "settle", settle_slowly)
    actions.run_check(source=source, by=world.dana, at=NOW)
    asker.join()
    source.refresh_from_db()
    assert (source.state, source.progress.state) == (ImportState.UPLOADED, "cancelled")
    assert source.totals == {}


@pytest.mark.django_db
def test_each_step_counts_its_own_lines(world: World, run_jobs, monkeypatch) -> None:
    """The bar says what is written, not what is about to be."""
    told: list[tuple[str, int]] = []
    advance = live.advance

    def listen(progress: Progress, **said: object) -> None:
        told.append((str(said["step"]), int(said.get("done") or 0)))
        advance(progress, **said)

    monkeypatch.setattr(staging, "WRITTEN_ROWS", 1)
    source = checked(world)
    actions.request_commit(source=source, by=world.dana, at=NOW)
    monkeypatch.setattr(live, "advance", listen)
    run_jobs()
    assert told == [
        ("reading", 0), ("comparing", 0), ("writing", 0), ("writing", 1), ("finishing", 2),
    ]  # fmt: skip
