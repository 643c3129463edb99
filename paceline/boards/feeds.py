"""A person's cards as iCalendar (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from paceline.boards.models import Card

# A card that is due at a time of day stands in the calendar for so long.
LONG = timedelta(minutes=30)


def as_icalendar(cards: Iterable[Card], *, origin: str, at: datetime) -> bytes:
    """The calendar; ``origin`` (``https://paceline.example``) leads from an event to its card."""
    # Only this place needs the library.
    import icalendar  # noqa: PLC0415

    found = icalendar.Calendar()
    found.add("prodid", "-//Paceline//Boards//EN")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", _("My work"))
    for card in cards:
        event = icalendar.Event()
        host = origin.split("://", 1)[-1]
        event.add("uid", f"card-{card.pk}@{host}")
        event.add("dtstamp", at.astimezone(UTC))
        event.add("last-modified", card.changed_at.astimezone(UTC))
        event.add("sequence", card.version)
        event.add("summary", f"✓ {card.title}" if card.done_at else card.title)
        event.add("categories", [card.project.name])
        event.add("url", f"{origin}/boards/cards/{card.pk}")
        event.add("transp", "TRANSPARENT")
        starts, ends = _span(card)
        event.add("dtstart", starts)
        event.add("dtend", ends)
        found.add_component(event)
    return bytes(found.to_ical())


def _span(card: Any) -> tuple[date | datetime, date | datetime]:
    """Whole days, or from a time of day on; the end of whole days is the day after."""
    if card.due_time is None:
        first = card.starts_on or card.due_on
        return first, card.due_on + timedelta(days=1)
    zone = ZoneInfo(card.project.time_zone)
    starts = datetime.combine(card.due_on, card.due_time, tzinfo=zone).astimezone(UTC)
    return starts, starts + LONG
