"""Days and times as people and programs write them in a spreadsheet."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

WRITTEN = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"\s*(?:\(?(?:周|星期|週|礼拜).\)?)?"
    r"\s*(上午|下午|晚上|am|pm)?\s*(?:(\d{1,2})[:时時点](\d{1,2})?分?(?::\d{1,2}(?:\.\d+)?)?)?"
    r"\s*(am|pm)?"
)
# Days since the end of 1899, as spreadsheets keep them: from 1982 to 2091.
SERIAL = re.compile(r"[3-6]\d{4}(?:\.\d+)?")
AFTER_NOON = {"下午", "晚上", "pm"}


def read_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """The moment that a cell means, on the clock of ``zone`` and without it. None if none."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    try:
        if SERIAL.fullmatch(plain):
            days, _, part = plain.partition(".")
            minutes = round(int(part) * 24 * 60 / 10 ** len(part)) if part else 0
            return datetime(1899, 12, 30) + timedelta(days=int(days), minutes=minutes)  # noqa: DTZ001
        found = WRITTEN.fullmatch(plain)
        if found is None:
            moment = datetime.fromisoformat(plain.upper())
            return moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo else moment
        year, month, day, before, hour, minute, behind = found.groups()
        half = before or behind
        hours = int(hour or 0)
        if half and hours <= 12:
            hours = hours % 12 + 12 * (half in AFTER_NOON)
        return datetime(int(year), int(month), int(day), hours, int(minute or 0))  # noqa: DTZ001
    except (ValueError, OverflowError):
        return None
