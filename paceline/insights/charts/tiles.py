"""The places of a dashboard, drawn for one reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from paceline.insights import words
from paceline.insights.asked import NotAsked, asked
from paceline.insights.charts.catalogue import (
    CHARTS,
    chart_address,
    draw,
    may_read_chart,
    meaning_of,
    of_question,
)
from paceline.insights.charts.frame import Drawn, Frame, Place, Waiting
from paceline.insights.dimensions import span_of
from paceline.insights.measures import MEASURES
from paceline.insights.models import Dashboard, SavedQuestion, Tile
from paceline.insights.queries.answers import MeasureForbidden
from paceline.insights.queries.desk import Desk

# So many places are drawn with the page: its first row. The others follow as they come into view;
# a dashboard may have twelve, each asking sources of its own.
DRAWN_FIRST = 2


def frame_of(desk: Desk, dashboard: Dashboard) -> Frame:
    span = span_of(dashboard.span, desk.today) if dashboard.span else None
    return Frame(team=dashboard.only_team, span=span, span_name=dashboard.span)


def tiles_of(desk: Desk, dashboard: Dashboard, *, has_tables: bool = False) -> list[Drawn]:
    """Every place of a dashboard; what the reader may not read, and what is gone, says so."""
    chosen = frame_of(desk, dashboard)
    return [tile_of(desk, one, chosen, has_table=has_tables) for one in dashboard.tiles.all()]


def tile_of(desk: Desk, tile: Tile, frame: Frame, *, has_table: bool = False) -> Drawn:
    """A place of a dashboard. Kept questions always come with their table; charts where it is asked
    for: a page fetches those that somebody opens."""
    if tile.question is not None:
        return _of_question(desk, tile.question, frame, tile.pk)
    return _of_chart(desk, tile.chart, frame, has_table=has_table)


def begun(desk: Desk, dashboard: Dashboard, frame: Frame) -> list[tuple[Drawn | Waiting, bool]]:
    """The places of a dashboard as its page begins, and which are wide: the first ones drawn."""
    found: list[tuple[Drawn | Waiting, bool]] = []
    for place, one in enumerate(dashboard.tiles.all()):
        if place < DRAWN_FIRST or (one.question is None and one.chart not in CHARTS):
            found.append((tile_of(desk, one, frame), one.is_wide))
        elif one.question is None:
            found.append((_waiting(one.chart, frame, is_wide=one.is_wide), one.is_wide))
        else:
            url = reverse("insights:tile", args=[dashboard.pk, one.pk])
            query = urlencode(frame.parameters())
            part = f"{url}?{query}" if query else url
            found.append((Waiting(one.question.name, "", part, part), one.is_wide))
    return found


def default_begun(desk: Desk, keys: Sequence[str], frame: Frame) -> list[Drawn | Waiting]:
    """The charts of a role that the reader may read, the first ones drawn."""
    known = [key for key in keys if may_read_chart(desk.reader, CHARTS[key])]
    return [
        *(draw(desk, key, frame) for key in known[:DRAWN_FIRST]),
        *(_waiting(key, frame) for key in known[DRAWN_FIRST:]),
    ]


def _waiting(key: str, frame: Frame, *, is_wide: bool = False) -> Waiting:
    kind, url = CHARTS[key], chart_address(key, frame)
    query = urlencode([*frame.parameters(), *([("wide", "1")] if is_wide else [])])
    part = f"{url.partition('?')[0]}?{query}" if query else url
    return Waiting(str(kind.name), meaning_of(kind), url, part)


def _of_chart(desk: Desk, key: str, frame: Frame, *, has_table: bool) -> Drawn:
    if key not in CHARTS:
        return Drawn(key, key, "", why=_("There is no such chart any more."))
    try:
        return draw(desk, key, frame, has_table=has_table)
    except MeasureForbidden as error:
        return forbidden(error, str(CHARTS[key].name), key)


def forbidden(error: MeasureForbidden, name: str, key: str) -> Drawn:
    measure = MEASURES[str(error)].name
    return Drawn(key, name, "", why=_("“%(name)s” is not yours to read.") % {"name": measure})


def _of_question(desk: Desk, kept: SavedQuestion, frame: Frame, pk: Any) -> Drawn:
    """A kept question, of the team of the dashboard where the question names none."""
    key = f"question-{pk}"
    if kept.removed_at is not None:
        return Drawn(key, kept.name, "", why=_("This question was put away by its owner."))
    url = f"{reverse('insights:explore')}?{kept.asked}"
    try:
        question = asked(QueryDict(kept.asked), desk.today)
        if frame.team and "team" in question.measure.splits and "team" not in question.only:
            question = replace(question, only={**question.only, "team": frame.team})
        place = Place(desk, frame, key, kept.name, str(question.measure.definition), url,
                      has_table=True)  # fmt: skip
        return of_question(place, question)
    except NotAsked as error:
        return Drawn(key, kept.name, "", why=words.refusal(error), url=url)
    except MeasureForbidden as error:
        return forbidden(error, kept.name, key)
