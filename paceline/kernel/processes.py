"""Child processes that end when their parent does, however it ended.

Each child reads a pipe whose other end only the parent holds. Should the parent be killed without
a chance to say so, the pipe closes and the child asks itself to stop.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

# Set for children that should call `end_with_parent`.
MARK = "PACELINE_ENDS_WITH_PARENT"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_with_parent() -> None:
    """In a child started by :class:`Children`: stop like on SIGTERM once the parent is gone."""
    if os.environ.pop(MARK, "") != "1":
        return

    def wait_for_the_end() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_for_the_end, name="end with parent", daemon=True).start()


class _Interruption:
    """Whether a stop signal may interrupt now, and whether one came while it might not."""

    held = False
    came = False


@contextmanager
def stopping_in_order() -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and SIGHUP into one KeyboardInterrupt; further ones cannot disturb."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if _Interruption.held:
            _Interruption.came = True
            return
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _undivided() -> Iterator[None]:
    """Let a stop signal wait until the end of a step that must not be left half done."""
    _Interruption.held = True
    try:
        yield
    finally:
        _Interruption.held = False
        if _Interruption.came:
            _Interruption.came = False
            os.kill(os.getpid(), signal.SIGTERM)


class Children:
    """Processes started together and stopped together, the last started first.

    As a context manager it leaves none behind: SIGTERM, then after ``patience`` seconds SIGKILL.
    Each child leads a session of its own, so Ctrl-C in the terminal reaches the parent alone.
    """

    def __init__(self, *, patience: float = 20.0) -> None:
        self.patience = patience
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start a child; its output goes to ``log`` (begun anew), else to our own."""
        output = None
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            output = log.open("wb")
        try:
            # A child that was started but not yet noted down would outlive us.
            with _undivided():
                self._running[name] = subprocess.Popen(  # noqa: S603 - commands of our own
                    list(command),
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT if output else None,
                    env={**os.environ, **(environment or {}), MARK: "1"},
                    start_new_session=True,
                )
        finally:
            if output is not None:
                output.close()

    def finish(self, name: str) -> int:
        """Wait until the child ends by itself; returns its exit code."""
        code = self._running[name].wait()
        del self._running[name]
        return code

    def ended(self) -> dict[str, int]:
        """The children that have ended by themselves, with their exit codes."""
        return {
            name: process.returncode
            for name, process in self._running.items()
            if process.poll() is not None
        }

    def stop(self) -> None:
        for process in reversed(self._running.values()):
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + self.patience
        for process in self._running.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            if process.stdin is not None:
                process.stdin.close()
        self._running.clear()


def own_command(*words: str) -> list[str]:
    """The command line that runs ``paceline`` with this very Python."""
    return [sys.executable, "-m", "paceline.cli", *words]
