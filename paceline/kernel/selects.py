"""Choices among hundreds, drawn quickly."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

CHOSEN = mark_safe(" selected")


class LongSelect(forms.Select):
    """A select whose options are joined, not each rendered from a template of its own.

    Django's renders two templates an option: 40 ms for the time zones alone.
    """

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,  # noqa: ARG002 - part of the interface
    ) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        options = (
            (option["value"], CHOSEN if option["selected"] else "", option["label"])
            for _group, members, _place in widget["optgroups"]
            for option in members
        )
        return format_html(
            '<select name="{}"{}>{}</select>',
            widget["name"],
            flatatt(widget["attrs"]),
            format_html_join("", '<option value="{}"{}>{}</option>', options),
        )
