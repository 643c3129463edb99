"""Saying how a goal goes, reading its source, reminding, and looking back at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.urls import reverse

from paceline.goals.actions import record
from paceline.goals.actions.figures import ReasonMissing
from paceline.goals.cadence import latest_due
from paceline.goals.measures.reading import NO_SOURCE, read
from paceline.goals.models import (
    CheckIn,
    CheckInReminder,
    Confidence,
    Goal,
    GoalReading,
    Retrospective,
)
from paceline.goals.models.goals import TYPED
from paceline.kernel import audit
from paceline.live.actions import publish_all
from paceline.notifications.actions import notify
from paceline.org.models import Employment, Person
from paceline.webhooks.actions import announce

READ_AT_ONCE = 1000
REMIND_FROM_HOUR, REMIND_UNTIL_HOUR = 9, 20


class OutsideThePeriod(Exception):
    """A check-in says how a goal stood on a day of its period, up to today."""


class GoalNotOver(Exception):
    """A goal is closed once its period is over, or when it was reached before."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a check-in says."""

    on: date
    value: Decimal
    confidence: Confidence
    note: str = ""
    blockers: str = ""


@transaction.atomic
def check_in(*, goal: Goal, said: Said, today: date, by: Person, at: datetime) -> CheckIn:
    """Say where a goal stands. A later one of the same day counts; the earlier stays readable.

    Raises ``OutsideThePeriod`` and ``GoalIsClosed``.
    """
    found = record.locked(goal)
    if not found.period.counts_on(said.on) or said.on > today:
        raise OutsideThePeriod(said.on)
    measured = read([found], said.on).get(found.pk) if found.measure != TYPED else None
    row: CheckIn = CheckIn.objects.create(
        goal=found, on=said.on, value=said.value, confidence=said.confidence,
        source_value=None if measured is None else measured.value,
        note=said.note.strip(), blockers=said.blockers.strip(), by=by, at=at,
    )  # fmt: skip
    latest = CheckIn.objects.filter(goal=found).order_by("-on", "-id").first()
    found.last_check_in = latest
    found.save(update_fields=["last_check_in"])
    audit.record(
        "goal_checked_in", subject=found, by=by, at=at,
        after={"on": said.on, "value": said.value, "confidence": str(said.confidence)},
    )  # fmt: skip
    told = {"ids": [found.pk], "on": said.on.isoformat()}
    announce(kind="goal.checked_in", data=told, at=at)
    record.hint(found, "checked_in")
    if said.blockers.strip():
        record.tell(found, record.leads_of(found, at.date()), "goal_blocked", by=by, at=at)
    return row


@transaction.atomic
def read_sources(*, goal_ids: Iterable[int], as_of: date, at: datetime) -> int:
    """Read what the sources say of some goals, and keep it; returns how many differ from before.

    No business fact and nobody's act, so without an audit line: the facts are kept where they
    come from.
    """
    rows = Goal.objects.filter(pk__in=list(goal_ids)).select_related("period", "reading")
    found = list(rows.order_by("pk"))
    values = read(found, as_of)
    changed: list[int] = []
    new: list[GoalReading] = []
    again: list[GoalReading] = []
    for goal in found:
        if goal.pk not in values:
            continue
        said = values[goal.pk]
        known = getattr(goal, "reading", None)
        if known is not None and said.problem == NO_SOURCE:
            if known.problem != NO_SOURCE:  # what was known last stays, of the day it was known
                known.problem, known.read_at = NO_SOURCE, at
                again.append(known)
                changed.append(goal.pk)
            continue
        if known is None or (known.value, known.problem) != (said.value, said.problem):
            changed.append(goal.pk)
        row = known or GoalReading(goal=goal)
        row.as_of, row.value, row.problem, row.read_at = as_of, said.value, said.problem, at
        (new if known is None else again).append(row)
    GoalReading.objects.bulk_create(  # somebody else may have read the same goal meanwhile
        new, update_conflicts=True, unique_fields=["goal"],
        update_fields=["as_of", "value", "problem", "read_at"],
    )  # fmt: skip
    GoalReading.objects.bulk_update(again, ["as_of", "value", "problem", "read_at"])
    if changed:
        publish_all(["goals", *(f"goal:{pk}" for pk in changed[:50])], "read")
    return len(changed)


def read_all_sources(*, as_of: date, at: datetime) -> int:
    """The same for every open goal that a source measures, ``READ_AT_ONCE`` in a transaction."""
    rows = Goal.objects.open().exclude(measure=TYPED).filter(period__starts_on__lte=as_of)
    # A period that is over is read for a while: orders and returns of its last days come late.
    rows = rows.filter(period__ends_before__gt=as_of - timedelta(days=31))
    ids = list(rows.order_by("measure", "period", "pk").values_list("pk", flat=True))
    return read_many(goal_ids=ids, as_of=as_of, at=at)


