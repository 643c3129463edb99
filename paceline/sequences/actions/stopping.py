"""What stops a sequence by itself: an answer, an order, a deal, a record that is no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import DateField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from paceline.crm.models import (
    Activity,
    CustomerOrder,
    Deal,
    Direction,
    LeadStatus,
    OrderLink,
)
from paceline.crm.sequels import Forgotten
from paceline.sequences.actions.telling import tell_begun
from paceline.sequences.actions.tracing import announce, end, plan, trace
from paceline.sequences.models import (
    RECORDS,
    Ended,
    Enrolment,
    Member,
    Stop,
    What,
)
from paceline.sequences.queries.people import Staff


def end_met(*, at: datetime, of: Q = Q()) -> int:  # noqa: B008 - a Q is never changed
    """End those that met what stops them, and let those go on whose merge was undone; how many
    ended. ``of`` narrows it to some. One transaction a reason."""
    ended = sum(_end_some(why, rows.filter(of), at) for why, rows in _met())
    _resume(of, at)
    return ended


@transaction.atomic
def _end_some(why: Ended, rows: Any, at: datetime) -> int:
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return 0
    held = Enrolment.objects.running().filter(pk__in=ids).select_related(*RECORDS)
    return len(end(held.select_for_update(of=("self",)).order_by("pk"), why, by=None, at=at))


def _met() -> Iterator[tuple[Ended, QuerySet[Any]]]:
    rows = Enrolment.objects.running()
    gone = Q()
    merged = Q()
    for kind in RECORDS:
        gone |= Q(**{f"{kind}__archived_at__isnull": False})
        merged |= Q(**{f"{kind}__merged_into__isnull": False})
    yield Ended.MERGED, rows.filter(gone & merged)
    yield Ended.ARCHIVED, rows.filter(gone)
    closed = (LeadStatus.UNQUALIFIED, LeadStatus.CONVERTED)
    yield Ended.CLOSED, rows.filter(lead__status__in=closed)
    yield Ended.REPLIED, rows.filter(version__stops__contains=[Stop.REPLIED]).filter(answered())
    yield Ended.ORDERED, rows.filter(version__stops__contains=[Stop.ORDERED]).filter(ordered())
    yield Ended.DEAL, rows.filter(version__stops__contains=[Stop.DEAL]).filter(dealt())


def answered() -> Q:
    """They called, wrote or chatted since they began."""
    found = Q()
    for kind in RECORDS:
        said = Activity.objects.filter(
            **{kind: OuterRef(kind)}, direction=Direction.IN, at__gte=OuterRef("started_at")
        )
        found |= Q(Exists(said), **{f"{kind}__isnull": False})
    return found


def ordered() -> Q:
    """They ordered on a day after the one on which they began."""
    found = Q()
    for kind in ("company", "contact"):
        bought = CustomerOrder.objects.filter(
            source=OuterRef("source"), order_number=OuterRef("order_number"), is_sale=True,
            bought_on__gt=Cast(OuterRef(OuterRef("started_at")), DateField()),
        )  # fmt: skip
        links = OrderLink.objects.filter(Exists(bought), **{kind: OuterRef(kind)})
        found |= Q(Exists(links), **{f"{kind}__isnull": False})
    return found


def dealt() -> Q:
    """A deal with them was begun since."""
    found = Q()
    for kind in ("company", "contact"):
        deals = Deal.objects.filter(
            **{kind: OuterRef(kind)}, created_at__gte=OuterRef("started_at"),
            archived_at__isnull=True,
        )  # fmt: skip
        found |= Q(Exists(deals), **{f"{kind}__isnull": False})
    return found


def _resume(of: Q, at: datetime) -> None:
    """Those that a merge ended go on when it was undone, unless they began anew."""
    back = Q()
    for kind in RECORDS:
        back |= Q(**{f"{kind}__isnull": False, f"{kind}__archived_at__isnull": True})
    rows = Enrolment.objects.filter(of, back, ended_why=Ended.MERGED)
    for pk in list(rows.order_by("pk").values_list("pk", flat=True)):
        _resume_one(pk, at)


@transaction.atomic
def _resume_one(pk: int, at: datetime) -> None:
    rows = Enrolment.objects.select_for_update(of=("self",)).filter(ended_why=Ended.MERGED)
    one = rows.select_related(*RECORDS, "next_step").filter(pk=pk).first()
    if one is None or one.next_step is None:
        return
    key = f"{one.kind}_id"
    same = Enrolment.objects.running().filter(sequence=one.sequence_id, **{key: getattr(one, key)})
    if same.exists():
        return
    one.ended_at, one.ended_why, one.ended_by = None, "", None
    plan(one, one.next_step, Staff(at))
    one.save(update_fields=["ended_at", "ended_why", "ended_by", "next_step", "next_at"])
    trace(one, What.RESUMED, at)
    announce([one])
    tell_begun([one], at)


def forget(forgotten: Forgotten) -> dict[str, int]:
    """A person is erased: what goes on with them ends, and no line names more than ids."""
    theirs = Q(contact=forgotten.contact) | Q(lead__in=list(forgotten.leads))
    rows = Enrolment.objects.running().filter(theirs).select_related(*RECORDS)
    ended = end(
        rows.select_for_update(of=("self",)).order_by("pk"), Ended.ERASED, by=None, at=forgotten.at
    )
    Member.objects.filter(theirs).delete()
    return {"sequences": len(ended)} if ended else {}
