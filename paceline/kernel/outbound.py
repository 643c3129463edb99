"""Sending to an address that somebody typed in: to the internet only, and never further.

A name is resolved once; every address that it has must be a public one, and the connection goes to
the address that was checked, under the name that was asked for. So neither a name that changes its
mind between two look-ups nor a redirect leads inside (trust in names is the usual hole).
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

ANSWER_BYTES_MAX = 64 * 1024
EXCERPT_MAX = 500
TIMEOUT_SECONDS = 10
URL_MAX = 500
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


class AddressRefused(Exception):
    """Nothing is sent to this address; ``code`` says why: ``malformed``, ``not_https``,
    ``not_public`` or ``unknown_host``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotAnswered(Exception):
    """The address gave no answer; ``code``: ``timed_out``, ``not_trusted`` or ``unreachable``."""

    def __init__(self, code: str, milliseconds: int) -> None:
        super().__init__(code)
        self.code, self.milliseconds = code, milliseconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the beginning of the text, and how long it took."""

    status: int
    excerpt: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Place:
    """A checked address: the parts of the URL, and the one IP address to connect to."""

    parts: SplitResult
    host: str
    port: int
    ip: str

    @property
    def pinned(self) -> str:
        """The URL with the checked IP address in place of the name."""
        ip = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"{self.parts.scheme}://{ip}:{self.port}{self.parts.path}"


@dataclass(frozen=True, slots=True)
class Host:
    """A checked host of another protocol: its name, port, and the one IP address to connect to."""

    name: str
    port: int
    ip: str


def check_host(name: str, port: int, *, may_be_near: bool = False) -> Host:
    """The same for a host and port that somebody typed in. Raises ``AddressRefused``."""
    if not name or not name.isascii() or len(name) > 253 or not 0 < port < 65536:
        raise AddressRefused("malformed")
    return Host(name, port, _resolved(name, port, may_be_near=may_be_near))


def check(url: str, *, may_be_near: bool = False) -> Place:
    """The place that a URL leads to. Raises ``AddressRefused``.

    ``may_be_near`` allows plain HTTP and private addresses: for trials on one machine.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise AddressRefused("malformed") from None
    if not host or len(url) > URL_MAX or parts.username is not None or not url.isascii():
        raise AddressRefused("malformed")
    if parts.scheme != "https" and not (may_be_near and parts.scheme == "http"):
        raise AddressRefused("not_https")
    port = port or (443 if parts.scheme == "https" else 80)
    return Place(parts, host, port, _resolved(host, port, may_be_near=may_be_near))


def _resolved(host: str, port: int, *, may_be_near: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused("unknown_host") from None
    addresses = [str(one[4][0]) for one in found]
    if not may_be_near and not all(_is_public(one) for one in addresses):
        raise AddressRefused("not_public")
    return addresses[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_public(str(address.ipv4_mapped))
        if address.sixtofour is not None or any(address in net for net in NAT64):
            return False
    return address.is_global and not address.is_multicast


class _Pinned(http.client.HTTPConnection):
    """A connection to the address that was checked, whatever the name says by now."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.host, place.port, timeout=TIMEOUT_SECONDS)
        self.place = place

    def connect(self) -> None:
        self.sock = socket.create_connection((self.place.ip, self.place.port), self.timeout)
        if self.place.parts.scheme == "https":
            trusted = ssl.create_default_context()
            self.sock = trusted.wrap_socket(self.sock, server_hostname=self.place.host)


def post(place: Place, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a body and read the beginning of the answer. Raises ``NotAnswered``.

    Redirects are not followed. All of it takes ``TIMEOUT_SECONDS`` for each wait, and no more than
    twice that in all.
    """
    began = time.monotonic_ns()
    path = place.parts.path or "/"
    target = f"{path}?{place.parts.query}" if place.parts.query else path
    connection = _Pinned(place)
    try:
        connection.request("POST", target, body, dict(headers))
        answer = connection.getresponse()
        text = _beginning(answer, began)
    except TimeoutError:
        raise NotAnswered("timed_out", _since(began)) from None
    except ssl.SSLError:
        raise NotAnswered("not_trusted", _since(began)) from None
    except (OSError, http.client.HTTPException, ValueError):
        raise NotAnswered("unreachable", _since(began)) from None
    finally:
        connection.close()
    return Answer(answer.status, text.replace("\0", "")[:EXCERPT_MAX], _since(began))


def _beginning(answer: http.client.HTTPResponse, began: int) -> str:
    """What is read of an answer: little, and not for long, so that no receiver holds a worker."""
    read = bytearray()
    while len(read) < ANSWER_BYTES_MAX and (part := answer.read1(4096)):
        read += part
        if _since(began) > 2000 * TIMEOUT_SECONDS:
            raise TimeoutError
    return bytes(read).decode("utf-8", "replace")


def _since(began: int) -> int:
    return (time.monotonic_ns() - began) // 1_000_000
