"""Nothing is lost between writers that interleave and a reader that remembers where it was."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from paceline.live import events
from paceline.live.actions import publish
from paceline.live.models import LiveEvent

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_is_appended_only_when_its_transaction_commits() -> None:
    with transaction.atomic():
        publish("runs", "computed", "7")
        assert not LiveEvent.objects.exists()
    event = LiveEvent.objects.get()
    assert (event.topic, event.kind, event.ref) == ("runs", "computed", "7")


def test_an_action_that_rolls_back_tells_nobody() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish("runs", "computed", "7")
        raise ZeroDivisionError
    assert not LiveEvent.objects.exists()


def test_ids_are_drawn_in_the_order_of_commits() -> None:
    """The second writer gets its id only after the first one's row can be read.

    With ids drawn before the lock a reader could see the larger id first, move on, and never see
    the smaller one.
    """
    first_holds, may_commit = threading.Event(), threading.Event()
    second_done = threading.Event()

    def first() -> None:
        with transaction.atomic():
            events.append(connection, "runs", kind="first")
            first_holds.set()
            may_commit.wait(60)
        connection.close()

    def second() -> None:
        first_holds.wait(60)
        events.append(connection, "runs", kind="second")
        second_done.set()
        connection.close()

    writers = [threading.Thread(target=first), threading.Thread(target=second)]
    for writer in writers:
        writer.start()
    first_holds.wait(60)
    assert not second_done.wait(0.3), "the second writer did not wait for the first"
    assert not LiveEvent.objects.exists()
    may_commit.set()
    for writer in writers:
        writer.join(60)
    assert list(LiveEvent.objects.order_by("id").values_list("kind", flat=True)) == [
        "first",
        "second",
    ]


def test_a_reader_sees_every_event_of_eight_writers_once_and_in_order() -> None:
    each, writers_count = 25, 8
    seen: list[int] = []

    def write(number: int) -> None:
        for index in range(each):
            with transaction.atomic():
                publish("runs", "computed", f"{number}-{index}")
        connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(writers_count)]
    for writer in writers:
        writer.start()
    are_writing = True
    while are_writing:
        are_writing = any(writer.is_alive() for writer in writers)
        later = LiveEvent.objects.filter(id__gt=seen[-1] if seen else 0).order_by("id")
        seen += later.values_list("id", flat=True)
    assert len(seen) == each * writers_count
    assert seen == sorted(set(seen))
    assert set(LiveEvent.objects.values_list("id", flat=True)) == set(seen)


def test_trimming_keeps_the_window_and_always_the_newest_event() -> None:
    for kind in ("old", "older still the newest"):
        events.append(connection, "runs", kind=kind)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE live_liveevent SET at = at - interval '3 days'")
    assert events.trim(connection) == 1
    assert LiveEvent.objects.get().kind == "older still the newest"
