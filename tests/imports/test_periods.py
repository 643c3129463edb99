"""Periods as files write them."""

from __future__ import annotations

from datetime import date

import pytest

from paceline.imports.conversion import period_of


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026", (date(2026, 1, 1), date(2027, 1, 1))),
        ("2026Q3", (date(2026, 7, 1), date(2026, 10, 1))),
        ("2026-02-01W13", (date(2026, 2, 1), date(2026, 5, 3))),
        ("2023-12-31w5", (date(2023, 12, 31), date(2024, 2, 4))),
        ("2023-01-29W53", (date(2023, 1, 29), date(2024, 2, 4))),
        ("2026-02-30W13", None),
        ("2026-02-01W0", None),
        ("2026-02-01W54", None),
        ("1899-02-01W4", None),
        ("2026-02-01W", None),
    ],
)
def test_periods_of_files(text: str, days: tuple[date, date] | None) -> None:
    assert period_of(text) == days
