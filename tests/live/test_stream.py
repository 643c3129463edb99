"""The stream of an open page: in order, resumed, reset, and only what its person may follow."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import AsyncRequestFactory, Client, RequestFactory
from django.urls import reverse

from paceline.accounts.models import User
from paceline.accounts.sessions import SessionStore
from paceline.live import events, stream, topics, views
from paceline.live.models import LiveEvent
from paceline.org.models import Person
from tests.loops import in_loop

pytestmark = pytest.mark.django_db(transaction=True)


def place(last: int) -> str:
    """Where a page is that saw the event of this id in the database's present life."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM pg_postmaster_start_time())::bigint")
        (life,) = cursor.fetchone()  # type: ignore[misc]
    return f"{life}-{last}"


def signed_in() -> SessionStore:
    session = SessionStore()
    session.create()
    return session


def tell(topic: str, kind: str = "changed", ref: str = "") -> None:
    events.append(connection, topic, kind=kind, ref=ref)


def ask(
    person: Person,
    query: str,
    headers: dict[str, str] | None = None,
    session: SessionStore | None = None,
) -> Any:
    request = AsyncRequestFactory().get(f"/live/events?{query}", headers=headers)
    request.user = person.user  # type: ignore[assignment]
    request.person = person  # type: ignore[attr-defined]
    request.session = session or signed_in()
    return views.events(request)


@pytest.fixture
def starter(transactional_db: None) -> Person:
    user = User.objects.create_user(
        "lin@example.com", "a-long-password", joined_at="2026-01-01T00:00:00Z"
    )
    return Person.objects.create(number="L1", name="Lin", user=user)


async def read(lines: AsyncIterator[bytes], count: int) -> list[dict[str, Any]]:
    """The next ``count`` events of a stream, with their ids; comments are skipped."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        for block in (await asyncio.wait_for(anext(lines), 60)).decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line[1:])
            if "data" in fields:
                data = json.loads(fields["data"])
                found.append({"id": fields.get("id"), "event": fields.get("event"), **data})
    return found


async def beside(function: Any, *args: Any, **named: Any) -> Any:
    """Call a function that uses the database in the loop's thread, and give back its connection."""

    def call() -> Any:
        try:
            return function(*args, **named)
        finally:
            connection.close()

    return await sync_to_async(call)()


async def leave(lines: AsyncIterator[bytes]) -> None:
    """Close the page: the server's wait for the next event is cancelled."""
    waiting = asyncio.ensure_future(anext(lines))
    await asyncio.sleep(0.05)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0.05)


def body(response: StreamingHttpResponse) -> AsyncIterator[bytes]:
    return response.streaming_content.__aiter__()  # type: ignore[union-attr]


def test_events_arrive_live_in_order_and_only_of_the_topics_asked_for(starter: Person) -> None:
    async def story() -> None:
        response = await beside(ask, starter, f"topics=person:{starter.pk}")
        assert response["Content-Type"] == "text/event-stream"
        assert response["Cache-Control"] == "no-cache"
        lines = body(response)
        assert await anext(lines) == b"retry: 2000\n\n"
        assert (await anext(lines)).endswith(b": connected\n\n")
        for number in range(5):
            await beside(tell, "person:999", "secret")
            await beside(tell, f"person:{starter.pk}", "notification", str(number))
        found = await read(lines, 5)
        assert [event["ref"] for event in found] == ["0", "1", "2", "3", "4"]
        assert {event["kind"] for event in found} == {"notification"}
        assert len(views.reader()) == 1
        await leave(lines)
        assert len(views.reader()) == 0, "a closed page frees its queue"

    in_loop(story())


def test_a_page_resumes_after_the_last_event_it_saw(starter: Person) -> None:
    topic = f"person:{starter.pk}"
    for number in range(4):
        tell(topic, "notification", str(number))
    second = place(LiveEvent.objects.order_by("id")[1].pk)

    async def story() -> None:
        response = await beside(ask, starter, f"topics={topic}", headers={"Last-Event-ID": second})
        lines = body(response)
        assert [event["ref"] for event in await read(lines, 2)] == ["2", "3"]
        await leave(lines)

    in_loop(story())


