"""Days that people give."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

import paceline
from paceline.kernel.day_fields import DayField
from paceline.kernel.periods import day_in


@pytest.mark.parametrize("text", ["0001-01-01", "1799-12-31", "2400-01-01", "9999-12-31"])
def test_days_from_which_nothing_can_be_counted_are_refused(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        DayField().clean(text)
    assert refused.value.code == "far_off"
    assert day_in(text) is None


@pytest.mark.parametrize("text", ["1800-01-01", "2026-02-28", "2399-12-31"])
def test_other_days_are_taken(text: str) -> None:
    assert DayField().clean(text) == day_in(text) == date.fromisoformat(text)


def test_every_form_asks_for_days_by_this_field() -> None:
    root = Path(paceline.__file__).parent
    others = [
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if "forms.DateField(" in path.read_text(encoding="utf-8")
    ]
    assert others == []
