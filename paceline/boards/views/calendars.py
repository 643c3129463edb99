"""The same cards on a calendar and on a line of time."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Any

from babel.dates import get_day_names
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from paceline.boards import queries
from paceline.boards.views.boards import seen_project, small_icons
from paceline.boards.views.faces import face, project_context
from paceline.kernel import formats
from paceline.kernel.pages import page
from paceline.kernel.periods import day_in
from paceline.org.requests import PersonRequest

SHOWN_A_DAY = 6
WEEKS = 8


@require_GET
def month(request: PersonRequest, pk: int) -> HttpResponse:
    """A month with what is due on each day."""
    project = seen_project(request, pk)
    context = project_context(request, project, "calendar")
    first = _month_of(request)
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    cards = queries.between(
        project, request.person, request.today, context["narrowing"], weeks[0][0], weeks[-1][-1]
    )
    by_day: dict[date, list[Any]] = {}
    for card in cards:
        if card.due_on is not None:
            by_day.setdefault(card.due_on, []).append(
                face(card, context["labels_by_id"], request.today)
            )
    names = get_day_names("abbreviated", locale=formats.reader_locale())
    context |= {
        "weekdays": [str(names[n]) for n in range(7)],
        "weeks": [[_day(one, first, by_day, request.today) for one in week] for week in weeks],
        "month": formats.month(first),
        "has_cards": any((day.year, day.month) == (first.year, first.month) for day in by_day),
        "unscheduled": queries.unscheduled(project),
        "topic": f"project:{pk}",
        "icons": small_icons(),
        **_around(request, "calendar", pk, first),
    }
    return page(request, "boards/calendar.html", context)


def _month_of(request: PersonRequest) -> date:
    text = request.GET.get("month", "")[:7]
    found = day_in(f"{text}-01") or request.today
    return min(max(found, date(1990, 1, 1)), date(2200, 1, 1)).replace(day=1)


def _around(request: PersonRequest, name: str, pk: int, first: date) -> dict[str, str]:
    """The addresses of the month before and after, and of this one."""
    url = reverse(f"boards:{name}", args=[pk])
    before = (first - timedelta(days=1)).replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    found = {}
    for key, day in (("before_url", before), ("after_url", after), ("today_url", None)):
        query = request.GET.copy()
        query.pop("month", None)
        if day is not None:
            query["month"] = f"{day:%Y-%m}"
        found[key] = f"{url}?{query.urlencode()}" if query else url
    return found


def _day(day: date, first: date, by_day: dict[date, list[Any]], today: date) -> dict[str, Any]:
    cards = by_day.get(day, [])
    return {
        "number": day.day,
        "name": formats.day(day),
        "cards": cards[:SHOWN_A_DAY],
        "more": cards[SHOWN_A_DAY:],
        "is_empty": not cards,
        "is_outside": day.month != first.month,
        "is_today": day == today,
    }


@require_GET
def timeline(request: PersonRequest, pk: int) -> HttpResponse:
    """From when to when each card goes: eight weeks from the beginning of a month."""
    project = seen_project(request, pk)
    context = project_context(request, project, "timeline")
    start = _month_of(request) if request.GET.get("month") else request.today - timedelta(days=7)
    first = start - timedelta(days=start.weekday())
    days = WEEKS * 7
    last = first + timedelta(days=days - 1)
    cards = queries.between(
        project, request.person, request.today, context["narrowing"], first, last
    )
    weeks = [first + timedelta(days=7 * n) for n in range(WEEKS)]
    context |= {
        "weeks": [
            {"name": formats.month_and_day(one), "from": 7 * n + 1} for n, one in enumerate(weeks)
        ],
        "rows": [_bar(card, context["labels_by_id"], first, days, request.today) for card in cards],
        "today_column": (request.today - first).days + 1 if first <= request.today <= last else 0,
        "days": days,
        "span": formats.span_of_days(first, last + timedelta(days=1)),
        "unscheduled": queries.unscheduled(project),
        "topic": f"project:{pk}",
        **_around(request, "timeline", pk, start.replace(day=1)),
    }
    return page(request, "boards/timeline.html", context)


def _bar(card: Any, labels: dict[int, Any], first: date, days: int, today: date) -> dict[str, Any]:
    """A card with the columns of its first and last day; ends that lie outside are cut off."""
    starts = card.starts_on or card.due_on
    ends = card.due_on or card.starts_on
    begin = max((starts - first).days, 0) + 1
    end = min((ends - first).days, days - 1) + 2
    shown = face(card, labels, today)
    tone = "done" if shown.done else "late" if shown.due_tone == "bad" else "open"
    return {
        "card": shown,
        "begin": begin,
        "end": max(end, begin + 1),
        "tone": "blocked" if shown.waits else tone,
        "text": formats.span_of_days(starts, ends + timedelta(days=1)),
    }
