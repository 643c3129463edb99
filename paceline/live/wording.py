"""Steps and failures of long work in words, registered by the app that does the work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from paceline.kernel import formats

Text = str | Promise

_labels: dict[str, Text] = {}
_steps: dict[tuple[str, str], Text] = {}
_failures: dict[tuple[str, str], Text] = {}


def word_work(kind: str, label: Text) -> None:
    """Give a kind of work its lazily translated name: what goes on while it runs."""
    _labels[kind] = label


def word_steps(kind: str, steps: Mapping[str, Text]) -> None:
    """Give the steps of a kind of work their lazily translated texts."""
    _steps.update({(kind, step): text for step, text in steps.items()})


def word_failures(kind: str, failures: Mapping[str, Text]) -> None:
    """Give the failures of a kind of work their texts; ``%(name)s`` takes a failure parameter."""
    _failures.update({(kind, code): text for code, text in failures.items()})


def label(kind: str) -> str:
    return str(_labels.get(kind, ""))


def step_text(kind: str, step: str) -> str:
    return str(_steps.get((kind, step), "")) if step else ""


def failure_text(kind: str, code: str, params: Mapping[str, Any]) -> str:
    """The failure in the reader's language; a code without words gets a general sentence."""
    if not code:
        return ""
    text = _failures.get((kind, code))
    if text is None:
        return _("The work stopped because of an unexpected error. Nothing was changed.")
    try:
        return str(text) % formats.with_counts(params)
    except (KeyError, ValueError, TypeError):
        return str(text)
