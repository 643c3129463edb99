"""What the pages of leads and contacts show of this app: the clock, and why who got it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from paceline.crm import access as crm
from paceline.crm import panels
from paceline.crm.panels import Panel
from paceline.leads import queries, wording
from paceline.leads.models import Inquiry
from paceline.org.models import Person


def register() -> None:
    """Called once at start."""
    panels.offer(of_record)
    for kind in ("lead", "contact"):
        panels.annotate(kind, "has_inquiries", _has_inquiries(kind))


def _has_inquiries(kind: str) -> Callable[[Person], Exists]:
    return lambda _person: Exists(Inquiry.objects.filter(**{kind: OuterRef("pk")}))


def of_record(
    person: Person,
    kind: str,
    record: Any,
    may_change: bool,  # noqa: FBT001
    at: datetime,
) -> Panel | None:
    if kind not in {"lead", "contact"} or not crm.may_read_customers(person):
        return None
    found = Inquiry.objects.filter(**{kind: record}).select_related("answered_by")
    inquiries = list(found.order_by("-arrived_at")[:5]) if record.has_inquiries else []
    given = queries.assignments_of(record) if kind == "lead" else []
    may_give = kind == "lead" and may_change and crm.may_assign(person, record)
    if not inquiries and not given and not may_give:
        return None
    names = wording.names_in(*(one.trace for one in given))
    return Panel(
        "leads/panel.html",
        {
            "lead": record if kind == "lead" else None,
            "clocks": [(one, wording.clock_of(one, at)) for one in inquiries],
            "given": [(one, wording.steps_of(one.trace, names)) for one in given],
            "may_give": may_give,
        },
    )
