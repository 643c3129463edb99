"""A way to the database that can be shut: to whoever comes by it, the server is gone."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from urllib.parse import quote, urlencode

from django.db import connection

BYTES = 64 * 1024


class Way:
    """From a socket of its own to the server of the test, open until it is ``shut``."""

    def __init__(self, folder: Path) -> None:
        known = connection.settings_dict
        self._host, self._port = str(known["HOST"]), str(known["PORT"] or 5432)
        self._folder = folder
        self._listener: socket.socket | None = None
        self._ends: list[socket.socket] = []

    @property
    def address(self) -> str:
        """The database behind the way, as ``DATABASE_URL``."""
        known = connection.settings_dict
        who = f"{quote(known['USER'])}:{quote(known['PASSWORD'])}"
        where = urlencode({"host": self._folder, "port": self._port})
        return f"postgresql://{who}@/{quote(known['NAME'])}?{where}"

    @property
    def _path(self) -> str:
        return str(self._folder / f".s.PGSQL.{self._port}")

    def open(self) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self._path)
        self._listener.listen(64)
        Thread(target=self._admit, args=[self._listener], daemon=True).start()

    def shut(self) -> None:
        """End every connection and take no new one."""
        if self._listener is None:
            return
        Path(self._path).unlink()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        for end in self._ends:
            _end(end)
        self._ends.clear()

    def _admit(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _address = listener.accept()
                far = self._connect()
                self._ends += [near, far]
                Thread(target=_carry, args=[near, far], daemon=True).start()
                Thread(target=_carry, args=[far, near], daemon=True).start()

    def _connect(self) -> socket.socket:
        if not self._host.startswith("/"):
            return socket.create_connection((self._host or "localhost", int(self._port)))
        far = socket.socket(socket.AF_UNIX)
        far.connect(str(Path(self._host) / f".s.PGSQL.{self._port}"))
        return far


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while found := source.recv(BYTES):
            target.sendall(found)
    _end(source)
    _end(target)


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def way_to_database() -> Iterator[Way]:
    """A way, open. The names of sockets must be short: those of a test's own folder are not."""
    with tempfile.TemporaryDirectory(prefix="way-") as folder:
        way = Way(Path(folder))
        way.open()
        try:
            yield way
        finally:
            way.shut()
