"""Children end with their parent, whichever way it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from paceline.kernel.processes import Children, stopping_in_order
from tests.ops.processes import is_alive, wait_until

CHILD = """
import sys, time
from pathlib import Path
from paceline.kernel.processes import end_with_parent
end_with_parent()
Path(sys.argv[1]).write_text("ready")
time.sleep(600)
"""
STUBBORN = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path(sys.argv[1]).write_text("ready")
time.sleep(600)
"""
PARENT = """
import sys, time
from pathlib import Path
from paceline.kernel.processes import Children, stopping_in_order
try:
    with stopping_in_order(), Children() as children:
        children.start("child", [sys.executable, "-c", sys.argv[1], sys.argv[2]])
        print(children._running["child"].pid, flush=True)
        time.sleep(600)
except KeyboardInterrupt:
    print("stopped in order", flush=True)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_child_ends_with_its_parent(how: signal.Signals, tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD, str(tmp_path / "ready")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    wait_until((tmp_path / "ready").exists)
    os.kill(parent.pid, how)
    said = parent.stdout.read()
    parent.wait()
    parent.stdout.close()
    assert said == ("" if how == signal.SIGKILL else "stopped in order\n")
    wait_until(lambda: not is_alive(child))


def test_a_child_that_does_not_listen_is_ended_after_a_while(tmp_path: Path) -> None:
    begun = time.monotonic()
    with Children(patience=0.5) as children:
        children.start("stubborn", [sys.executable, "-c", STUBBORN, str(tmp_path / "ready")])
        pid = children._running["stubborn"].pid
        wait_until((tmp_path / "ready").exists)
    wait_until(lambda: not is_alive(pid))
    assert time.monotonic() - begun < 120, "it would have slept ten minutes"


def test_a_child_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    log = tmp_path / "log" / "short.log"
    with Children() as children:
        children.start("short", [sys.executable, "-c", "print('last words'); exit(3)"], log=log)
        wait_until(lambda: bool(children.ended()))
        assert children.ended() == {"short": 3}
    assert log.read_text() == "last words\n"


def test_further_signals_do_not_disturb_the_end() -> None:
    before = signal.getsignal(signal.SIGTERM)
    orderly = False
    with pytest.raises(KeyboardInterrupt), stopping_in_order():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.05)
            orderly = True
    assert orderly
    assert signal.getsignal(signal.SIGTERM) is before
