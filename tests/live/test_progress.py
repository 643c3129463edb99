"""Others see how far work has come while its transaction is still open, and can stop it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import translation

from paceline.live import actions, wording
from paceline.live.models import LiveEvent, Progress, ProgressState
from paceline.org.models import Person
from tests.world import World

AT = datetime(2026, 7, 15, 8, 0, tzinfo=UTC)


def begin(starter: Person, total: int = 100) -> Progress:
    return actions.start_progress(kind="lesson", by=starter, at=AT, total=total)


@pytest.mark.django_db(transaction=True)
def test_others_see_progress_before_the_work_commits(starter: Person) -> None:
    progress = begin(starter)
    seen: list[tuple[int, str, str]] = []

    def look() -> None:
        row = Progress.objects.get(pk=progress.pk)
        seen.append((row.done, row.step, row.state))
        connection.close()

    with transaction.atomic():
        Person.objects.create(number="L2", name="made by the work")
        actions.advance(progress, done=40, step="reading")
        watcher = threading.Thread(target=look)
        watcher.start()
        watcher.join(60)
        assert seen == [(40, "reading", "running")]
        actions.finish(progress, at=AT)
    progress.refresh_from_db()
    assert (progress.state, progress.done, progress.percent) == (ProgressState.DONE, 100, 100)
    kinds = LiveEvent.objects.filter(topic=f"progress:{progress.pk}").values_list("kind", flat=True)
    assert list(kinds.order_by("id")) == ["advanced", "done"]


@pytest.mark.django_db(transaction=True)
def test_a_stop_is_heard_at_the_next_step_and_nothing_is_kept(starter: Person) -> None:
    progress = begin(starter)
    assert actions.request_cancel(progress=progress, by=starter, at=AT)
    with pytest.raises(actions.Cancelled), transaction.atomic():
        Person.objects.create(number="L2", name="made by the work")
        actions.advance(progress, done=1, step="reading")
    assert not Person.objects.filter(number="L2").exists()
    actions.stop(progress, at=AT)
    progress.refresh_from_db()
    assert progress.state == ProgressState.CANCELLED
    assert not actions.request_cancel(progress=progress, by=starter, at=AT), "it is over"


def test_only_the_starter_can_stop_the_work(starter: Person) -> None:
    progress = begin(starter)
    other = Person.objects.create(number="L3", name="Other")
    assert not actions.request_cancel(progress=progress, by=other, at=AT)
    progress.refresh_from_db()
    assert progress.cancel_requested_at is None
    assert not Progress.objects.visible_to(other).exists()


def test_progress_inside_one_transaction_is_written_where_it_is(starter: Person) -> None:
    progress = begin(starter)
    actions.advance(progress, done=7, step="reading")
    progress.refresh_from_db()
    assert (progress.done, progress.step, progress.percent) == (7, "reading", 7)


def test_many_small_steps_are_written_four_times_a_second_at_most(
    starter: Person, django_assert_max_num_queries: object
) -> None:
    progress = begin(starter, total=10_000)
    for done in range(10_000):
        actions.advance(progress, done=done, step="reading")
    assert progress.done == 9_999
    progress.refresh_from_db()
    assert progress.done < 9_999, "the steps between were not written"


def test_a_failure_is_worded_in_the_language_of_its_reader(starter: Person) -> None:
    wording.word_failures("lesson", {"page_missing": "Page %(page)s is missing."})
    progress = begin(starter)
    actions.fail(progress, code="page_missing", params={"page": 7}, at=AT)
    progress.refresh_from_db()
    assert progress.failure_text == "Page 7 is missing."
    progress.failure = "nobody worded this"
    with translation.override("en"):
        assert progress.failure_text.startswith("The work stopped because")


@pytest.mark.django_db
def test_a_step_that_counts_nothing_is_no_standstill_at_0(world: World, client_for) -> None:
    progress = begin(world.priya)
    page = reverse("live:progress", args=[progress.pk])
    client = client_for(world.priya)
    actions.advance(progress, step="reading")
    told = client.get(page).content.decode()
    assert "0 / 100" not in told
    assert 'max="' not in told
    actions.advance(progress, done=40, step="writing")
    told = client.get(page).content.decode()
    assert 'max="100" value="40"' in told
