"""Making the steps that are due, one customer in a transaction, and following who does them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from paceline.crm import actions as crm
from paceline.crm.actions import recording
from paceline.crm.models import ActivityKind
from paceline.mail import actions as mail
from paceline.mail import filling
from paceline.mail import queries as mails
from paceline.org.models import Person
from paceline.sequences.actions.beginning import steps_of
from paceline.sequences.actions.stopping import end_met
from paceline.sequences.actions.tracing import AGAIN, announce, end, plan, trace
from paceline.sequences.models import (
    RECORDS,
    Act,
    Ended,
    Enrolment,
    Line,
    Step,
    Stop,
    What,
    Whom,
    Why,
)
from paceline.sequences.queries.people import Staff
from paceline.sequences.queries.texts import text_of

WALKED_MAX = 500
UNWANTED = (Why.NO_CONSENT, Why.UNSUBSCRIBED)


def walk(*, at: datetime) -> int:
    """Make the steps that are due, at most ``WALKED_MAX``; how many lines of trace were written.

    What stops a sequence is looked at before, so that nobody is called who answered meanwhile.
    """
    end_met(at=at)
    rows = Enrolment.objects.running().filter(
        next_at__lte=at, sequence__on_since__isnull=False, sequence__retired_at__isnull=True
    )
    due = list(rows.order_by("next_at", "pk").values_list("pk", flat=True)[:WALKED_MAX])
    return sum(_walk_one(pk, at) for pk in due)


@transaction.atomic
def _walk_one(pk: int, at: datetime) -> bool:
    """The next step of one; whether anything was done."""
    rows = Enrolment.objects.select_for_update(of=("self",), skip_locked=True)
    rows = rows.select_related(*(f"{kind}__owner" for kind in RECORDS), "version", "next_step")
    one = rows.filter(pk=pk, ended_at__isnull=True, next_at__lte=at).first()
    if one is None or one.next_step is None:
        return False
    step = Step.objects.select_related("person", "template__team").get(pk=one.next_step_id)
    staff = Staff(at)
    person, why = staff.doer(step, one.record)
    if person is None:
        return _put_off(one, step, why, at, at + AGAIN, None)
    calendar = staff.calendar(person, one.record.team_id)
    when = calendar.due_at(one.counted_from, step.days, step.counting, at)
    if when is None or when > at:
        return _put_off(one, step, Why.AWAY, at, when or at + AGAIN, person)
    today = calendar.today(at)
    facts = {"from": one.counted_from.isoformat(), "day": today.isoformat()}
    problem = _make(one, step, person, why, facts, at)
    one.counted_from = today
    if problem in UNWANTED and Stop.NO_CONSENT in one.version.stops:
        one.save(update_fields=["counted_from"])
        end([one], Ended.NO_CONSENT, by=None, at=at)
        return True
    following = [later for later in steps_of(one.version) if later.rank > step.rank]
    if following:
        plan(one, following[0], staff)
        one.save(update_fields=["counted_from", "next_step", "next_at"])
        announce([one])
    else:
        one.save(update_fields=["counted_from"])
        _end_last(one, at)
    return True


def _end_last(one: Enrolment, at: datetime) -> None:
    """After the last step it is over; the tasks stay, because somebody is to do them."""
    one.ended_at, one.ended_why, one.next_step, one.next_at = at, Ended.LAST, None, None
    one.save(update_fields=["ended_at", "ended_why", "next_step", "next_at"])
    trace(one, What.ENDED, at, why=Ended.LAST)
    announce([one])


def _put_off(
    one: Enrolment, step: Step, why: str, at: datetime, until: datetime, person: Person | None
) -> bool:
    """Later; told once for each reason until the step is made."""
    last = Line.objects.filter(enrolment=one).order_by("-id").first()
    one.next_at = until
    one.save(update_fields=["next_at"])
    told = (What.PUT_OFF, str(why), step.pk)
    if last is not None and (last.what, last.why, last.step_id) == told:
        return False
    trace(one, What.PUT_OFF, at, step=step, why=why, person=person,
          facts={"until": until.isoformat()})  # fmt: skip
    announce([one])
    return True


def _make(
    one: Enrolment, step: Step, person: Person, why: str, facts: dict[str, Any], at: datetime
) -> str:
    """Make a step; the reason why it was left out, or nothing."""
    if step.act != Act.MAIL:
        task = _give_task(one, step, person, facts["day"], at)
        trace(one, What.MADE, at, step=step, why=why, person=person, facts=facts, activity=task)
        return ""
    written, problem = _write_mail(one, step, person, at)
    what = What.SKIPPED if problem else What.MADE
    trace(one, what, at, step=step, why=problem or why, person=person, facts=facts, mail=written)
    return problem


def _give_task(one: Enrolment, step: Step, person: Person, day: str, at: datetime) -> Any:
    subject, body = text_of(step, person, at)
    values = filling.values_of(one.record, person)
    return crm.add_activity(
        on=crm.On.record(one.record), kind=ActivityKind.TASK, by=None, at=at,
        facts={"subject": filling.one_line(filling.fill(subject, values)),
               "text": filling.fill(body, values), "due_on": _day(day), "assignee": person},
    )  # fmt: skip


def _day(text: str) -> Any:
    return datetime.fromisoformat(text).date()


def _write_mail(one: Enrolment, step: Step, person: Person, at: datetime) -> tuple[Any, str]:
    """The mail that was written, or why not."""
    if one.kind == "company":
        return None, Why.NO_CONTACT
    if mails.server() is None:
        return None, Why.NO_SERVER
    template: Any = step.template
    person.acting_on = at.date()
    found = mails.recipients(
        one.kind, [getattr(one, f"{one.kind}_id")], person, is_offer=template.is_offer
    )[0]
    if found.why:
        return None, Why.UNSEEN if found.why in {"gone", "not_yours"} else found.why
    language, said = mails.text_for(template, found.record, person)
    values = filling.values_of(found.record, person)
    try:
        written = mail.write(
            addressed=mail.Addressed.of(found.record, found.address),
            words=mail.Words(filling.fill(said["subject"], values),
                             filling.fill(said["body"], values), language, template),
            by=person, at=at,
        )  # fmt: skip
    except crm.NothingSaid:
        return None, Why.NO_TEXT
    except mail.NoAddress:
        return None, Why.NO_ADDRESS
    return written, ""


def hand_over(*, at: datetime) -> int:
    """Give open tasks of sequences to the new owner, or where somebody left to whoever does the
    step now; how many. What somebody gave to another by hand stays with them."""
    open_tasks = Line.objects.filter(
        what__in=[What.MADE, What.GIVEN], activity__isnull=False, activity__done_at__isnull=True,
        activity__assignee=F("person"),
    )  # fmt: skip
    later = Line.objects.filter(activity=OuterRef("activity"), pk__gt=OuterRef("pk"))
    open_tasks = open_tasks.exclude(Exists(later))
    today = at.date()
    here = Person.objects.employed_on(today).values("pk")
    moved = Q()
    for kind in RECORDS:
        owner = f"enrolment__{kind}__owner"
        moved |= (
            Q(**{f"{owner}__isnull": False})
            & ~Q(**{owner: F("person")})
            & Q(step__whom=Whom.OWNER, **{f"enrolment__{kind}__isnull": False})
        )
    ids = open_tasks.filter(moved | ~Q(person__in=here)).values_list("pk", flat=True)
    return sum(_hand_one(pk, at) for pk in list(ids.order_by("pk")[:WALKED_MAX]))


@transaction.atomic
def _hand_one(pk: int, at: datetime) -> bool:
    line = (
        Line.objects.select_related(
            "step__person", "activity", "person", *(f"enrolment__{kind}__owner" for kind in RECORDS)
        )
        .select_for_update(of=("self",))
        .get(pk=pk)
    )
    activity, record = line.activity, line.enrolment.record
    if activity is None or activity.done_at is not None or line.step is None:
        return False
    person, _why = Staff(at).doer(line.step, record)
    if person is None or activity.assignee_id != line.person_id or person.pk == line.person_id:
        return False
    is_left = not Person.objects.employed_on(at.date()).filter(pk=line.person_id or 0).exists()
    crm.change_activity(activity=activity, facts={"assignee": person}, by=None, at=at)
    recording.tell(record, [person], "crm_task", by=None, at=at)
    trace(line.enrolment, What.GIVEN, at, step=line.step, person=person, activity=activity,
          why=Why.OWNER_LEFT if is_left else Why.NEW_OWNER)  # fmt: skip
    announce([line.enrolment])
    return True
