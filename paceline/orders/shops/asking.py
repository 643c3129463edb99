"""Asking a shop over its API: politely, with limits, and never anything but the shop itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from django.conf import settings

from paceline.kernel import outbound

ANSWER_BYTES_MAX = 32 * 1024**2
WAIT_SECONDS_MAX = 120
TRIES = 5
REFUSALS = {
    401: "access_refused", 402: "shop_frozen", 403: "access_refused", 404: "not_found",
    423: "shop_locked", 429: "too_busy",
}  # fmt: skip
TIMEOUT = httpx.Timeout(30, connect=10)
Pause = Callable[[int], None]


class AskingFailed(Exception):
    """The shop gave no answer that helps; ``code`` and ``params`` are worded in ``wording``."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


class _NoAnswer(Exception):
    """The question arrived and no whole answer came back: worth asking again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The JSON of an answer. Decimals are kept as their texts, so that nothing is rounded."""

    content: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asker:
    """An open connection to one shop. ``pause`` waits for whole seconds.

    ``host`` is the shop's name, for which its certificate must stand. ``warnings`` by their code
    are worded in ``wording``.
    """

    client: httpx.Client
    host: str
    pause: Pause
    warnings: dict[str, dict[str, str]] = field(default_factory=dict)

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Answer:
        """One page. Waits when the shop asks for it, and tries again after its errors."""
        return self._ask("GET", path, {"params": params})

    def post(self, path: str, said: Mapping[str, Any]) -> Answer:
        """The answer to a question that is asked as JSON; asking twice does no harm."""
        return self._ask("POST", path, {"json": said})

    def warn(self, code: str, **params: str) -> None:
        """Something that whoever keeps the shop should know of, although it answered."""
        self.warnings.setdefault(code, params)

    def wait(self, seconds: int) -> None:
        """Raises ``AskingFailed`` where the shop wants more patience than there is."""
        if seconds > WAIT_SECONDS_MAX:
            raise AskingFailed("too_busy")
        self.pause(seconds)

    def _ask(self, method: str, path: str, said: Mapping[str, Any]) -> Answer:
        status = 0
        for attempt in range(TRIES):
            try:
                status, headers, body = self._once(method, path, said)
            except _NoAnswer:
                self.pause(2**attempt)
                continue
            if status == 200:
                try:
                    return Answer(json.loads(body, parse_float=str), headers)
                except (ValueError, RecursionError) as error:
                    raise AskingFailed("unreadable") from error
            if status == 429:
                self.wait(_wait_for(headers, attempt))
            elif status >= 500:
                self.pause(2**attempt)
            else:
                break
        if not status:
            raise AskingFailed("unreachable")
        raise AskingFailed(REFUSALS.get(status, "failed"), status=status)

    def _once(
        self, method: str, path: str, said: Mapping[str, Any]
    ) -> tuple[int, Mapping[str, str], bytes]:
        body = bytearray()
        try:
            with self.client.stream(
                method, path, **said, extensions={"sni_hostname": self.host}
            ) as answer:
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > ANSWER_BYTES_MAX:
                        raise AskingFailed("unreadable")
                return answer.status_code, answer.headers, bytes(body)
        except (httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ReadError) as error:
            raise _NoAnswer from error
        except httpx.HTTPError as error:
            raise AskingFailed("unreachable") from error


def _wait_for(headers: Mapping[str, str], attempt: int) -> int:
    """Whole seconds that the shop asks to wait (``Retry-After``), a little at least."""
    asked = headers.get("retry-after", "").split(".")[0]
    return int(asked) + 1 if asked.isascii() and asked.isdigit() else 2**attempt


@contextmanager
def connected(
    address: str,
    *,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    pause: Pause = time.sleep,
) -> Iterator[Asker]:
    """A connection to the shop at ``address``; redirects are not followed, secrets stay there.

    It goes to the IP address that was checked, under the shop's name.
    """
    place = check_address(address)
    with httpx.Client(
        base_url=place.pinned,
        headers={**(headers or {}), "Host": place.parts.netloc},
        auth=auth,
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
    ) as client:
        yield Asker(client, place.host, pause)


def check_address(address: str) -> outbound.Place:
    """A shop lies on the internet and speaks TLS; nobody asks the inside of our network through it.

    ``SHOPS_MAY_BE_NEAR`` lifts this for trials.
    """
    try:
        return outbound.check(address, may_be_near=settings.SHOPS_MAY_BE_NEAR)
    except outbound.AddressRefused as refused:
        is_away = refused.code == "unknown_host"
        raise AskingFailed("unreachable" if is_away else "not_public") from refused
