"""Leases on a shared server: the kernel counts them, so a killed process gives its own back."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def leased(folder: Path, *, start: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    """Hold a lease on the server of ``folder``; the last holder to leave calls ``stop``.

    A lease is a shared lock on one file, and stopping needs that lock exclusively: nobody can
    begin to use a server while it is being stopped.
    """
    handle = os.open(folder / "leases", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        try:
            start()
            yield
        finally:
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stop()
    finally:
        os.close(handle)


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Start and stop one after the other, across processes."""
    handle = os.open(folder / "starting", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
