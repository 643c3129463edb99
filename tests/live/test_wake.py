"""Redis or Valkey wakes the readers where a setting names one; a lost wake makes news late only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import monotonic

import pytest
import redis.asyncio
from django.conf import LazySettings
from django.db import connection

from paceline.live import events, stream, wake
from paceline.live.models import LiveEvent
from scripts import wake_server
from tests.live.test_commit_order import Following
from tests.live.test_stream import beside
from tests.loops import in_loop

pytestmark = pytest.mark.django_db(transaction=True)


async def listening_at(address: str) -> None:
    """Until a reader listens at the bus."""
    async with redis.asyncio.Redis.from_url(address) as asking:
        while not dict(await asking.pubsub_numsub(wake.CHANNEL))[wake.CHANNEL.encode()]:
            await asyncio.sleep(0.02)


def tell(kind: str) -> None:
    events.append(connection, "runs", kind=kind)


@pytest.fixture
def bus(settings: LazySettings) -> Iterator[str]:
    """The address of a real server, which the settings name."""
    if wake_server.missing():
        pytest.skip(wake_server.missing())
    with wake_server.running() as address:
        settings.LIVE_WAKE_URL = address
        yield address


def test_a_bus_wakes_the_reader_and_nobody_notifies(
    bus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "POLL_SECONDS", 60.0)

    async def story() -> tuple[list[str], float]:
        page = Following()
        await page.begin()
        await listening_at(bus)
        async with await stream.connect() as watching:
            await watching.execute("LISTEN paceline_live")
            began = monotonic()
            await beside(tell, "over the bus")
            heard = await page.hears(1)
            took = monotonic() - began
            notified = [one async for one in watching.notifies(timeout=0.2)]
        page.end()
        assert notified == []
        return heard, took

    heard, took = in_loop(story())
    assert heard == ["over the bus"]
    assert took < 30  # by its own look the page would have heard after a minute


def test_without_the_bus_the_poll_finds_it_and_nobody_waits_long(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIVE_WAKE_URL = f"redis://127.0.0.1:{wake_server.free_port()}/0"
    monkeypatch.setattr(stream, "POLL_SECONDS", 0.3)

    async def story() -> list[str]:
        page = Following()
        await page.begin()
        await beside(tell, "unannounced")
        heard = await page.hears(1)
        page.end()
        return heard

    assert in_loop(story()) == ["unannounced"]
    assert LiveEvent.objects.count() == 1


def test_a_bus_that_comes_back_wakes_again(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    if wake_server.missing():
        pytest.skip(wake_server.missing())
    monkeypatch.setattr(stream, "POLL_SECONDS", 60.0)
    monkeypatch.setattr(stream, "RETRY_SECONDS", 0.1)
    port = wake_server.free_port()
    settings.LIVE_WAKE_URL = f"redis://127.0.0.1:{port}/0"

    async def story() -> list[str]:
        page = Following()
        with wake_server.running(port):
            await page.begin()
            await listening_at(settings.LIVE_WAKE_URL)
            await beside(tell, "before")
            assert await page.hears(1) == ["before"]
        await beside(tell, "while it is away")
        with wake_server.running(port):
            assert await page.hears(2) == ["before", "while it is away"]
            await beside(tell, "after")
            heard = await page.hears(3)
        page.end()
        return heard

    assert in_loop(story()) == ["before", "while it is away", "after"]
