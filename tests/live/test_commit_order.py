"""No event is lost when a transaction with a lower id commits after one with a higher id.

The reader of these stories is the product's own, on connections of its own; the writers are two
further connections whose commits the test puts in order.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

import psycopg
import pytest
from django.db import connection, transaction

from paceline.live import events, stream
from paceline.live.actions import publish
from paceline.live.models import LiveEvent
from paceline.org.models import Person
from tests.loops import in_loop

pytestmark = pytest.mark.django_db(transaction=True)

INSERT = (
    "INSERT INTO live_liveevent (topic, kind, ref, at) VALUES ('runs', %s, '', clock_timestamp())"
    " RETURNING id"
)


class Following:
    """A page that follows ``runs`` in this process, and what it was told."""

    def __init__(self) -> None:
        self.reader = stream.Reader()
        self.page = self.reader.subscribe(["runs"])
        self.kinds: list[str] = []

    async def begin(self) -> None:
        await self.reader.missed(["runs"], after=None)

    async def hears(self, count: int, *, within: float = 60) -> list[str]:
        """What it was told once that is ``count`` events; all there were if they do not come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while len(self.kinds) < count:
                    self.kinds += [event.kind for event in await self.page.take()]
        return self.kinds

    async def hears_no_more(self) -> list[str]:
        """What it was told, a second after which nothing has come."""
        return await self.hears(len(self.kinds) + 1, within=1)

    def end(self) -> None:
        self.reader.leave(self.page)


def connected() -> psycopg.Connection:
    known = connection.get_connection_params()
    left_out = {"cursor_factory", "context"}
    return psycopg.connect(**{name: known[name] for name in known if name not in left_out})


def beside(act: Callable[[], None]) -> threading.Thread:
    def done() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=done)
    thread.start()
    return thread


def test_the_trap_is_real_where_ids_are_drawn_without_the_lock() -> None:
    """What this project must not do: the proof that the test below would see a loss."""

    async def story() -> list[str]:
        page = Following()
        await page.begin()
        early, late = connected(), connected()
        try:
            (lower,) = early.execute(INSERT, ["lower"]).fetchone()  # type: ignore[misc]
            (higher,) = late.execute(INSERT, ["higher"]).fetchone()  # type: ignore[misc]
            assert lower < higher
            late.execute("NOTIFY paceline_live")
            late.commit()
            assert await page.hears(1) == ["higher"]
            early.execute("NOTIFY paceline_live")
            early.commit()
            return await page.hears_no_more()
        finally:
            early.close()
            late.close()
            page.end()

    assert in_loop(story()) == ["higher"]
    assert LiveEvent.objects.count() == 2, "it stands in the table and was never told"


def test_an_append_that_commits_late_holds_the_next_and_none_is_lost() -> None:
    may_commit, holds = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            events.append(connection, "runs", kind="first")
            holds.set()
            may_commit.wait(60)

    def quick() -> None:
        holds.wait(60)
        events.append(connection, "runs", kind="second")

    async def story() -> list[str]:
        page = Following()
        await page.begin()
        writers = [beside(slow), beside(quick)]
        try:
            assert await page.hears_no_more() == [], "nobody hears of what is not committed"
            may_commit.set()
            return await page.hears(2)
        finally:
            may_commit.set()
            await asyncio.gather(*(asyncio.to_thread(one.join, 60) for one in writers))
            page.end()

    assert in_loop(story()) == ["first", "second"]


def test_business_transactions_in_any_order_of_commit_are_all_heard() -> None:
    """Two long transactions overlap; the one that began and published first commits last."""
    may_commit, has_published = threading.Event(), threading.Event()

    def early() -> None:
        with transaction.atomic():
            Person.objects.create(number="C1", name="made early")
            publish("runs", "early")
            has_published.set()
            may_commit.wait(60)

    def late() -> None:
        has_published.wait(60)
        with transaction.atomic():
            Person.objects.create(number="C2", name="made late")
            publish("runs", "late")

    async def story() -> list[str]:
        page = Following()
        await page.begin()
        writers = [beside(early), beside(late)]
        try:
            assert await page.hears(1) == ["late"], "a long transaction holds nobody up"
            may_commit.set()
            return await page.hears(2)
        finally:
            may_commit.set()
            await asyncio.gather(*(asyncio.to_thread(one.join, 60) for one in writers))
            page.end()

    assert in_loop(story()) == ["late", "early"]
    ids = LiveEvent.objects.order_by("id").values_list("kind", flat=True)
    assert list(ids) == ["late", "early"], "ids follow the commits"
