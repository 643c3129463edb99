"""Steps and failures of long work in words, registered by the app that does the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from paceline.kernel import formats

Text = str | Promise

_labels: dict[str, Text] = {}
_steps: dict[tuple[str, str], Text] = {}
_failures: dict[tuple[str, str], Text] = {}
_tellers: dict[str, Callable[[str, Mapping[str, Any]], str]] = {}


def word_work(kind: str, label: Text) -> None:
    """Give a kind of work its lazily translated name: what goes on while it runs."""
    _labels[kind] = label


def word_steps(kind: str, steps: Mapping[str, Text]) -> None:
    """Give the steps of a kind of work their lazily translated texts."""
    _steps.update({(kind, step): text for step, text in steps.items()})


def word_failures(kind: str, failures: Mapping[str, Text]) -> None:
    """Give the failures of a kind of work their texts; ``%(name)s`` takes a failure parameter."""
    _failures.update({(kind, code): text for code, text in failures.items()})


def tell_failures(kind: str, tell: Callable[[str, Mapping[str, Any]], str]) -> None:
    """Let an app say failures of a kind of work that it also says elsewhere: ``tell`` is given the
    code and its parameters, and returns nothing for a code that it does not know."""
    _tellers[kind] = tell


def label(kind: str) -> str:
    return str(_labels.get(kind, ""))


def step_text(kind: str, step: str) -> str:
    return str(_steps.get((kind, step), "")) if step else ""


def failure_text(kind: str, code: str, params: Mapping[str, Any]) -> str:
    """The failure in the reader's language; a code without words gets a general sentence."""
    if not code:
        return ""
    text = _failures.get((kind, code))
    if text is None and kind in _tellers and (told := _tellers[kind](code, params)):
        return told
    if text is None:
        return _("The work stopped because of an unexpected error. Nothing was changed.")
    try:
        return str(text) % formats.with_counts(params)
    except (KeyError, ValueError, TypeError):
        return str(text)
