"""How deals really go through a pipeline: the map of the process, time, conversion, ageing."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from paceline.crm import wording
from paceline.crm.models import Pipeline, StageKind
from paceline.crm.queries.process import Flow, StageFigures, Walked, walked
from paceline.kernel.pages import page
from paceline.org.requests import PersonRequest

SPANS = (30, 90, 365)
ROW, WIDTH, BOX, TALL = 74, 760, 190, 40


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """The process as it was walked in the last days, drawn and as a table."""
    pipeline = get_object_or_404(
        Pipeline.objects.visible_to(request.person).select_related("team"), pk=pk
    )
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(one) for one in SPANS} else SPANS[1]
    zone = timezone.get_current_timezone()
    ends_at = datetime.combine(request.today + timedelta(days=1), time(), zone)
    found = walked(
        pipeline, request.person, ends_at - timedelta(days=days), ends_at, timezone.now()
    )
    closed = found.won + found.lost
    context = {
        "pipeline": pipeline,
        "chips": [
            (ngettext("%(days)d day", "%(days)d days", one) % {"days": one},
             f"{request.path}?days={one}", one == days)
            for one in SPANS
        ],
        "walked": found,
        "win_rate": share(found.won, closed),
        "won_after": _span(found.won_median),
        "stages": [_stage(one) for one in found.stages],
        "flows": [_flow(one, found) for one in found.flows],
        "map": drawn(found),
    }  # fmt: skip
    return page(request, "crm/process.html", context)


def share(part: int, whole: int) -> Decimal | None:
    return None if not whole else Decimal(part) * 100 // whole * Decimal("0.01")


def _span(span: timedelta | None) -> str:
    return "–" if span is None else wording.duration(span)


def _stage(one: StageFigures) -> dict[str, Any]:
    is_open = one.stage.kind == StageKind.OPEN
    return {
        "figures": one,
        "conversion": share(one.went_on, one.left) if is_open else None,
        "median": _span(one.median) if is_open else "–",
        "slow": _span(one.slow) if is_open else "–",
    }


def _flow(one: Flow, found: Walked) -> dict[str, Any]:
    return {
        "before": one.before.name if one.before else _("Begin"),
        "after": one.after.name,
        "count": one.count,
        "median": _span(one.median),
        "is_back": _is_back(one),
    }


def _is_back(flow: Flow) -> bool:
    if flow.before is None or flow.after.kind != StageKind.OPEN:
        return False
    return flow.before.kind != StageKind.OPEN or flow.after.rank < flow.before.rank


def drawn(found: Walked) -> dict[str, Any]:
    """The map as shapes: a box for each stage, an arrow for each flow, wider for more deals."""
    places = {one.stage.pk: n for n, one in enumerate(found.stages)}
    most = max((one.count for one in found.flows), default=1)
    middle = (WIDTH - BOX) // 2
    boxes = [
        {
            "name": one.stage.name,
            "count": one.entered,
            "kind": one.stage.kind,
            "x": middle,
            "y": n * ROW + 8,
            "text_x": WIDTH // 2,
            "text_y": n * ROW + 8 + 17,
            "count_y": n * ROW + 8 + 33,
        }
        for n, one in enumerate(found.stages)
    ]
    arrows = []
    for flow in found.flows:
        if flow.before is None or flow.before.pk not in places or flow.after.pk not in places:
            continue
        a, b = places[flow.before.pk], places[flow.after.pk]
        if a == b:
            continue
        arrows.append(_arrow(a, b, flow, 1 + flow.count * 7 // most, middle))
    return {
        "width": WIDTH,
        "height": max(1, len(found.stages)) * ROW,
        "box": BOX,
        "tall": TALL,
        "boxes": boxes,
        "arrows": arrows,
    }


def _arrow(a: int, b: int, flow: Flow, wide: int, middle: int) -> dict[str, Any]:
    """Straight down to the next stage; skips bend to the right, ways back to the left."""
    down = b > a
    if b == a + 1:
        y1, y2 = a * ROW + 8 + TALL, b * ROW + 6
        path = f"M{WIDTH // 2} {y1} L{WIDTH // 2} {y2}"
        label = (WIDTH // 2 + 8, (y1 + y2) // 2 + 4, "start")
    else:
        y1, y2 = a * ROW + 8 + TALL // 2, b * ROW + 8 + TALL // 2
        bend = 34 + 24 * abs(b - a)
        x = middle + BOX if down else middle
        far = x + bend if down else x - bend
        near = x + 4 if down else x - 4
        path = f"M{x} {y1} C{far} {y1} {far} {y2} {near} {y2}"
        label = (x + bend * 3 // 4 + 6 if down else x - bend * 3 // 4 - 6, (y1 + y2) // 2 + 4,
                 "start" if down else "end")  # fmt: skip
    return {
        "path": path, "wide": wide, "count": flow.count, "is_back": not down,
        "x": label[0], "y": label[1], "anchor": label[2],
    }  # fmt: skip
