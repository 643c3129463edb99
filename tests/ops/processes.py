"""Asking the operating system about processes, with what a bare machine has."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROC = Path("/proc")


def is_alive(pid: int) -> bool:
    """Whether the process works; one that ended and was not reaped yet does not."""
    if PROC.joinpath("self").exists():
        try:
            state = PROC.joinpath(str(pid), "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        return state.rpartition(")")[2].split()[0] not in {"Z", "X"}
    answer = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(answer) and not answer.startswith("Z")


def _ports() -> Iterator[int]:
    """Numbers below those that systems give to outgoing connections: what is free now is not taken
    by one of these while a server starts. Each process of the suite has its own.
    """
    place = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 8
    first = 20_000 + 1_000 * place
    while True:
        yield from range(first, first + 1_000)


_PORTS = _ports()


def free_port() -> int:
    """A port of the loopback address that nobody listens at, and no other test asks for."""
    for port in _PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("the numbers begin anew for ever")


def wait_until(condition: Callable[[], bool], *, within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"not true within {within} seconds"
        time.sleep(0.05)
