"""What clauses are called, and figures in the unit that they have."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from paceline.incentives.calculation.documents import Component, Credit, Measure, Plan, Quota
from paceline.incentives.models.plans import in_reader_language
from paceline.kernel import formats


def joined(*sentences: str) -> str:
    """Sentences one after the other; Chinese has no space between them."""
    return " ".join(sentences).replace("。 ", "。")


def quoted(words: str) -> str:
    return pgettext("quotation", "“%s”") % words


def named(subject: Credit | Measure | Quota) -> str:
    """A clause by its label in the reader's language; without one its id is read as words."""
    return quoted(
        in_reader_language(subject.label) if subject.label else subject.id.replace("-", " ")
    )


def component_named(component: Component) -> str:
    return quoted(in_reader_language(component.name) or component.id)


def credits_named(plan: Plan, ids: tuple[str, ...]) -> str:
    return formats.listed(named(plan.credit(one)) for one in ids)


def in_type(plan: Plan, kind: str, value: Decimal) -> str:
    """A figure of a type of the formula language: money, a percentage, or a number."""
    if kind == "money":
        return formats.money(value, plan.currency)
    return formats.rate(value) if kind == "percent" else formats.number(value)


def in_unit(plan: Plan, unit: str, value: Decimal) -> str:
    """What a component pays: money, points, days of leave, or certificates."""
    if unit == "money":
        return formats.money(value, plan.currency)
    if unit == "points":
        return _("%(number)s points") % {"number": formats.number(value)}
    if unit == "leave-days":
        return _("%(number)s days of leave") % {"number": formats.number(value)}
    return _("%(number)s × certificate") % {"number": formats.number(value)}
