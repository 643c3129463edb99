"""`paceline demo`, as a person uses it: start, look, Ctrl-C, start again."""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from paceline.kernel import trial
from paceline.kernel.postgres import placement, process
from tests.ops.processes import is_alive, wait_until

PROJECT = Path(__file__).resolve().parents[2]
# How a start goes does not depend on how much was sold; the story has tests of its own.
SCALE = "0"
FIRST_START_WITHIN = 240  # a tenth of it on two free cores; the suite shares them
SECOND_START_WITHIN = 60


@dataclass
class Demonstration:
    process: subprocess.Popen[str]
    folder: Path
    lines: list[str] = field(default_factory=list)

    @property
    def said(self) -> str:
        return "".join(self.lines)

    @property
    def address(self) -> tuple[str, int]:
        found = re.search(r"ready at http://([0-9.]+):(\d+)/", self.said)
        assert found, self.said
        return found[1], int(found[2])

    def wait_until_ready(self, within: float) -> None:
        wait_until(
            lambda: "is ready at" in self.said or self.process.poll() is not None, within=within
        )
        assert self.process.poll() is None, self.said

    def get(self, path: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(*self.address, timeout=30)
        connection.request("GET", path)
        return connection.getresponse()

    def all_processes(self) -> set[int]:
        """The supervisor, its children and the server."""
        found = {self.process.pid}
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(status.read_text("utf-8", "replace").rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == self.process.pid:
                found.add(int(status.parent.name))
        server = process.server_pid(placement.place(self.folder / "postgres").data)
        assert server is not None
        return found | {server}


@contextmanager
def demonstration(folder: Path) -> Iterator[Demonstration]:
    running = Demonstration(
        subprocess.Popen(
            [sys.executable, "-u", "-m", "paceline.cli", "demo", "--port", "18000"],
            cwd=PROJECT,
            env={**os.environ, "PACELINE_VAR": str(folder), "PACELINE_DEMO_SCALE": SCALE},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ),
        folder,
    )
    output = running.process.stdout
    assert output is not None
    reader = threading.Thread(target=lambda: running.lines.extend(iter(output.readline, "")))
    reader.start()
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.send_signal(signal.SIGTERM)
            running.process.wait(timeout=60)
        reader.join(timeout=10)
        output.close()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="finds child processes in /proc")
@pytest.mark.skipif(
    bool(os.environ.get("DATABASE_URL")), reason="the demonstration would fill that database"
)
def test_it_starts_stops_without_remains_and_starts_again_quickly(tmp_path: Path) -> None:
    with demonstration(tmp_path) as first:
        first.wait_until_ready(FIRST_START_WITHIN)
        assert first.get("/").status == 302
        assert first.get("/account/login/").status == 200
        processes = first.all_processes()
        assert len(processes) == 4  # this one, web, worker, PostgreSQL
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(timeout=60) == 0
        wait_until(lambda: not any(is_alive(pid) for pid in processes))

    begun = time.monotonic()
    with demonstration(tmp_path) as second:
        second.wait_until_ready(SECOND_START_WITHIN)
        seconds = time.monotonic() - begun
        processes = second.all_processes()
        second.process.kill()  # no chance to say goodbye
        wait_until(lambda: not any(is_alive(pid) for pid in processes), within=60)
    assert seconds < SECOND_START_WITHIN


def test_a_folder_holds_one_demonstration(tmp_path: Path) -> None:
    with trial.alone(tmp_path) as here:
        for told, said in (("12", "and is being set up"), ("12 http://x/", "at http://x/")):
            here.write_text(told)
            with pytest.raises(trial.NotReady, match=rf"already {said} \(process 12\)"):
                trial.alone(tmp_path).__enter__()
    with trial.alone(tmp_path):
        pass
