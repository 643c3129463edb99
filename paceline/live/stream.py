"""Reading the event table for many open pages with one connection.

Each process has one reader: woken by NOTIFY, and every few seconds without it, it reads the rows
after the last it saw and hands them to the queues of the pages that follow their topics.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection

from paceline.live.events import CHANNEL

POLL_SECONDS = 5.0
RETRY_SECONDS = 1.0
QUEUE_MAX = 1000
PAGE_ROWS = 1000
REPLAY_MAX = 1000
# A page that has just been rendered connects a moment later: what happened between is replayed.
FRESH_SECONDS = 15

_NEW = "SELECT id, topic, kind, ref FROM live_liveevent WHERE id > %s ORDER BY id LIMIT %s"
_NEWEST = "SELECT coalesce(max(id), 0) FROM live_liveevent"
_OLDEST = "SELECT min(id) FROM live_liveevent"
_REPLAY = (
    "SELECT id, topic, kind, ref FROM live_liveevent WHERE id > %s AND topic = ANY(%s)"
    " ORDER BY id LIMIT %s"
)
_FRESH = (
    "SELECT id, topic, kind, ref FROM live_liveevent"
    " WHERE at > clock_timestamp() - make_interval(secs => %s) AND topic = ANY(%s)"
    " ORDER BY id LIMIT %s"
)


@dataclass(frozen=True, slots=True)
class Event:
    """What a page is told: never content."""

    id: int
    topic: str
    kind: str
    ref: str


class Behind(Exception):
    """The page missed more than can be replayed: it has to read everything again."""


@dataclass(eq=False)
class Subscription:
    """One open page: its topics, and the events that wait to be sent to it."""

    topics: frozenset[str]
    waiting: asyncio.Queue[Event] = field(default_factory=lambda: asyncio.Queue(QUEUE_MAX))
    is_behind: bool = False

    def offer(self, event: Event) -> None:
        if event.topic in self.topics:
            try:
                self.waiting.put_nowait(event)
            except asyncio.QueueFull:
                self.is_behind = True


class Reader:
    """The one reader of an event loop. It starts with the first page and ends with the last."""

    def __init__(self) -> None:
        self._open: set[Subscription] = set()
        self._running: asyncio.Task[None] | None = None
        self._seen = 0

    def __len__(self) -> int:
        return len(self._open)

    async def subscribe(self, topics: Iterable[str]) -> Subscription:
        """Follow topics from now on. Subscribe first and replay then, or events fall between."""
        subscription = Subscription(frozenset(topics))
        if self._running is None or self._running.done():
            async with await connect() as reading:
                self._seen = await _newest(reading)
            self._running = asyncio.create_task(self._read())
        self._open.add(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        self._open.discard(subscription)
        if not self._open and self._running is not None:
            self._running.cancel()
            self._running = None

    async def _read(self) -> None:
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                async with await connect() as reading:
                    await reading.execute(f"LISTEN {CHANNEL}")
                    while True:
                        await self._hand_out(reading)
                        async for _ in reading.notifies(timeout=POLL_SECONDS, stop_after=1):
                            pass
            await asyncio.sleep(RETRY_SECONDS)

    async def _hand_out(self, reading: psycopg.AsyncConnection[Any]) -> None:
        while True:
            rows = await (await reading.execute(_NEW, (self._seen, PAGE_ROWS))).fetchall()
            for row in rows:
                event = Event(*row)
                self._seen = event.id
                for subscription in self._open:
                    subscription.offer(event)
            if len(rows) < PAGE_ROWS:
                return


async def connect() -> psycopg.AsyncConnection[Any]:
    """A connection of its own in autocommit, to the database that Django uses."""
    known = connection.get_connection_params()
    wanted = {
        name: value for name, value in known.items() if name not in {"cursor_factory", "context"}
    }
    return await psycopg.AsyncConnection.connect(**wanted, autocommit=True)


async def missed(topics: Iterable[str], *, after: int | None) -> tuple[list[Event], int]:
    """What a page has to be told first, and the id to resume from when there is nothing.

    ``after`` is the last id it saw; ``None`` for a new page, which gets the last few seconds.
    Raises ``Behind`` when ``after`` lies before the kept window or too much happened since.
    """
    followed = list(topics)
    async with await connect() as reading:
        newest = await _newest(reading)
        if after is None:
            found = await reading.execute(_FRESH, (FRESH_SECONDS, followed, REPLAY_MAX + 1))
        else:
            oldest = await (await reading.execute(_OLDEST)).fetchone()
            if after > newest or (oldest and oldest[0] and after < oldest[0] - 1):
                raise Behind(after)
            found = await reading.execute(_REPLAY, (after, followed, REPLAY_MAX + 1))
        events = [Event(*row) for row in await found.fetchall()]
    if len(events) > REPLAY_MAX:
        raise Behind(after)
    return events, newest


async def _newest(reading: psycopg.AsyncConnection[Any]) -> int:
    row = await (await reading.execute(_NEWEST)).fetchone()
    return int(row[0]) if row else 0
