"""The web process behind one address, and a page that follows it as a browser would."""

from __future__ import annotations

import http.client
import json
import subprocess
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.ops.processes import free_port, wait_until
from tests.ops.workers import running


class Site:
    """The web process behind one address, which can go away and come back."""

    def __init__(self, log: Path, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._environment = environment
        self._alive = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        serving = running("serve", "--port", str(self.port), log=self._log, **self._environment)
        self._process = self._alive.enter_context(serving)
        wait_until(self._answers, within=120)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self.close()

    def close(self) -> None:
        self._alive.close()

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/account/login/", timeout=5) as answer:  # noqa: S310 - our own
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


class FollowingPage:
    """Comes back to the stream with the last id that it saw, like a browser's EventSource.

    ``heard`` holds the refs of events in order, ``statuses`` what the server answered each time;
    ``resets`` how many events it had heard whenever it was told to read everything again.
    """

    def __init__(self, port: int, cookie: str, topic: str) -> None:
        self.heard: list[str] = []
        self.statuses: list[int] = []
        self.resets: list[int] = []
        self._port, self._cookie, self._topic = port, cookie, topic
        self._last = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join(30)

    def _follow(self) -> None:
        while not self._ended.is_set():
            with suppress(OSError, http.client.HTTPException):
                self._listen()
            self._ended.wait(0.3)

    def _listen(self) -> None:
        asking = http.client.HTTPConnection("127.0.0.1", self._port, timeout=1)
        headers = {"Cookie": self._cookie, "Accept": "text/event-stream"}
        if self._last:
            headers["Last-Event-ID"] = self._last
        try:
            asking.request("GET", f"/live/events?topics={self._topic}", headers=headers)
            # The server may be waking up; only silence within the stream ends it early.
            if asking.sock is not None:
                asking.sock.settimeout(10)
            answer = asking.getresponse()
            self.statuses.append(answer.status)
            asking_socket = asking.sock
            if asking_socket is not None:
                asking_socket.settimeout(1)
            while answer.status == 200 and not self._ended.is_set():
                try:
                    line = answer.readline()
                except TimeoutError:
                    return  # comes back with the last id
                if not line:
                    return
                self._read(line.decode().rstrip("\n"))
        finally:
            asking.close()

    def _read(self, line: str) -> None:
        name, _, value = line.partition(":")
        if name == "id":
            self._last = value.strip()
        elif line == "event: reset":
            self.resets.append(len(self.heard))
        elif name == "data" and value.strip() != "{}":
            self.heard.append(json.loads(value)["ref"])
