"""Files for spreadsheets."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from paceline.kernel import sheets


def test_a_file_that_is_sent_later_speaks_the_language_it_was_asked_in() -> None:
    moment = datetime(2026, 7, 31, 18, 0, tzinfo=UTC)
    with translation.override("zh-hant"), timezone.override(ZoneInfo("Asia/Taipei")):
        answer = sheets.csv_response("x", ["When"], [[moment, gettext_lazy("Language")]])
    with translation.override("en"), timezone.override(UTC):
        text = b"".join(answer).decode("utf-8-sig")  # type: ignore[arg-type]
    assert text == "When\r\n2026-08-01 02:00:00+08:00,語言\r\n"


def test_numbers_of_a_file_stay_numbers_and_formulas_never_run() -> None:
    for text in ("-12.5", "+3", "-1,200.50", "-5%", "12"):
        assert sheets.harmless(sheets.as_written(text)) == text
    for text in ("-1+1", "=1", "@A1", "+1+1", "-cmd", "\t-1", "\r=1", "-1 =2", "--1"):
        assert sheets.harmless(sheets.as_written(text)) == f"'{text}"
    # A text of our own that only looks like a number, such as a telephone number, stays text.
    assert sheets.harmless("+886912345678") == "'+886912345678"
    assert sheets.harmless(Decimal("-12.5")) == Decimal("-12.5")
