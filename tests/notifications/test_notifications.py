"""A person is told once, in the language they read, and nobody else hears of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from paceline.live.models import LiveEvent
from paceline.notifications import actions, queries
from paceline.notifications.models import Notification
from paceline.org.models import Person
from tests.world import World

Browser = Callable[..., Client]

pytestmark = pytest.mark.django_db


def test_a_person_named_twice_is_told_once(world: World) -> None:
    actions.notify(
        recipients=[world.priya, world.marco, world.priya],
        kind="lesson_ready",
        params={},
        url="/",
        at=world.now,
    )
    assert queries.unread_count(world.priya) == 1
    assert queries.unread_count(world.marco) == 1
    assert queries.unread_count(world.omar) == 0


def test_open_pages_hear_of_it_after_the_commit(
    world: World, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        actions.notify(
            recipients=[world.priya], kind="lesson_ready", params={}, url="/", at=world.now
        )
        assert not LiveEvent.objects.exists()
    event = LiveEvent.objects.get()
    assert (event.topic, event.kind) == (f"person:{world.priya.pk}", "notification")


def test_the_list_words_each_kind(told: Notification, world: World, client_for: Browser) -> None:
    page = client_for(world.priya).get(reverse("notifications:list"))
    assert page.status_code == 200
    assert "Page 7" in page.content.decode()
    others = client_for(world.marco).get(reverse("notifications:list"))
    assert "Page 7" not in others.content.decode()


def test_a_kind_that_nobody_words_any_more_stays_readable(
    told: Notification, world: World, client_for: Browser
) -> None:
    Notification.objects.filter(pk=told.pk).update(kind="forgotten")
    page = client_for(world.priya).get(reverse("notifications:list"))
    assert "Something of yours changed." in page.content.decode()


def test_reading_one_goes_to_what_it_speaks_of(
    told: Notification, world: World, client_for: Browser
) -> None:
    answer = client_for(world.priya).post(reverse("notifications:read", args=[told.pk]))
    assert (answer.status_code, answer["Location"]) == (302, "/account/preferences/")
    assert queries.unread_count(world.priya) == 0


@pytest.mark.parametrize("url", ["https://elsewhere.example/", "//elsewhere.example", "", "java:x"])
def test_reading_never_leads_outside(
    told: Notification, world: World, client_for: Browser, url: str
) -> None:
    Notification.objects.filter(pk=told.pk).update(url=url)
    answer = client_for(world.priya).post(reverse("notifications:read", args=[told.pk]))
    assert answer["Location"] == reverse("notifications:list")


def test_anothers_notification_does_not_exist(
    told: Notification, world: World, client_for: Browser
) -> None:
    answer = client_for(world.marco).post(reverse("notifications:read", args=[told.pk]))
    assert answer.status_code == 404
    client_for(world.marco).post(reverse("notifications:read_all"))
    assert queries.unread_count(world.priya) == 1


def test_all_are_read_at_once(told: Notification, world: World, client_for: Browser) -> None:
    client_for(world.priya).post(reverse("notifications:read_all"))
    assert queries.unread_count(world.priya) == 0
    told.refresh_from_db()
    assert told.is_read


def test_the_list_takes_the_same_number_of_queries_for_one_and_for_thirty(
    told: Notification,
    world: World,
    client_for: Browser,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    for _ in range(40):
        _tell(world.priya, world)
    browser = client_for(world.priya)
    with django_assert_max_num_queries(15):  # type: ignore[attr-defined]
        page = browser.get(reverse("notifications:list"))
    assert "?page=2" in page.content.decode()


def _tell(person: Person, world: World) -> None:
    actions.notify(
        recipients=[person], kind="lesson_ready", params={"page": 1}, url="/", at=world.now
    )
