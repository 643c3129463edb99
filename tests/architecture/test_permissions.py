"""Every address × method × member of the cast, against the tables that the apps wrote down.

Each table is walked in one go: everybody signs in once, and what many of its addresses stand on is
made once. The effects of each request are undone before the next, so that each meets the same rows.
Pages show what the view fetched: a template that asks the database fails the walk, too, and so does
a page of ``COUNTED`` apps that asks it more often than any may.
"""

from __future__ import annotations

import copy
import importlib
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.accounts.permissions import LIBRARY
from tests.api.calling import program_for
from tests.architecture.rendering import TRANSACTION, QueryWhileRenderingError, Rendering
from tests.permission_table import Grounded, Url
from tests.world import World, sign_in

TESTS = Path(__file__).resolve().parents[1]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LOGIN = "/account/login/"
QUERIES_MAX = 15


def tables() -> dict[str, dict[str, Url]]:
    """The tables of all apps by the folder that they stand in."""
    found: dict[str, dict[str, Url]] = {}
    for file in sorted(TESTS.glob("*/**/permissions.py")):
        place = file.relative_to(TESTS)
        module = importlib.import_module(".".join(("tests", *place.with_suffix("").parts)))
        found[place.parent.as_posix()] = module.URLS
    return found


def names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """The full name of every address of the product."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from names(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name}" if entry.name else str(entry.pattern)


TABLES = tables()
URLS = {name: url for table in TABLES.values() for name, url in table.items()}


def test_every_address_is_in_a_table() -> None:
    known = set(URLS) | set(LIBRARY)
    missing = sorted(set(names(get_resolver())) - known)
    assert not missing, f"write down who may use: {missing}"


def test_no_table_names_an_address_that_does_not_exist() -> None:
    known = {name for name, url in URLS.items() if not url.demo}
    assert not sorted(known - set(names(get_resolver())))


class Walk:
    """The cast before their browsers and with their programs, signed in once."""

    def __init__(self, world: World, rendering: Rendering, table: str) -> None:
        self._rendering = rendering
        self._browsers = {who: sign_in(person) for who, person in world.cast.items()}
        self._sessions = {
            who: browser.cookies[settings.SESSION_COOKIE_NAME].value
            for who, browser in self._browsers.items()
        }
        self._stranger = Client()
        self._programs = {who: program_for(person) for who, person in world.cast.items()}

    def ask(self, who: str, url: Url, method: str, address: str, data: Any) -> HttpResponse | str:
        """The answer to one request, whose effects are undone; or what its page did wrong."""
        if url.anonymous == "token" and who:
            program = self._programs[who]
            body = data if method in {"POST", "PUT", "PATCH"} else None
            return undone(lambda: program.ask(method, address, body))
        browser = self._browsers.get(who, self._stranger)
        browser.cookies.clear()
        if who:
            browser.cookies[settings.SESSION_COOKIE_NAME] = self._sessions[who]
        if method == "POST":
            return undone(lambda: browser.post(address, data))
        asked = Asked()
        try:
            with self._rendering.asks_nothing(), connection.execute_wrapper(asked):
                answer = undone(lambda: browser.generic(method, address))
        except QueryWhileRenderingError as query:
            return f"asked while it was drawn: {query}"
        is_page = answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
        if is_page and asked.count > QUERIES_MAX:
            return f"asked {asked.count} times, at most {QUERIES_MAX} are allowed"
        return answer


class Asked:
    """How often the database was asked; to begin and undo a part is no question."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        self.count += not str(sql).startswith(TRANSACTION)
        return execute(sql, *rest)


def undone(ask: Callable[[], Any]) -> HttpResponse:
    """One answer, read to its end, whose effects are undone."""
    with transaction.atomic():
        answer = ask()
        # Read a stream inside the transaction that its rows belong to.
        if getattr(answer, "streaming", False) and not getattr(answer, "is_async", False):
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer  # type: ignore[no-any-return]


def problem(url: Url, name: str, method: str, answer: HttpResponse | str) -> str:
    """What is wrong with this answer; empty if nothing is."""
    if isinstance(answer, str):
        return f"{name} {method}: {answer}"
    status = answer.status_code
    if status >= 500:
        return f"{name} {method}: failed with {status}"
    if name in url.allow.get(method, ()):
        is_page = method == "GET" and url.anonymous != "token"
        refused = status >= 400 if is_page else status in {401, 403, 404, 405}
        return f"{name} {method}: may, but got {status}" if refused else ""
    if method not in url.allow:
        # An address that is closed to everybody may be as if it were not there.
        fine = {405} if any(url.allow.values()) else {405, 404}
        return "" if status in fine else f"{name} {method}: {status} instead of 405"
    expected = url.refusal(name)
    return "" if status == expected else f"{name} {method}: {status} instead of {expected}"


