"""Files for spreadsheets."""

from __future__ import annotations

from datetime import UTC, datetime
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
