"""Tags and filters that every template may use; built in, nothing to load."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.template.loader import render_to_string
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.html import format_html
from django.utils.safestring import SafeString

from paceline.kernel import formats, icons
from paceline.kernel.tables import Table

DJANGO_EMPTY = "---------"  # what a choice of a record says before one is chosen

register = template.Library()


@register.simple_tag(name="icon")
def icon_tag(name: str, label: str = "") -> SafeString:
    return icons.icon(name, label=label)


# Figures: wrapped, so that digits line up and losses can be coloured


def _figure(text: str, value: Any) -> SafeString:
    try:
        negative = value not in (None, "") and Decimal(value) < 0
    except InvalidOperation:
        negative = False
    return format_html('<span class="figure{}">{}</span>', " is-negative" if negative else "", text)


@register.filter
def money(value: Any, currency: str) -> SafeString:
    return _figure(formats.money(value, currency), value)


@register.filter
def change(value: Any, currency: str) -> SafeString:
    return _figure(formats.change(value, currency), value)


@register.filter
def amount(value: Any, currency: str) -> SafeString:
    return _figure(formats.amount(value, currency), value)


@register.filter
def number(value: Any) -> SafeString:
    return _figure(formats.number(value), value)


@register.filter
def percent(value: Any) -> SafeString:
    return _figure(formats.percent(value), value)


@register.filter
def rate(value: Any) -> SafeString:
    return _figure(formats.rate(value), value)


@register.simple_tag
def colon() -> str:
    return formats.colon()


@register.filter
def listed(names: Iterable[object]) -> str:
    """Names side by side, parted as the reader's script parts them."""
    return formats.listed(names)


@register.filter
def file_size(value: int) -> SafeString:
    return _figure(formats.file_size(value), None)


# Days and moments


@register.filter
def day(value: date | datetime | None) -> SafeString:
    if value is None:
        return SafeString(formats.NOTHING)
    return format_html(
        '<time datetime="{}" class="figure">{}</time>', value.isoformat(), formats.day(value)
    )


@register.filter
def month(value: date | None) -> str:
    return formats.month(value)


@register.filter
def moment(value: datetime | None) -> SafeString:
    if value is None:
        return SafeString(formats.NOTHING)
    return format_html(
        '<time datetime="{}" class="figure">{}</time>', value.isoformat(), formats.moment(value)
    )


@register.filter
def span_of_days(value: Any) -> str:
    """For anything with ``starts_on`` and ``ends_before``."""
    return formats.span_of_days(value.starts_on, value.ends_before)


# Pages, tables and forms


@register.simple_tag(takes_context=True)
def page_title(context: Context) -> SafeString:
    """The page's ``title`` block again, for its heading: Django fills a block only once."""
    blocks = context.render_context[BLOCK_CONTEXT_KEY]
    title = blocks.get_block("title")
    return SafeString("" if title is None else title.nodelist.render(context).strip())


@register.simple_tag
def render_table(table: Table) -> SafeString:
    return SafeString(render_to_string("web/components/table.html", {"table": table}))


@register.simple_tag
def render_field(field: BoundField) -> SafeString:
    """A form field with its label, help and problems, as every form of the product shows it."""
    return SafeString(render_to_string("web/components/field.html", _field_parts(field)))


@register.simple_tag
def render_form(form: forms.BaseForm) -> SafeString:
    """Every field of a form and the problems of the whole; the form tag and buttons are yours."""
    fields = [_field_parts(form[name]) for name in form.fields]
    values = {
        "problems": form.non_field_errors(),
        "hidden": [parts["field"] for parts in fields if parts["field"].is_hidden],
        "fields": [parts for parts in fields if not parts["field"].is_hidden],
    }
    return SafeString(render_to_string("web/components/form.html", values))


def _field_parts(field: BoundField) -> dict[str, Any]:
    widget = field.field.widget
    if getattr(field.field, "empty_label", None) == DJANGO_EMPTY:
        field.field.empty_label = formats.NOTHING  # type: ignore[attr-defined]
    problem = " is-invalid" if field.errors else ""
    kind = "input"
    if isinstance(widget, forms.CheckboxInput):
        kind, css = "checkbox", "form-check-input"
    elif isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        kind, css = "choices", "choice"  # Django puts it on the box around them, too
    elif isinstance(widget, forms.Select):
        css = "form-select"
    else:
        css = "form-control"
    css = f"{widget.attrs.get('class', '')} {css}{problem}".strip()
    return {"field": field, "kind": kind, "control": field.as_widget(attrs={"class": css})}


@register.simple_tag
def html_language() -> str:
    return formats.html_language()
