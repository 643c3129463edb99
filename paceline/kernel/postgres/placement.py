"""Where the private server keeps its files, and as which operating-system user it runs.

PostgreSQL refuses to run as root. Called by root, it runs as the owner of the folder if that is a
plain user, else as ``postgres``, else as ``nobody``; no user is created and no parent folder has
its rights changed. A folder that this user cannot reach is left alone: the data then lie under
``/var/lib/paceline-private``, in a folder named by a hash of the one asked for.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from paceline.kernel.postgres.binaries import Binaries

# The address of a Unix socket holds 103 bytes on macOS, 107 on Linux, the file's name included.
SOCKET_PATH_BYTES = 103
SOCKET_NAME = ".s.PGSQL.5432"
OUT_OF_ROOT = Path("/var/lib/paceline-private")


class FolderNotOurs(Exception):
    """A folder that must belong to the server's user belongs to someone else."""


@dataclass(frozen=True)
class Account:
    """The operating-system user of the server; ``switch`` says whether we must change to it."""

    uid: int
    gid: int
    name: str
    switch: bool

    def run(self, command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, its output captured, in a session of its own."""
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PG")
        }
        if self.switch:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
            environment["HOME"] = "/"
        process = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603 - our own programs
            command,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            **options,
        )
        try:
            said, _ = process.communicate()
        except BaseException:
            # Interrupted: what is half started would be nobody's, so it is let finish first.
            process.wait()
            raise
        return subprocess.CompletedProcess(command, process.returncode, said)

    def can_reach(self, folder: Path) -> bool:
        return not self.switch or self.run(["test", "-x", str(folder)], cwd="/").returncode == 0


@dataclass(frozen=True)
class Placement:
    """Everything about one private server that is known before it runs.

    ``folder`` is the caller's (passwords, locks); ``home`` is the server's own, mode 0700, with
    the data, the log and, where the path is short enough, the socket.
    """

    folder: Path
    home: Path
    sockets: Path
    account: Account

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def data_major(self) -> int | None:
        """The major version that made the data; None before the first start."""
        version = self.data / "PG_VERSION"
        return int(version.read_text(encoding="ascii")) if version.exists() else None


def place(folder: Path) -> Placement:
    """Where the server of ``folder`` lives. Creates ``folder`` and nothing else."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    account = _account(folder)
    mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    home = folder / "server" if account.can_reach(folder) else OUT_OF_ROOT / mark
    sockets = home / "socket"
    if len(os.fsencode(sockets / SOCKET_NAME)) > SOCKET_PATH_BYTES:
        sockets = Path(tempfile.gettempdir()).resolve() / f"paceline-{mark}"
    if len(os.fsencode(sockets / SOCKET_NAME)) > SOCKET_PATH_BYTES:
        sockets = Path(f"/tmp/paceline-{mark}")  # noqa: S108 - ownership is checked before use
    return Placement(folder, home, sockets, account)


def prepare(placement: Placement) -> None:
    """Create the server's folders, closed to everyone else; raises :class:`FolderNotOurs`."""
    if OUT_OF_ROOT in placement.home.parents:
        OUT_OF_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
        OUT_OF_ROOT.chmod(0o755)
    for folder in (placement.home, placement.sockets):
        _own(folder, placement.account)


def reachable(binaries: Binaries, placement: Placement) -> Binaries:
    """The same programs at a place where the server's user may run them.

    A virtual environment below a folder that only root may enter is out of that user's reach; the
    wheel's programs and libraries are then copied beside the data, once.
    """
    if placement.account.can_reach(binaries.folder):
        return binaries
    installation = binaries.folder.parent
    whole = placement.home / f"programs-{binaries.major}"
    folder = whole / "package" / installation.name / "bin"
    if not whole.exists():
        draft = whole.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(installation, draft / "package" / installation.name, symlinks=True)
        # The programs look for their libraries beside the package, as the wheel lays them out.
        libraries = installation.parent.with_name(f"{installation.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        draft.rename(whole)
    return Binaries(folder, binaries.major, is_from_wheel=binaries.is_from_wheel)


def _account(folder: Path) -> Account:
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), "", switch=False)
    owner = folder.stat().st_uid
    if owner != 0:
        entry = pwd.getpwuid(owner)
    else:
        try:
            entry = pwd.getpwnam("postgres")
        except KeyError:
            entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name, switch=True)


def _own(folder: Path, account: Account) -> None:
    """Make ``folder`` 0700 and the account's. A stranger's folder or link at its place is refused.

    The check matters in a shared temporary folder, where anyone could have made it before us.
    """
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {account.uid, os.geteuid()}:
            raise FolderNotOurs(
                f"{folder} belongs to another user. Remove it, or name another place with "
                "PACELINE_VAR."
            ) from None
    if account.switch:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    folder.chmod(0o700)
