"""Waking the readers of the event table: by NOTIFY, or over Redis or Valkey where one is named.

A wake carries nothing. What happened stands in the table, which every reader also looks at by
itself every few seconds: a wake that is lost makes news late, never missing.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import cache
from typing import Any

import psycopg
import redis
import redis.asyncio
from django.conf import settings

CHANNEL = "paceline_live"
QUICK_SECONDS = 2.0  # a bus that does not answer must not hold up who has something to say
LOST = (psycopg.Error, redis.RedisError, OSError)

Connect = Callable[[], Awaitable[psycopg.AsyncConnection[Any]]]

log = logging.getLogger(__name__)


def goes_over_bus() -> bool:
    """Whether Redis or Valkey wakes the readers, so that nobody needs NOTIFY."""
    return bool(settings.LIVE_WAKE_URL)


def call() -> None:
    """Wake the readers over the bus; nothing happens where there is none, or where it is away."""
    if goes_over_bus():
        try:
            _bus(settings.LIVE_WAKE_URL).publish(CHANNEL, b"")
        except (redis.RedisError, OSError) as lost:
            log.warning("Readers were not woken and will look by themselves: %s", lost)


async def wakes(connect: Connect) -> AsyncIterator[None]:
    """Once when listening begins, then whenever a writer wakes. Raises one of ``LOST``."""
    if goes_over_bus():
        async for _message in _messages(settings.LIVE_WAKE_URL):
            yield
        return
    async with await connect() as listening:
        await listening.execute(f"LISTEN {CHANNEL}")
        yield
        async for _notice in listening.notifies():
            yield


async def _messages(url: str) -> AsyncIterator[None]:
    client = redis.asyncio.Redis.from_url(url, socket_keepalive=True, health_check_interval=15)
    async with client, client.pubsub() as listening:
        await listening.subscribe(CHANNEL)
        async for _message in listening.listen():
            yield  # the first one says that listening has begun


@cache
def _bus(url: str) -> redis.Redis:
    """One client for the process; it keeps its connections and makes lost ones anew."""
    return redis.Redis.from_url(
        url, socket_connect_timeout=QUICK_SECONDS, socket_timeout=QUICK_SECONDS
    )