def test_a_page_that_was_away_longer_than_the_window_is_told_to_start_again(
    starter: Person,
) -> None:
    topic = f"person:{starter.pk}"
    for number in range(3):
        tell(topic, "notification", str(number))
    first = LiveEvent.objects.order_by("id")[0].pk
    LiveEvent.objects.filter(pk__lte=first + 1).delete()
    before_the_window = place(first - 1)

    async def story() -> None:
        response = await beside(
            ask, starter, f"topics={topic}", headers={"Last-Event-ID": before_the_window}
        )
        lines = body(response)
        (event,) = await read(lines, 1)
        assert event["event"] == "reset"
        with pytest.raises(StopAsyncIteration):
            await anext(lines)

    in_loop(story())


def test_a_page_of_another_life_of_the_database_is_told_to_start_again(starter: Person) -> None:
    """The last ids before a crash may have been given out again since."""
    topic = f"person:{starter.pk}"
    tell(topic, "notification", "0")
    life, _, last = place(LiveEvent.objects.get().pk).partition("-")

    async def story() -> None:
        for other in (f"{int(life) - 1}-{last}", f"{life}-{int(last) + 1}"):
            response = await beside(
                ask, starter, f"topics={topic}", headers={"Last-Event-ID": other}
            )
            (event,) = await read(body(response), 1)
            assert event["event"] == "reset"

    in_loop(story())


@pytest.mark.parametrize("named", ["", "7", "x-7", "7-", "-7", "٣-7", f"{'9' * 40}-7"])
def test_what_is_no_place_is_a_new_page(named: str) -> None:
    assert stream.Place.read(named) is None


def test_a_page_that_reads_too_slowly_is_told_to_start_again() -> None:
    subscription = stream.Subscription({"runs"})
    for number in range(stream.QUEUE_MAX + 1):
        subscription.offer(stream.Event(number, "runs", "changed", ""))
    assert subscription.is_behind
    assert len(subscription.waiting) == stream.QUEUE_MAX


def test_a_closed_page_of_many_leaves_nothing_behind(starter: Person) -> None:
    topic = f"person:{starter.pk}"

    async def story() -> None:
        opened = [body(await beside(ask, starter, f"topics={topic}")) for _page in range(100)]
        for lines in opened:
            await anext(lines)
            await anext(lines)
        assert len(views.reader()) == 100
        await asyncio.gather(*(leave(lines) for lines in opened))
        assert len(views.reader()) == 0

    in_loop(story())


def test_nobody_follows_what_is_not_theirs(starter: Person) -> None:
    other = Person.objects.create(number="L2", name="Other")
    assert topics.followed_by(starter, [f"person:{other.pk}"]) == []
    assert topics.followed_by(starter, ["a kind nobody registered", "progress:1", ""]) == []
    response = ask(starter, f"topics=person:{other.pk}")
    assert response.status_code == 204


def test_a_page_left_open_after_signing_out_is_told_to_stay_away(client: Client) -> None:
    headers = {"accept": "text/event-stream"}
    answer = client.get(reverse("live:events"), {"topics": "person:1"}, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_page_of_a_session_that_was_ended_is_told_nothing_more(
    starter: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stream.SESSIONS_SECONDS <= 5
    monkeypatch.setattr(stream, "SESSIONS_SECONDS", 0.2)
    topic = f"person:{starter.pk}"

    async def story() -> None:
        session = await beside(signed_in)
        ended = body(await beside(ask, starter, f"topics={topic}", session=session))
        kept = body(await beside(ask, starter, f"topics={topic}"))
        for lines in (ended, kept):
            await anext(lines)
            await anext(lines)
        await beside(session.delete)
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(ended), 60)
        assert len(views.reader()) == 1
        await beside(tell, topic, "notification", "1")
        (event,) = await read(kept, 1)
        assert event["ref"] == "1"
        await leave(kept)

    in_loop(story())


def test_a_server_of_threads_holds_no_page(starter: Person) -> None:
    request = RequestFactory().get(f"/live/events?topics=person:{starter.pk}")
    request.user = starter.user  # type: ignore[assignment]
    assert views.events(request).status_code == 204


def test_the_poll_heals_a_lost_notification(
    starter: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "POLL_SECONDS", 0.2)
    topic = f"person:{starter.pk}"

    async def story() -> None:
        lines = body(await beside(ask, starter, f"topics={topic}"))
        await anext(lines)
        await anext(lines)
        await beside(
            LiveEvent.objects.create, topic=topic, kind="unannounced", at="2026-07-15T00:00:00Z"
        )
        (event,) = await read(lines, 1)
        assert event["kind"] == "unannounced"
        await leave(lines)

    in_loop(story())
