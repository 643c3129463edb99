"""Templates show: they ask the database nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.forms.models import ModelChoiceIterator
from django.template import base
from django.urls import reverse

from tests.architecture.source import place, templates
from tests.architecture.test_permissions import URLS
from tests.world import World, sign_in

ARITHMETIC = re.compile(r"\|\s*(?:add|divisibleby|widthratio)\b|{%\s*widthratio\b")
ASKING = re.compile(r"\.(?:all|exists|filter|objects|order_by|visible_to|\w+_set)\b")
RIGHTS = re.compile(r"\bmay_\w+\s*\(|\bhas_role\b|user\.is_(?:staff|superuser)")
INLINE = re.compile(
    r"<script(?![^>]*\b(?:src|type=\"application/json\"))|\son(?:click|change|load|submit)="
)


def _found(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for template in templates():
        for number, line in enumerate(template.read_text("utf-8").splitlines(), start=1):
            inside = " ".join(re.findall(r"{[{%].*?[%}]}", line))
            if pattern.search(line if pattern is INLINE else inside):
                found.append(f"{place(template)}:{number} {line.strip()[:100]}")
    return found


def test_no_arithmetic_in_templates() -> None:
    assert _found(ARITHMETIC) == []


def test_no_query_in_templates() -> None:
    assert _found(ASKING) == [], "ask in the view or in a query"


def test_no_right_in_templates() -> None:
    assert _found(RIGHTS) == []


def test_no_inline_script() -> None:
    assert _found(INLINE) == [], "the content security policy refuses inline scripts"


class QueryWhileRenderingError(AssertionError):
    """A template made the database work."""


@contextmanager
def _rendering_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuse every query while a template is drawn; what a page needs is fetched before.

    The choices of a form's own field are let through: Django fetches them when it draws the field.
    """
    depth = 0
    choosing = 0
    choices_of = ModelChoiceIterator.__iter__
    draw = base.Template._render

    def drawn(template: base.Template, context: Any) -> Any:
        nonlocal depth
        depth += 1
        try:
            return draw(template, context)
        finally:
            depth -= 1

    def choices(field: ModelChoiceIterator) -> Iterator[Any]:
        nonlocal choosing
        choosing += 1
        try:
            yield from choices_of(field)
        finally:
            choosing -= 1

    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if depth and not choosing and not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            raise QueryWhileRenderingError(sql[:300])
        return execute(sql, *rest)

    monkeypatch.setattr(base.Template, "_render", drawn)
    monkeypatch.setattr(ModelChoiceIterator, "__iter__", choices)
    with connection.execute_wrapper(refuse):
        yield


PAGES = sorted(
    name
    for name, url in URLS.items()
    if url.allow.get("GET") and not url.demo and url.anonymous != "token"
)


@pytest.mark.parametrize("name", PAGES)
def test_no_query_while_rendering(name: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    url = URLS[name]
    address = reverse(name, kwargs=url.args(world) if url.args else None)
    reader = sorted(url.allow["GET"])[0]
    client = sign_in(world.cast[reader])
    with _rendering_asks_nothing(monkeypatch):
        assert client.get(address).status_code < 400, address
