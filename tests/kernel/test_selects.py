"""A select of hundreds says the same as Django's own."""

from __future__ import annotations

import re

from django import forms

from paceline.kernel.selects import LongSelect

CHOICES = [("a", "A & B"), ("b", "<i>"), ('"', "quote")]


def plain(html: str) -> list[str]:
    return re.findall(r"<[^>]+>|[^<\s][^<]*[^<\s]|[^<\s]", html)


def test_it_says_what_djangos_says() -> None:
    for value in ("a", '"', "", None, "unknown"):
        for required in (True, False):
            drawn = []
            for widget in (forms.Select, LongSelect):
                field = forms.ChoiceField(choices=CHOICES, widget=widget, required=required)
                form = type("Form", (forms.Form,), {"one": field})(initial={"one": value})
                drawn.append(plain(str(form["one"])))
            assert drawn[0] == drawn[1]
