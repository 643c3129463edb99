"""A change on a page of its own: one form, one action, and what stood in the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.utils.functional import Promise

from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest
from paceline.org.wording import REFUSALS, refusal

Text = str | Promise


def answer_change(
    request: PersonRequest,
    form: forms.Form,
    act: Callable[[Any], str],
    *,
    words: Mapping[str, Text],
    back: str,
) -> HttpResponse:
    """Show the form, or do the act with a valid one; ``act`` returns what to tell the reader.

    ``words``: ``heading``, ``button`` and perhaps ``lead``. A refusal comes back with the form.
    """
    if request.method == "POST" and form.is_valid():
        try:
            told = act(form)
        except REFUSALS as problem:
            form.add_error(None, refusal(problem))
        else:
            messages.success(request, told)
            return go_to(request, back)
    context = {"form": form, "words": words, "back": back}
    return page(request, "org/change.html", context, status=422 if form.is_bound else 200)


def given(request: PersonRequest) -> Any:
    """What was sent, or ``None`` for a form that is only shown."""
    return request.POST if request.method == "POST" else None
