"""Reading the event table for many open pages with two connections.

Each process has one reader: woken by a writer, and every few seconds without it, it reads the rows
after the last it saw and hands them to the pages that follow their topics. What is said in quick
succession is gathered, so that a thousand pages are not woken for every single event.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.db import connection

from paceline.live import wake

POLL_SECONDS = 5.0
RETRY_SECONDS = 1.0
GATHER_SECONDS = 0.1
HEARTBEAT_SECONDS = 20.0
SESSIONS_SECONDS = 4.0
QUEUE_MAX = 1000
PAGE_ROWS = 1000
REPLAY_MAX = 1000
# A page that has just been rendered connects a moment later: what happened between is replayed.
FRESH_SECONDS = 15

log = logging.getLogger(__name__)

# When the server started tells two lives of one database apart: the last events before a crash
# need not have reached its disk, and their ids may have been given out again since.
_STANDING = (
    "SELECT coalesce(max(id), 0), coalesce(min(id), 0),"
    " extract(epoch FROM pg_postmaster_start_time())::bigint FROM live_liveevent"
)
_NEW = "SELECT id, topic, kind, ref FROM live_liveevent WHERE id > %s ORDER BY id LIMIT %s"
_REPLAY = (
    "SELECT id, topic, kind, ref FROM live_liveevent WHERE id > %s AND topic = ANY(%s)"
    " ORDER BY id LIMIT %s"
)
_FRESH = (
    "SELECT id, topic, kind, ref FROM live_liveevent"
    " WHERE at > clock_timestamp() - make_interval(secs => %s) AND topic = ANY(%s)"
    " ORDER BY id LIMIT %s"
)
_SIGNED_IN = (
    "SELECT session_key FROM django_session"
    " WHERE session_key = ANY(%s) AND expire_date > clock_timestamp()"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the stream a page is: an event's id, and the life of the database that gave it."""

    life: int
    id: int

    def __str__(self) -> str:
        return f"{self.life}-{self.id}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """The place that a browser names as ``Last-Event-ID``; ``None`` when it names none."""
        life, _, last = text.partition("-")
        if len(text) > 40 or not (life.isascii() and life.isdigit()):
            return None
        return cls(int(life), int(last)) if last.isascii() and last.isdigit() else None


@dataclass(frozen=True, slots=True)
class Event:
    """What a page is told: never content. ``line`` is the same for every page, so made once."""

    id: int
    topic: str
    kind: str
    ref: str
    life: int = 0
    line: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        data = json.dumps({"topic": self.topic, "kind": self.kind, "ref": self.ref})
        line = f"id: {Place(self.life, self.id)}\ndata: {data}\n\n".encode()
        object.__setattr__(self, "line", line)


class Behind(Exception):
    """The page missed more than can be replayed: it has to read everything again."""


class Subscription:
    """One open page: its topics, its session, and the events that wait to be sent to it."""

    def __init__(self, topics: Iterable[str], session: str = "") -> None:
        self.topics = frozenset(topics)
        self.session = session
        self.waiting: list[Event] = []
        self.is_behind = self.is_over = False
        self._woken = asyncio.Event()

    def offer(self, event: Event) -> None:
        if len(self.waiting) < QUEUE_MAX:
            self.waiting.append(event)
        else:
            self.is_behind = True
        self._woken.set()

    def fall_behind(self) -> None:
        self.is_behind = True
        self._woken.set()

    def end(self) -> None:
        """The session is over: nothing more may be sent."""
        self.is_over = True
        self._woken.set()

    def nudge(self) -> None:
        """Let the page's stream say that it is still there."""
        self._woken.set()

    async def take(self) -> list[Event]:
        """Wait, and take what waits: empty at a nudge."""
        await self._woken.wait()
        self._woken.clear()
        taken, self.waiting = self.waiting, []
        return taken


