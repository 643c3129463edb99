"""An import of many lines is undone by a job: wholly or not at all, once, and with its reason."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from paceline.imports import actions
from paceline.imports.actions import undoing
from paceline.imports.models import Import, ImportState
from paceline.kernel.audit import AuditEntry
from paceline.live import actions as live
from paceline.live.models import ProgressState
from paceline.orders.actions import close_days
from paceline.orders.models import OrderLine
from tests.imports.files import imported
from tests.world import NOW, World

MANY = undoing.AT_ONCE_LINES + 1


def requested(world: World, source: Import) -> Import:
    source = actions.request_undo(source=source, reason="wrong month", by=world.dana, at=NOW)
    assert (source.state, OrderLine.objects.count()) == (ImportState.UNDOING, MANY)
    return source


def assert_stands(source: Import, progress: ProgressState) -> None:
    source.refresh_from_db()
    assert (source.state, source.undone_by, source.undone_at) == (ImportState.COMMITTED, None, None)
    assert source.committed_by is not None
    assert source.progress is not None
    assert source.progress.state == progress
    assert OrderLine.objects.filter(imported_by=source).count() == MANY
    assert not AuditEntry.objects.filter(action="import_undone").exists()


@pytest.mark.django_db
def test_few_lines_are_undone_at_once(world: World, run_jobs) -> None:
    source = imported(world, lines=3)
    source = actions.request_undo(source=source, reason="wrong", by=world.dana, at=NOW)
    assert (source.state, OrderLine.objects.count()) == (ImportState.UNDONE, 0)
    assert run_jobs() == 0


@pytest.mark.django_db
def test_many_lines_are_undone_by_a_job_that_every_page_follows(
    world: World, client_for, run_jobs
) -> None:
    source = imported(world, lines=MANY)
    address = reverse("imports:import", args=[source.pk])
    mine, other = client_for(world.dana), client_for(world.wen)
    for client in (mine, mine, other):
        answer = client.post(
            reverse("imports:undo", args=[source.pk]), {"reason": "wrong month"}, follow=True
        )
        assert answer.status_code == 200
    assert "has already undone it" in answer.content.decode(), "the one who came second is told"
    page = mine.get(address).content.decode()
    assert "Undoing the import" in page
    assert f"import:{source.pk}" in page
    assert reverse("imports:undo", args=[source.pk]) not in page
    assert run_jobs() == 1
    source.refresh_from_db()
    assert (source.state, source.undone_by) == (ImportState.UNDONE, world.dana)
    assert source.progress.state == ProgressState.DONE  # type: ignore[union-attr]
    assert not OrderLine.objects.exists()
    told = AuditEntry.objects.get(action="import_undone")
    assert told.reason == "wrong month"
    actions.run_undo(source=source, reason="again", at=NOW)
    assert AuditEntry.objects.filter(action="import_undone").count() == 1


@pytest.mark.django_db
def test_a_cancelled_undo_leaves_the_import_as_it_stood(world: World, client_for, run_jobs) -> None:
    source = requested(world, imported(world, lines=MANY))
    live.request_cancel(progress=source.progress, by=world.dana, at=NOW)
    run_jobs()
    assert_stands(source, ProgressState.CANCELLED)
    page = client_for(world.dana).get(reverse("imports:import", args=[source.pk]))
    assert "It was cancelled. Nothing was changed." in page.content.decode()
    actions.undo(source=source, reason="after all", by=world.dana, at=NOW)
    assert not OrderLine.objects.exists()


@pytest.mark.django_db
def test_days_closed_meanwhile_refuse_the_undo_with_their_reason(
    world: World, client_for, run_jobs
) -> None:
    source = requested(world, imported(world, lines=MANY))
    close_days(starts_on=date(2026, 7, 1), ends_before=date(2026, 8, 1), by=world.dana, at=NOW)
    run_jobs()
    assert_stands(source, ProgressState.FAILED)
    assert source.progress is not None
    assert source.progress.failure == "undo_closed_days"
    page = client_for(world.dana).get(reverse("imports:import", args=[source.pk]))
    said = "is closed: the final pay run"
    assert said in page.content.decode()
    # Wherever else the work is told, such as its progress or the interface for programs.
    assert said in source.progress.failure_text


@pytest.mark.django_db
def test_what_nobody_expected_leaves_the_import_as_it_stood(world: World) -> None:
    source = requested(world, imported(world, lines=MANY))
    actions.abandon(source=source, at=NOW)
    assert_stands(source, ProgressState.FAILED)


@pytest.mark.django_db
def test_an_undo_asks_as_much_for_many_lines_as_for_few(world: World) -> None:
    few, many = (imported(world, lines=n, name=str(n)) for n in (2, MANY))
    asked = []
    for source in (few, many):
        with CaptureQueriesContext(connection) as found:
            actions.undo(source=source, reason="wrong", by=world.dana, at=NOW)
        asked.append(len(found))
    # An action, not a page: it locks, asks what stands on the lines, takes back, writes down.
    assert asked[0] == asked[1] <= 25
    assert not OrderLine.objects.exists()
