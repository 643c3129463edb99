"""Where shops leave files: a folder of this machine, or one that is reached by SFTP."""

from __future__ import annotations

import asyncio
import fnmatch
import stat
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

from paceline.orders.shops.asking import AskingFailed

FILES_MAX = 5_000
SECONDS_MAX = 600
# Names under which programs write what is not finished yet.
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".uploading")


@dataclass(frozen=True, slots=True)
class Left:
    """A file that lies there: its size in bytes and when it was changed (seconds)."""

    name: str
    size: int
    changed_at: int


class Place(Protocol):
    """Lists what lies there and fetches one file. Both raise ``AskingFailed``."""

    def files(self) -> list[Left]: ...

    def fetch(self, name: str, to: Path) -> None: ...


def place_of(options: Mapping[str, Any], access: Mapping[str, str]) -> Place:
    """Where a shop leaves its files."""
    if options.get("host"):
        return SftpPlace(options, access)
    return FolderPlace(options)


def is_wanted(name: str, pattern: str) -> bool:
    """A finished file of the name that was agreed; hidden ones never."""
    low = name.lower()
    is_hidden = name.startswith(".") or "/" in name or low.endswith(UNFINISHED)
    return not is_hidden and fnmatch.fnmatch(low, pattern.lower() or "*")


class FolderPlace:
    """A folder below one of those that the installation set up for shops (``SHOP_FOLDERS``)."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._folder = Path(str(options.get("path", "")))
        self._pattern = str(options.get("pattern", ""))

    def files(self) -> list[Left]:
        folder = self._checked()
        found = []
        try:
            for one in folder.iterdir():
                if is_wanted(one.name, self._pattern) and not one.is_symlink() and one.is_file():
                    known = one.stat()
                    found.append(Left(one.name, known.st_size, int(known.st_mtime)))
                if len(found) > FILES_MAX:
                    raise AskingFailed("too_many_files", most=FILES_MAX)
        except OSError as error:
            raise AskingFailed("folder_missing") from error
        return sorted(found, key=lambda one: (one.changed_at, one.name))

    def fetch(self, name: str, to: Path) -> None:
        path = self._checked() / name
        try:
            if path.is_symlink():
                raise AskingFailed("folder_not_allowed")
            with path.open("rb") as source, to.open("wb") as out:
                while part := source.read(1 << 20):
                    out.write(part)
        except OSError as error:
            raise AskingFailed("folder_missing") from error

    def _checked(self) -> Path:
        folder = self._folder.resolve()
        allowed = [Path(one).resolve() for one in settings.SHOP_FOLDERS]
        if not any(folder.is_relative_to(one) for one in allowed):
            raise AskingFailed("folder_not_allowed")
        return folder


class SftpPlace:
    """A folder of another machine. Only the host key that was given is trusted."""

    def __init__(self, options: Mapping[str, Any], access: Mapping[str, str]) -> None:
        self._options, self._access = options, access
        self._folder = str(options.get("path") or ".")
        self._pattern = str(options.get("pattern", ""))

    def files(self) -> list[Left]:
        found: list[Left] = self._run(self._list())
        return found

    def fetch(self, name: str, to: Path) -> None:
        self._run(self._get(name, to))

    async def _list(self) -> list[Left]:
        found = []
        async with self._connection() as connection, connection.start_sftp_client() as sftp:
            for one in await sftp.readdir(self._folder):
                name, attrs = str(one.filename), one.attrs
                is_file = attrs.permissions is None or stat.S_ISREG(attrs.permissions)
                if is_file and is_wanted(name, self._pattern):
                    found.append(Left(name, int(attrs.size or 0), int(attrs.mtime or 0)))
                if len(found) > FILES_MAX:
                    raise AskingFailed("too_many_files", most=FILES_MAX)
        return sorted(found, key=lambda one: (one.changed_at, one.name))

    async def _get(self, name: str, to: Path) -> None:
        most = int(settings.UPLOAD_BYTES_MAX)
        async with (
            self._connection() as connection,
            connection.start_sftp_client() as sftp,
            sftp.open(f"{self._folder}/{name}", "rb", encoding=None) as source,
        ):
            with to.open("wb") as out:
                while part := await source.read(1 << 20):
                    out.write(part)
                    if out.tell() > most:
                        raise AskingFailed("file_too_large")

    def _connection(self) -> Any:
        import asyncssh  # noqa: PLC0415 - as much to load as all of Django, and few need it

        key = self._access.get("private_key", "")
        return asyncssh.connect(
            str(self._options["host"]),
            int(self._options.get("port") or 22),
            username=str(self._options.get("user", "")),
            password=self._access.get("password") or None,
            client_keys=[asyncssh.import_private_key(key)] if key else None,
            known_hosts=([asyncssh.import_public_key(str(self._options["host_key"]))], [], []),
            agent_path=None,
            config=None,
            connect_timeout=15,
            login_timeout=30,
        )

    def _run(self, work: Any) -> Any:
        import asyncssh  # noqa: PLC0415 - as much to load as all of Django, and few need it

        async def limited() -> Any:
            async with asyncio.timeout(SECONDS_MAX):
                return await work

        # In a thread of its own: whoever asks may stand in a loop already.
        try:
            with ThreadPoolExecutor(1) as thread:
                return thread.submit(asyncio.run, limited()).result()
        except asyncssh.HostKeyNotVerifiable as error:
            raise AskingFailed("host_key") from error
        except (asyncssh.PermissionDenied, asyncssh.KeyImportError) as error:
            raise AskingFailed("access_refused", status="SFTP") from error
        except asyncssh.SFTPError as error:
            raise AskingFailed("folder_missing") from error
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raise AskingFailed("unreachable") from error
