"""Watching templates while they are drawn: they show what they are given and ask for nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.forms.models import ModelChoiceIterator
from django.template import base

TRANSACTION = ("SAVEPOINT", "RELEASE", "ROLLBACK")


class QueryWhileRenderingError(AssertionError):
    """A template made the database work."""


class Rendering:
    """Knows whether a template is being drawn just now.

    The choices of a form's own field are let through: Django fetches them when it draws the field.
    """

    def __init__(self) -> None:
        self._drawn = self._choosing = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """From here on it is known; nothing is refused yet."""
        draw, choices_of = base.Template._render, ModelChoiceIterator.__iter__

        def drawn(template: base.Template, context: Any) -> Any:
            self._drawn += 1
            try:
                return draw(template, context)
            finally:
                self._drawn -= 1

        def choices(field: ModelChoiceIterator) -> Iterator[Any]:
            self._choosing += 1
            try:
                yield from choices_of(field)
            finally:
                self._choosing -= 1

        base.Template._render = drawn
        ModelChoiceIterator.__iter__ = choices
        try:
            yield
        finally:
            base.Template._render = draw
            ModelChoiceIterator.__iter__ = choices_of

    @contextmanager
    def asks_nothing(self) -> Iterator[None]:
        """Refuse every query while a template is drawn; what a page needs is fetched before."""
        with connection.execute_wrapper(self._refuse):
            yield

    def _refuse(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if self._drawn and not self._choosing and not sql.startswith(TRANSACTION):
            raise QueryWhileRenderingError(sql[:300])
        return execute(sql, *rest)
