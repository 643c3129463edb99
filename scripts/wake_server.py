"""A Redis or Valkey server of this machine's own: on loopback, on a free port, keeping nothing.

    python scripts/wake_server.py run      starts it, prints its address, stops it on Ctrl-C

Tests use `running`. The server is ended by its process id; it writes no file but into a folder of
its own, which goes with it.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HOST = "127.0.0.1"
PROGRAMS = ("valkey-server", "redis-server")
PATIENCE = 60.0  # seconds: a laden machine starts slowly


def program() -> str:
    """The server that this machine has; empty without one."""
    return next(filter(None, map(shutil.which, PROGRAMS)), "") or ""


def missing() -> str:
    """What is not there, in words; empty when all is there."""
    return "" if program() else "there is no Redis or Valkey: apt-get install redis-server"


@contextmanager
def running(port: int | None = None) -> Iterator[str]:
    """The address of a server that ends with the block."""
    where = port or free_port()
    command = [program(), "--bind", HOST, "--port", str(where), "--save", "", "--appendonly", "no"]
    with tempfile.TemporaryDirectory(prefix="paceline-wake-") as folder:
        process = subprocess.Popen(  # noqa: S603 - a program of the machine, no input of a user
            [*command, "--dir", folder],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait_for_port(process, where)
            yield f"redis://{HOST}:{where}/0"
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_port(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("the server ended at once")
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.05)
    raise TimeoutError("the server does not answer")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("act", choices=["run"])
    parser.parse_args()
    if missing():
        sys.exit(missing())
    with running() as address, suppress(KeyboardInterrupt):
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        signal.pause()


if __name__ == "__main__":
    main()