def read_many(*, goal_ids: Sequence[int], as_of: date, at: datetime) -> int:
    """``read_sources``, ``READ_AT_ONCE`` in a transaction."""
    ids = list(goal_ids)
    return sum(
        read_sources(goal_ids=ids[place : place + READ_AT_ONCE], as_of=as_of, at=at)
        for place in range(0, len(ids), READ_AT_ONCE)
    )


@transaction.atomic
def remind_owners(*, local: Callable[[str], datetime], at: datetime) -> int:
    """Remind owners of the check-ins that are due, once a due day; returns how many people.

    ``local`` gives the time in a zone: nobody is told outside of nine to twenty o'clock of their
    own day. Several goals of a person are one message.
    """
    rows = Goal.objects.open().agreed().filter(owner__isnull=False)
    rows = rows.filter(period__ends_before__gt=at.date() - timedelta(days=7))
    rows = rows.select_related("period", "owner__user", "last_check_in").order_by("owner", "pk")
    waiting: dict[int, list[tuple[Goal, date]]] = defaultdict(list)
    zones = _zones({goal.owner_id for goal in rows if goal.owner_id}, at.date())
    for goal in rows:
        zone = zones.get(goal.owner_id or 0)
        if zone is None:
            continue
        now = local(zone)
        if not REMIND_FROM_HOUR <= now.hour < REMIND_UNTIL_HOUR:
            continue
        due = latest_due(goal.period, now.date())
        if due is not None and goal.heard_on < due:
            waiting[goal.owner_id or 0].append((goal, due))
    return sum(_remind(owed, at) for owed in waiting.values())


def _zones(people: set[int], on: date) -> dict[int, str]:
    """The zone in which each of them reads times; nothing for who does not work here."""
    found = dict(
        Employment.objects.filter(person__in=people).on(on).values_list("person_id", "time_zone")
    )
    chosen = Person.objects.filter(pk__in=found, user__isnull=False)
    for pk, zone in chosen.values_list("pk", "user__time_zone"):
        found[pk] = zone or found[pk]
    return found


def _remind(owed: list[tuple[Goal, date]], at: datetime) -> int:
    goal_ids = [goal.pk for goal, _due in owed]
    told = set(CheckInReminder.objects.filter(goal__in=goal_ids).values_list("goal_id", "due_on"))
    new = [(goal, due) for goal, due in owed if (goal.pk, due) not in told]
    if not new:
        return 0
    CheckInReminder.objects.bulk_create(
        CheckInReminder(goal=goal, due_on=due, sent_at=at) for goal, due in new
    )
    first = new[0][0]
    is_one = len(new) == 1
    assert first.owner is not None  # noqa: S101 - only owned goals are looked for
    notify(
        recipients=[first.owner],
        kind="goal_check_in_due" if is_one else "goal_check_ins_due",
        params={"goal": first.name} if is_one else {"count": len(new)},
        url=reverse("goals:check_in", args=[first.pk]) if is_one else reverse("goals:mine"),
        at=at,
    )
    return 1


@transaction.atomic
def close_goal(
    *,
    goal: Goal,
    value: Decimal | None,
    went_well: str = "",
    to_change: str = "",
    is_dropped: bool = False,
    by: Person,
    at: datetime,
) -> Retrospective:
    """Look back on a goal and close it, or give it up; it changes no more. Raises ``GoalIsClosed``,
    ``ReasonMissing`` (given up without a word) and ``GoalNotOver`` (closed without a value)."""
    found = record.locked(goal)
    if is_dropped and not to_change.strip():
        raise ReasonMissing(found)
    if not is_dropped and value is None:
        raise GoalNotOver(found)
    row: Retrospective = Retrospective.objects.create(
        goal=found, value=value, is_dropped=is_dropped, went_well=went_well.strip(),
        to_change=to_change.strip(), by=by, at=at,
    )  # fmt: skip
    found.closed_at = found.changed_at = at
    found.save(update_fields=["closed_at", "changed_at"])
    audit.record(
        "goal_dropped" if is_dropped else "goal_closed", subject=found, by=by, at=at,
        after={"value": value}, reason=to_change.strip() if is_dropped else "",
    )  # fmt: skip
    record.hint(found, "closed")
    people = [*([found.owner] if found.owner else []), *record.leads_of(found, at.date())]
    record.tell(found, people, "goal_closed", by=by, at=at)
    return row
