"""Stories of asyncio inside tests that are not themselves asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.db import connection

Answer = TypeVar("Answer")

LONGEST = 120
"""Seconds that a story may take."""


def in_thread(act: Callable[[], Answer]) -> Answer:
    """Do something in a thread of its own, where no loop runs, and give back its connection.

    A browser that an earlier test opened keeps a running loop in the thread of the tests.
    """

    def done() -> Answer:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(done).result()


def in_loop(story: Coroutine[Any, Any, Answer]) -> Answer:
    """What a coroutine answers, run in a loop of its own."""
    return in_thread(lambda: asyncio.run(asyncio.wait_for(story, LONGEST)))
