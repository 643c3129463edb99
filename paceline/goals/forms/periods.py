"""Choosing the days of a quota or of figures: a period of goals, one of the calendar, or days."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from paceline.goals.models import GoalPeriod
from paceline.imports.conversion import period_of
from paceline.kernel import formats
from paceline.kernel.period_choices import Groups, calendar_groups

PREFIX = "goals-"  # of the key of a period of goals; others are keys such as 2026Q3
PERIODS_MAX = 40


def offer(form: forms.Form, name: str, today: date, empty: str) -> None:
    """Let a text field be chosen from a list; what it says already stays among the choices."""
    groups: Groups = [
        (
            _("Periods of goals"),
            [
                (
                    f"{PREFIX}{one.pk}",
                    f"{one.name} ({formats.span_of_days(one.starts_on, one.end)})",
                )
                for one in GoalPeriod.objects.all()[:PERIODS_MAX]
            ],
        ),
        *calendar_groups(today),
    ]
    known = {key for _label, keys in groups for key, _name in keys}
    said = str(form[name].value() or "")
    choices: list[Any] = [("", empty), *((label, keys) for label, keys in groups if keys)]
    if said and said not in known:
        choices.insert(1, (said, said))
    form.fields[name].widget = forms.Select(choices=choices)


def days_of(text: str) -> tuple[date, date] | None:
    """The half-open days that a chosen period has; None for one that is none."""
    ref = text.removeprefix(PREFIX)
    if ref == text:
        return period_of(text)
    found = GoalPeriod.objects.filter(pk=ref[:18]).first() if ref.isdecimal() else None
    return None if found is None else (found.starts_on, found.end)


def current(today: date) -> str:
    """The key of the calendar quarter that a day lies in."""
    return f"{today.year}Q{(today.month - 1) // 3 + 1}"
