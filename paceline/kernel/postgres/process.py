"""Which operating-system process is our server, asked in a way that never mistakes another for it.

A ``postmaster.pid`` outlives crashes and reboots, and its number may by then belong to an innocent
process. Nothing is signalled before that process's command line was seen to name our data folder.
"""

from __future__ import annotations

import os
import subprocess
import time
from itertools import pairwise
from pathlib import Path

PROC = Path("/proc")
# How long the children of a killed server may take to notice that it is gone.
ORPHANS_LEAVE_WITHIN = 60.0


def written_pid(data: Path) -> int | None:
    """The number in ``postmaster.pid``; None without a readable one."""
    try:
        return int((data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def server_pid(data: Path) -> int | None:
    """The process that serves ``data``; None if there is none, whatever the pid file says."""
    pid = written_pid(data)
    return pid if pid and _serves(pid, data) else None


def clear_remains(data: Path, sockets: Path) -> None:
    """After a crash or a reboot: remove what would make PostgreSQL refuse to start.

    The pid file and the lock beside the socket hold a number that may be a living stranger's or a
    dead server's not yet reaped; PostgreSQL takes either for a server. Call this only while
    :func:`server_pid` finds none. Raises TimeoutError while processes of a killed server still
    work in the data folder.
    """
    deadline = time.monotonic() + ORPHANS_LEAVE_WITHIN
    while _works_inside(data):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Processes of a killed server still work in {data}.")
        time.sleep(0.1)
    pid = written_pid(data)
    if pid is not None and _exists(pid):
        (data / "postmaster.pid").unlink(missing_ok=True)
    for remains in sockets.glob(".s.PGSQL.*"):
        remains.unlink()


def _serves(pid: int, data: Path) -> bool:
    words = _command_line(pid)
    return any(flag == "-D" and Path(folder) == data for flag, folder in pairwise(words))


def _command_line(pid: int) -> list[str]:
    if PROC.joinpath("self").exists():
        try:
            return PROC.joinpath(str(pid), "cmdline").read_text("utf-8", "replace").split("\0")
        except OSError:
            return []
    answer = subprocess.run(  # noqa: S603 - a number, not text
        ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607 - where ps lies differs
        capture_output=True,
        text=True,
        check=False,
    )
    # ps joins the words by blanks: enough to find "-D folder", the folder's own blanks included.
    program, flag, rest = answer.stdout.strip().partition(" -D ")
    return [program, "-D", rest] if flag else []


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _works_inside(data: Path) -> bool:
    """Whether any process has ``data`` as its working folder, as every server process does."""
    for link in PROC.glob("[0-9]*/cwd"):
        try:
            if link.readlink() == data:
                return True
        except OSError:
            continue
    return False
