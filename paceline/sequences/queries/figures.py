"""What came of a sequence: who entered, each step done, left out or overdue, answers and orders.

Every figure counts only customers whom the reader may see, and opens exactly those.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, DateField, Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum
from django.db.models.functions import Cast, JSONObject

from paceline.crm.models import Activity, CustomerOrder, Direction, OrderLink
from paceline.org.models import Person
from paceline.sequences.models import (
    RECORDS,
    Enrolment,
    Line,
    Sequence,
    Step,
    Version,
    What,
)

# Answers and orders within so many days after the beginning are told with a sequence.
WINDOW = 90


@dataclass(frozen=True, slots=True)
class StepFigures:
    """How often a step was made, done, is still open, overdue, or was left out."""

    step: Any
    made: int = 0
    done: int = 0
    overdue: int = 0
    skipped: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    entered: int
    running: int
    answered: int
    ordered: int
    orders: int
    value: Decimal
    ended: dict[str, int] = field(default_factory=dict)
    steps: list[StepFigures] = field(default_factory=list)


def enrolments_of(sequence: Sequence, person: Person) -> QuerySet[Any]:
    rows: QuerySet[Any] = Enrolment.objects.visible_to(person).filter(sequence=sequence)
    return rows


def answered_in_window() -> Q:
    """They answered within ``WINDOW`` days after they began."""
    found = Q()
    for kind in RECORDS:
        said = Activity.objects.filter(
            **{kind: OuterRef(kind)}, direction=Direction.IN, at__gte=OuterRef("started_at"),
            at__lt=OuterRef("started_at") + timedelta(days=WINDOW),
        )  # fmt: skip
        found |= Q(Exists(said), **{f"{kind}__isnull": False})
    return found


def _orders_of(kind: str) -> QuerySet[Any]:
    """Orders of a customer on a day after the beginning, within the window."""
    began = Cast(OuterRef("started_at"), DateField())
    links = OrderLink.objects.filter(
        **{kind: OuterRef(OuterRef(kind))}, source=OuterRef("source"),
        order_number=OuterRef("order_number"),
    )  # fmt: skip
    rows = CustomerOrder.objects.filter(Exists(links), is_sale=True, bought_on__gt=began)
    return rows.filter(bought_on__lte=began + timedelta(days=WINDOW))


def ordered_in_window() -> Q:
    """They ordered on a later day than they began, within ``WINDOW`` days."""
    found = Q()
    for kind in ("company", "contact"):
        found |= Q(Exists(_orders_of(kind)), **{f"{kind}__isnull": False})
    return found


def figures_of(sequence: Sequence, version: Version | None, person: Person, on: date) -> Figures:
    """Everything of a sequence at once: five queries."""
    rows = enrolments_of(sequence, person)
    counted = rows.order_by().aggregate(
        entered=Count("pk"),
        running=Count("pk", filter=Q(ended_at__isnull=True)),
        answered=Count("pk", filter=answered_in_window()),
        ordered=Count("pk", filter=ordered_in_window()),
    )
    ended = dict(
        rows.filter(ended_at__isnull=False)
        .order_by()
        .values_list("ended_why")
        .annotate(n=Count("pk"))
    )
    orders, value = _ordered(sequence, rows)
    return Figures(
        counted["entered"], counted["running"], counted["answered"], counted["ordered"], orders,
        value, ended, _steps(rows, version, on),
    )  # fmt: skip


def _ordered(sequence: Sequence, rows: QuerySet[Any]) -> tuple[int, Decimal]:
    """Each order once, also of who went through it twice."""
    if sequence.of == "lead":
        return 0, Decimal(0)
    kind = sequence.of
    bought_on = OuterRef(OuterRef("bought_on"))
    began = rows.order_by().annotate(began=Cast("started_at", DateField()))
    theirs = began.filter(
        **{kind: OuterRef(kind)}, began__lt=bought_on,
        began__gte=bought_on - timedelta(days=WINDOW),
    )  # fmt: skip
    links = OrderLink.objects.filter(
        Exists(theirs), source=OuterRef("source"), order_number=OuterRef("order_number")
    )
    sales = CustomerOrder.objects.filter(Exists(links), is_sale=True)
    found = sales.aggregate(n=Count("pk"), value=Sum("value"))
    return found["n"], found["value"] or Decimal(0)


def _steps(rows: QuerySet[Any], version: Version | None, on: date) -> list[StepFigures]:
    if version is None:
        return []
    lines = Line.objects.filter(enrolment__in=rows, step__isnull=False)
    made = Q(what=What.MADE)
    is_task = made & Q(activity__isnull=False)
    sums: dict[int, Any] = {
        one["step__key"]: one
        for one in lines.order_by()
        .values("step__key")
        .annotate(
            made_n=Count("pk", filter=made),
            done_n=Count(
                "pk",
                filter=(is_task & Q(activity__done_at__isnull=False))
                | (made & Q(mail__isnull=False)),
            ),
            overdue_n=Count(
                "pk", filter=is_task & Q(activity__done_at__isnull=True, activity__due_on__lt=on)
            ),
            skipped_n=Count("pk", filter=Q(what=What.SKIPPED)),
        )
    }
    waiting = dict(
        rows.filter(ended_at__isnull=True)
        .order_by()
        .values_list("next_step__key")
        .annotate(n=Count("pk"))
    )
    steps: Iterable[Step] = version.steps.select_related("person", "template").order_by("rank")
    found = []
    for one in steps:
        known: Any = sums.get(one.key, {})
        found.append(
            StepFigures(
                one, known.get("made_n", 0), known.get("done_n", 0), known.get("overdue_n", 0),
                known.get("skipped_n", 0), waiting.get(one.key, 0),
            )
        )  # fmt: skip
    return found


def narrowed(rows: QuerySet[Any], what: str, key: int | None, on: date) -> QuerySet[Any]:
    """The customers behind one figure."""
    if key is not None:
        return _of_step(rows, what, key, on)
    plain = {
        "running": Q(ended_at__isnull=True),
        "answered": answered_in_window(),
        "ordered": ordered_in_window(),
    }
    if what in plain:
        return rows.filter(plain[what])
    return rows.filter(ended_why=what) if what else rows


def _of_step(rows: QuerySet[Any], what: str, key: int, on: date) -> QuerySet[Any]:
    if what == "waiting":
        return rows.filter(ended_at__isnull=True, next_step__key=key)
    lines = Line.objects.filter(enrolment=OuterRef("pk"), step__key=key)
    made = lines.filter(what=What.MADE)
    wanted = {
        "made": made,
        "done": made.filter(Q(activity__done_at__isnull=False) | Q(mail__isnull=False)),
        "overdue": made.filter(activity__done_at__isnull=True, activity__due_on__lt=on),
        "skipped": lines.filter(what=What.SKIPPED),
    }.get(what, made)
    return rows.filter(Exists(wanted))


def of_record(kind: str, record: Any, limit: int = 40) -> list[Enrolment]:
    """The sequences of a record, those under way first, with their trace: two queries."""
    rows = Enrolment.objects.filter(**{kind: record}).select_related(
        "sequence", "version", "next_step__person", "next_step__template", "started_by", "ended_by"
    )
    lines = Line.objects.select_related("step__template", "person", "activity").order_by("id")
    rows = rows.prefetch_related(Prefetch("lines", queryset=lines))
    rows = rows.order_by(F("ended_at").desc(nulls_first=True), "-pk")
    return list(rows[:limit])


def counts_of(sequences: Iterable[Sequence], person: Person) -> dict[int, tuple[int, int]]:
    """By sequence how many are under way and how many ever began: one query."""
    rows = Enrolment.objects.visible_to(person).filter(sequence__in=list(sequences)).order_by()
    counted = rows.values_list("sequence").annotate(
        running=Count("pk", filter=Q(ended_at__isnull=True)), entered=Count("pk")
    )
    return {pk: (running, entered) for pk, running, entered in counted}


def startable(kind: str, person: Person) -> ArraySubquery:
    """The sequences that may begin with a record, as an annotation of it: on, of its team, and not
    under way."""
    under_way = Enrolment.objects.running().filter(
        sequence=OuterRef("pk"), **{kind: OuterRef(OuterRef("pk"))}
    )
    rows = Sequence.objects.visible_to(person).kept()
    rows = rows.filter(of=kind, team=OuterRef("team"), on_since__isnull=False)
    rows = rows.exclude(Exists(under_way)).order_by("name", "id")
    return ArraySubquery(rows.values(row=JSONObject(pk="pk", name="name"))[:60])


def now_shown(line: Line, at: datetime) -> str:
    """What became of the task or mail of a line: done, overdue, open, sent, or nothing to tell."""
    if line.activity_id is None or line.activity is None:
        return "mailed" if line.mail_id is not None else ""
    if line.activity.done_at is not None:
        return "done"
    due = line.activity.due_on
    return "overdue" if due is not None and due < at.date() else "open"