def ground_of(item: tuple[str, Url]) -> str:
    args = item[1].args
    return repr(args.ground) if isinstance(args, Grounded) else ""


@pytest.mark.parametrize("table", sorted(TABLES))
def test_addresses(table: str, world: World, rendering: Rendering) -> None:
    walk = Walk(world, rendering, table)
    problems: list[str] = []
    walked: set[str] = set()
    urls = sorted(
        (one for one in TABLES[table].items() if not one[1].demo),
        key=lambda one: (ground_of(one), one[0]),
    )
    for _ground, group in groupby(urls, ground_of):
        found = list(group)
        args = found[0][1].args
        with transaction.atomic():
            ground = args.ground(world) if isinstance(args, Grounded) else None
            for name, url in found:
                with transaction.atomic():
                    mine, grounds = copy.deepcopy((world, ground))
                    address = address_of(name, url, mine, grounds)
                    # Operations of a program's address share it: it is walked once for all of them
                    # if the table says the same of each.
                    who = sorted((method, sorted(names)) for method, names in url.allow.items())
                    shape = f"{re.sub(r'[0-9]+', '#', address)} {who} {url.hidden}"
                    if url.anonymous != "token" or shape not in walked:
                        problems += problems_of(walk, address, url, mine)
                    walked.add(shape)
                    transaction.set_rollback(True)
            transaction.set_rollback(True)
    assert not problems, "\n".join(problems)


def address_of(name: str, url: Url, world: World, ground: Any) -> str:
    """The address with what it names, which is made for it."""
    if isinstance(url.args, Grounded):
        return reverse(name, kwargs=url.args.args(world, ground))
    return reverse(name, kwargs=url.args(world) if url.args else None)


def problems_of(walk: Walk, address: str, url: Url, world: World) -> Iterator[str]:
    """What is wrong with the answers of one address, each with the address before it."""
    data = url.data(world) if url.data else {}

    def answer_to(who: str, method: str) -> HttpResponse | str:
        return walk.ask(who, url, method, address, data)

    for who in world.cast:
        if who == "fred":
            found = list(leaver(url, answer_to))
        else:
            # A method that no table mentions is refused before anyone is asked who they are, so
            # that one person is enough to try those.
            methods = METHODS if who == "dana" else sorted(url.allow)
            found = [problem(url, who, one, answer_to(who, one)) for one in methods]
        yield from (f"{address}: {one}" for one in found if one)
    yield from (f"{address}: {one}" for one in stranger(url, answer_to))
    assert not connection.needs_rollback


def leaver(url: Url, answer_to: Callable[[str, str], HttpResponse | str]) -> Iterator[str]:
    """What is wrong with the answer to somebody who left."""
    if url.anonymous == "open":
        return
    answer = answer_to("fred", "GET")
    if isinstance(answer, str):
        yield f"fred, who left: {answer}"
    elif url.anonymous == "token":
        if answer.status_code != 401:
            yield "fred, who left, was not refused"
    elif (answer.status_code, answer.headers.get("Location", "")[: len(LOGIN)]) != (302, LOGIN):
        yield f"fred, who left, got {answer.status_code}"


def stranger(url: Url, answer_to: Callable[[str, str], HttpResponse | str]) -> Iterator[str]:
    """What is wrong with the answers to somebody who is not signed in."""
    for method in METHODS:
        answer = answer_to("", method)
        if isinstance(answer, str):
            yield f"a stranger {method}: {answer}"
            continue
        status, goes_to = answer.status_code, answer.headers.get("Location", "")
        if status >= 500:
            yield f"a stranger {method}: failed with {status}"
        elif url.anonymous == "token":
            if status != 401:
                yield f"a stranger {method}: {status} instead of 401"
        elif url.anonymous == "open":
            if method in url.allow and status in {401, 403}:
                yield f"a stranger {method}: {status} on an open address"
        elif not (status == 302 and goes_to.startswith(LOGIN)) and status not in {401, 403, 405}:
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
