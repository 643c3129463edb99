"""Asking Trello over its REST API: within its limits, and never anything but Trello itself.

Sources: Trello's guides to authorization and rate limits: 100 requests in ten seconds for a token,
429 above; ``invalid token`` and ``invalid key`` with 401 when access was taken away.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from django.conf import settings

from paceline.kernel import outbound

ANSWER_BYTES_MAX = 64 * 1024**2
WAIT_SECONDS_MAX = 60
TRIES = 5
# A little less than Trello lets through, because others may use the same token.
REQUESTS_MAX, WINDOW_SECONDS = 90, 10
TIMEOUT = httpx.Timeout(30, connect=10)
Pause = Callable[[int], None]
Params = Mapping[str, str | int | None]


class AskingFailed(Exception):
    """Trello gave no answer that helps; nothing can go on. ``code`` is worded in ``wording``."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class Refused(Exception):
    """Trello does not do this one thing; others may go on. ``said`` is its word for it."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"{status} {said}")
        self.status, self.said = status, said


@dataclass(slots=True)
class Trello:
    """An open connection. ``pause`` waits for whole seconds."""

    client: httpx.Client
    host: str
    pause: Pause
    tries: int = TRIES
    sent: deque[int] = field(default_factory=deque)

    def get(self, path: str, **params: str | int) -> Any:
        return self._ask("GET", path, params)

    def post(self, path: str, **params: str | int | None) -> Any:
        """Make something. Not tried again when it may have been made already."""
        return self._ask("POST", path, params)

    def put(self, path: str, **params: str | int | None) -> Any:
        return self._ask("PUT", path, params)

    def delete(self, path: str) -> None:
        """Take something away; what is gone already is fine."""
        try:
            self._ask("DELETE", path, {})
        except Refused as refused:
            if refused.status != 404:
                raise

    def _ask(self, method: str, path: str, params: Params) -> Any:
        status, body = 0, b""
        for attempt in range(self.tries):
            self._wait_for_room()
            status, headers, body = self._once(method, path, params, attempt)
            if status == 200:
                return _parsed(body)
            if attempt == self.tries - 1:
                break
            if status == 429:
                self.pause(_seconds(headers, attempt))
            elif status >= 500 and method != "POST":
                self.pause(2**attempt)
            elif status:
                break
        said = body[:200].decode("utf-8", "replace").strip()
        if status == 401 and ("invalid token" in said or "invalid key" in said):
            raise AskingFailed("access_refused")
        if status == 429:
            raise AskingFailed("too_busy")
        if status >= 500:
            raise AskingFailed("failed", status=status)
        raise Refused(status, said)

    def _wait_for_room(self) -> None:
        """Stay below the limit: pause until the oldest request of the window is old enough."""
        now = time.monotonic_ns()
        while self.sent and now - self.sent[0] > WINDOW_SECONDS * 10**9:
            self.sent.popleft()
        if len(self.sent) >= REQUESTS_MAX:
            self.pause(WINDOW_SECONDS)
            self.sent.clear()
        self.sent.append(now)

    def _once(
        self, method: str, path: str, params: Params, attempt: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request; status 0 when there was no answer and it may be asked again."""
        body = bytearray()
        is_read = method in {"GET", "DELETE"}
        try:
            with self.client.stream(
                method, f"/1{path}", params=params if is_read else None,
                json=None if is_read else dict(params),
                extensions={"sni_hostname": self.host},
            ) as answer:  # fmt: skip
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > ANSWER_BYTES_MAX:
                        raise AskingFailed("unreadable")
                return answer.status_code, answer.headers, bytes(body)
        except httpx.HTTPError as error:
            if method == "POST" or attempt == self.tries - 1:
                raise AskingFailed("unreachable") from error
            self.pause(2**attempt)
            return 0, {}, b""


def _parsed(body: bytes) -> Any:
    try:
        # Places are numbers with a fraction: kept as they are written.
        return json.loads(body or b"null", parse_float=str)
    except (ValueError, RecursionError) as error:
        raise AskingFailed("unreadable") from error


def _seconds(headers: Mapping[str, str], attempt: int) -> int:
    """Whole seconds that Trello asks to wait; without a word, until its window is over."""
    asked = headers.get("retry-after", "").split(".")[0]
    if not (asked.isascii() and asked.isdigit()):
        return WINDOW_SECONDS * (attempt + 1)
    if int(asked) > WAIT_SECONDS_MAX:
        raise AskingFailed("too_busy")
    return int(asked) + 1


@contextmanager
def connected(
    access: Mapping[str, str], pause: Pause = time.sleep, *, tries: int = TRIES
) -> Iterator[Trello]:
    """A connection with the key and token of ``access``, which stay in a header.

    Where somebody waits for a page, ``tries`` is one.
    """
    try:
        place = outbound.check(settings.TRELLO_ADDRESS, may_be_near=settings.TRELLO_MAY_BE_NEAR)
    except outbound.AddressRefused as refused:
        raise AskingFailed("unreachable") from refused
    proof = f'OAuth oauth_consumer_key="{access["key"]}", oauth_token="{access["token"]}"'
    with httpx.Client(
        base_url=place.pinned,
        headers={"Authorization": proof, "Host": place.parts.netloc},
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
    ) as client:
        yield Trello(client, place.host, pause, tries)