class Reader:
    """The one reader of an event loop. It starts with the first page and ends with the last."""

    def __init__(self) -> None:
        self._open: set[Subscription] = set()
        self._following: defaultdict[str, set[Subscription]] = defaultdict(set)
        self._running: list[asyncio.Task[None]] = []
        self._woken = asyncio.Event()
        self._asking = asyncio.Lock()
        self._reading: psycopg.AsyncConnection[Any] | None = None
        self._life = 0
        self._seen = 0

    def __len__(self) -> int:
        return len(self._open)

    def subscribe(self, topics: Iterable[str], session: str = "") -> Subscription:
        """Follow topics from now on, until the session ends.

        Subscribe first and replay then, or events fall between.
        """
        subscription = Subscription(topics, session)
        if any(task.done() for task in self._running):
            self._stop()  # it ended by an error that nobody foresaw: nothing of it is trusted
            self._reset_pages()
        self._open.add(subscription)
        for topic in subscription.topics:
            self._following[topic].add(subscription)
        if not self._running:
            parts = (self._read(), self._listen(), self._beat(), self._guard())
            self._running = [asyncio.create_task(part) for part in parts]
        return subscription

    def leave(self, subscription: Subscription) -> None:
        self._open.discard(subscription)
        for topic in subscription.topics:
            self._following[topic].discard(subscription)
            if not self._following[topic]:
                del self._following[topic]
        if not self._open:
            self._stop()

    async def missed(
        self, topics: Iterable[str], *, after: Place | None
    ) -> tuple[list[Event], Place]:
        """What a page has to be told first, and the place to resume from when there is nothing.

        ``after`` is the last that it saw; ``None`` for a new page, which gets the last few seconds.
        Raises ``Behind`` when ``after`` lies before the kept window or in another life of the
        database, or when too much happened since.
        """
        followed = list(topics)
        async with self._asking:
            reading = await self._connected()
            newest, oldest, life = await _one(reading, _STANDING)
            if after is None:
                wanted = (_FRESH, (FRESH_SECONDS, followed, REPLAY_MAX + 1))
            elif after.life != life or after.id > newest or after.id < oldest - 1:
                raise Behind(after)
            else:
                wanted = (_REPLAY, (after.id, followed, REPLAY_MAX + 1))
            events = [_event(row, life) for row in await _all(reading, *wanted)]
        if len(events) > REPLAY_MAX:
            raise Behind(after)
        return events, Place(life, newest)

    def _stop(self) -> None:
        for task in self._running:
            task.cancel()
        self._running = []
        self._woken.clear()
        if self._reading is not None:
            self._reading.pgconn.finish()
            self._reading = None
        self._life = self._seen = 0

    def _reset_pages(self) -> None:
        for subscription in self._open:
            subscription.fall_behind()

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        """The connection for questions, made anew where it was lost. Hold ``_asking``."""
        if self._reading is None or self._reading.closed:
            self._reading = await connect()
            newest, _oldest, life = await _one(self._reading, _STANDING)
            if life != self._life:
                if self._life:
                    self._reset_pages()
                self._life, self._seen = life, newest
        return self._reading

    async def _read(self) -> None:
        while True:
            try:
                found = await self._hand_out()
            except (psycopg.Error, OSError) as lost:
                log.warning("The event table cannot be read; trying again: %s", lost)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if found:
                await asyncio.sleep(GATHER_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)
            self._woken.clear()

    async def _hand_out(self) -> bool:
        """Give every page what is new for it; whether there was anything."""
        found = False
        while True:
            async with self._asking:
                rows = await _all(await self._connected(), _NEW, (self._seen, PAGE_ROWS))
            for row in rows:
                event = _event(row, self._life)
                self._seen = event.id
                for subscription in self._following.get(event.topic, ()):
                    subscription.offer(event)
            found = found or bool(rows)
            if len(rows) < PAGE_ROWS:
                return found

    async def _listen(self) -> None:
        while True:
            try:
                async for _waked in wake.wakes(connect):
                    self._woken.set()
            except wake.LOST as lost:
                log.warning("Writers cannot wake the reader, which looks by itself: %s", lost)
            await asyncio.sleep(RETRY_SECONDS)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for subscription in self._open:
                subscription.nudge()

    async def _guard(self) -> None:
        """End the pages whose session is over: one question for all of them."""
        while True:
            await asyncio.sleep(SESSIONS_SECONDS)
            asked = {one.session for one in self._open if one.session}
            if not asked:
                continue
            try:
                async with self._asking:
                    rows = await _all(await self._connected(), _SIGNED_IN, (sorted(asked),))
            except (psycopg.Error, OSError) as lost:
                log.warning("Sessions cannot be looked at; trying again: %s", lost)
                continue
            over = asked - {key for (key,) in rows}
            for subscription in self._open:
                if subscription.session in over:
                    subscription.end()


def _event(row: tuple[Any, ...], life: int) -> Event:
    number, topic, kind, ref = row
    return Event(number, topic, kind, ref, life)


async def connect() -> psycopg.AsyncConnection[Any]:
    """A connection of its own in autocommit, to the database that Django uses."""
    known = connection.get_connection_params()
    wanted = {
        name: value for name, value in known.items() if name not in {"cursor_factory", "context"}
    }
    return await psycopg.AsyncConnection.connect(**wanted, autocommit=True)


async def _all(
    reading: psycopg.AsyncConnection[Any], query: str, values: Sequence[object] = ()
) -> list[tuple[Any, ...]]:
    return await (await reading.execute(query, values)).fetchall()


async def _one(reading: psycopg.AsyncConnection[Any], query: str) -> tuple[Any, ...]:
    return (await _all(reading, query))[0]
