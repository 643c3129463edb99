"""Every address × method × member of the cast, against the tables that the apps wrote down."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.accounts.permissions import LIBRARY
from tests.api.calling import Program, program_for
from tests.permission_table import Url
from tests.world import World, sign_in

TESTS = Path(__file__).resolve().parents[1]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LOGIN = "/account/login/"


def tables() -> dict[str, Url]:
    """All tables of all apps, by the name of the address."""
    found: dict[str, Url] = {}
    for file in sorted(TESTS.glob("*/**/permissions.py")):
        module = importlib.import_module(
            ".".join(("tests", *file.relative_to(TESTS).with_suffix("").parts))
        )
        found.update(module.URLS)
    return found


def names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """The full name of every address of the product."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from names(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}" if entry.name else str(entry.pattern)


URLS = tables()


def test_every_address_is_in_a_table() -> None:
    known = set(URLS) | set(LIBRARY)
    missing = sorted(set(names(get_resolver())) - known)
    assert not missing, f"write down who may use: {missing}"


def test_no_table_names_an_address_that_does_not_exist() -> None:
    known = {name for name, url in URLS.items() if not url.demo}
    assert not sorted(known - set(names(get_resolver())))


def ask(
    client: Client | Program, method: str, address: str, data: dict[str, object]
) -> HttpResponse:
    """One request whose effects are undone."""
    with transaction.atomic():
        if isinstance(client, Program):
            answer = client.ask(
                method, address, data if method in {"POST", "PUT", "PATCH"} else None
            )
            transaction.set_rollback(True)
            return answer
        answer = client.generic(method, address) if method != "POST" else client.post(address, data)
        # Read a stream inside the transaction that its rows belong to.
        if getattr(answer, "streaming", False) and not getattr(answer, "is_async", False):
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    return answer  # type: ignore[return-value]


def problem(url: Url, name: str, method: str, status: int) -> str:
    """What is wrong with this answer; empty if nothing is."""
    if status >= 500:
        return f"{name} {method}: failed with {status}"
    if name in url.allow.get(method, ()):
        return f"{name} {method}: may, but got {status}" if status in {401, 403, 404, 405} else ""
    if method not in url.allow:
        if status in {405, 403, 404}:
            return ""
        return f"{name} {method}: {status} instead of 405"
    expected = url.refusal(name)
    return "" if status == expected else f"{name} {method}: {status} instead of {expected}"


@pytest.mark.parametrize("name", sorted(name for name, url in URLS.items() if not url.demo))
def test_address(name: str, world: World) -> None:
    url = URLS[name]
    given = url.args(world) if url.args else None
    address = reverse(name, kwargs=given)
    data = url.data(world) if url.data else {}
    problems = []
    for who, person in world.cast.items():
        client = program_for(person) if url.anonymous == "token" else sign_in(person)
        if who == "fred":
            if url.anonymous == "token" and ask(client, "GET", address, data).status_code != 401:
                problems.append("fred, who left, was not refused")
            if url.anonymous == "login":
                answer = ask(client, "GET", address, data)
                if (answer.status_code, answer.headers.get("Location", "")[: len(LOGIN)]) != (
                    302,
                    LOGIN,
                ):
                    problems.append(f"fred, who left, got {answer.status_code}")
            continue
        # A method that no table mentions is refused before anyone is asked who they are: one asks.
        for method in METHODS if who == "dana" else sorted({"GET", "POST", *url.allow}):
            answer = ask(client, method, address, data)
            found = problem(url, who, method, answer.status_code)
            if found:
                problems.append(found)
    problems += list(stranger(url, address, data))
    assert not problems, "\n".join([address, *problems])
    assert not connection.needs_rollback


def stranger(url: Url, address: str, data: dict[str, object]) -> Iterator[str]:
    """What is wrong with the answers to somebody who is not signed in."""
    for method in METHODS:
        answer = ask(Client(), method, address, data)
        status, goes_to = answer.status_code, answer.headers.get("Location", "")
        if status >= 500:
            yield f"a stranger {method}: failed with {status}"
        elif url.anonymous == "token":
            if status != 401:
                yield f"a stranger {method}: {status} instead of 401"
        elif url.anonymous == "open":
            if method in url.allow and status in {401, 403}:
                yield f"a stranger {method}: {status} on an open address"
        elif not (status == 302 and goes_to.startswith(LOGIN)) and status not in {403, 405}:
            yield f"a stranger {method}: {status} {goes_to}"


@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_the_sign_in_library_asks_for_sign_in(name: str, world: World) -> None:
    kwargs = {
        "account_reset_password_from_key": {"uidb36": "1", "key": "x-y"},
        "account_confirm_email": {"key": "x"},
        "mfa_remove_webauthn": {"pk": 1},
        "mfa_edit_webauthn": {"pk": 1},
    }.get(name)
    answer = Client().get(reverse(name, kwargs=kwargs))
    assert answer.status_code < 500
    if LIBRARY[name] == "login":
        assert answer.status_code in {302, 404, 405}
        if answer.status_code == 302:
            assert LOGIN in answer["Location"]
