"""What stands in a timeline, in words; and writing into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from paceline.crm import access, actions, queries, wording
from paceline.crm.forms.records import field_labels
from paceline.crm.forms.timeline import ActivityForm, FeedbackForm, colleagues_of
from paceline.crm.kinds import address
from paceline.crm.models import (
    Activity,
    ActivityKind,
    Attachment,
    Deal,
    Direction,
    Feedback,
    FeedbackKind,
    Severity,
    StageKind,
)
from paceline.crm.queries import Entry
from paceline.crm.views.reached import changeable
from paceline.files.actions import FileTooLarge
from paceline.files.queries import path_of
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.kernel.parts import FileInParts
from paceline.kernel.shell import Badge
from paceline.org.models import Person
from paceline.org.requests import PersonRequest

ICONS = {
    "call": "phone", "note": "note", "mail": "mail", "chat": "message-circle",
    "meeting": "calendar-event", "task": "checkbox", "move": "arrow-right",
    "feedback": "mood-smile", "file": "paperclip", "change": "pencil",
    "order": "receipt", "pay": "coin", "sequence": "list-numbers",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of a timeline as a reader sees it."""

    icon: str
    title: str
    at: datetime
    who: str
    day: date | None = None  # instead of a moment, of what has none
    text: str = ""
    details: tuple[str, ...] = ()
    url: str = ""
    badge: Badge | None = None
    task: int = 0
    is_done: bool = False
    mine: int = 0
    feedback: int = 0
    deal: tuple[str, str] = ("", "")


def told(entry: Entry, viewer: Person, record: Any) -> Told:
    """An entry in words."""
    worded: Any = {
        "activity": _activity, "move": _move, "feedback": _feedback, "file": _file,
        "change": _change, "order": _order,
    }.get(entry.source)  # fmt: skip
    if worded is None:
        facts = entry.facts
        return Told(
            icon=ICONS.get(entry.kind, "point"), title=entry.title, at=entry.at, who=entry.who,
            text=entry.text, url=facts.get("url", ""), details=tuple(facts.get("details", ())),
        )  # fmt: skip
    found: Told = worded(entry, viewer, record)
    return found


def _deal_of(entry: Entry, record: Any) -> tuple[str, str]:
    """Which deal an entry of a customer's timeline is about."""
    pk = entry.facts.get("deal")
    if not pk or isinstance(record, Deal):
        return ("", "")
    return (entry.facts.get("deal_title") or f"#{pk}", address("deal", pk))


def _activity(entry: Entry, viewer: Person, record: Any) -> Told:
    facts = entry.facts
    kind = str(ActivityKind(entry.kind).label)
    details = []
    if facts["direction"]:
        details.append(str(Direction(facts["direction"]).label))
    if facts["minutes"]:
        details.append(_("%(minutes)s min") % {"minutes": facts["minutes"]})
    badge = None
    is_task = entry.kind == ActivityKind.TASK
    if is_task:
        if facts["assignee"]:
            details.append(_("for %(name)s") % {"name": facts["assignee"]})
        if facts["due_on"]:
            day = formats.day(date.fromisoformat(facts["due_on"]))
            details.append(_("due %(day)s") % {"day": day})
        badge = Badge(_("Done"), "good") if facts["done_at"] else Badge(_("To do"), "warning")
    may_change = viewer.pk in {facts["author_id"], facts["assignee_id"]}
    return Told(
        icon=ICONS[entry.kind],
        title=f"{kind}{formats.colon()}{entry.title}" if entry.title else kind,
        at=entry.at,
        who=entry.who,
        text=wording.without_ids(entry.text),
        details=tuple(details),
        badge=badge,
        task=entry.pk if is_task and may_change else 0,
        is_done=bool(facts["done_at"]),
        mine=entry.pk if viewer.pk == facts["author_id"] else 0,
        deal=_deal_of(entry, record),
    )


def _move(entry: Entry, _viewer: Person, record: Any) -> Told:
    stage, before = entry.title, entry.text
    title = _("Began in “%(stage)s”") % {"stage": stage}
    if before:
        title = _("%(before)s → %(stage)s") % {"before": before, "stage": stage}
    details = []
    if entry.facts["left_at"]:
        left = parse_datetime(entry.facts["left_at"])
        if left is not None:
            details.append(wording.duration(left - entry.at))
    tone = {StageKind.WON: "good", StageKind.LOST: "bad"}.get(StageKind(entry.kind))
    label = str(StageKind(entry.kind).label)
    return Told(
        icon=ICONS["move"], title=title, at=entry.at, who=entry.who, details=tuple(details),
        badge=Badge(label, tone) if tone else None,  # type: ignore[arg-type]
        deal=_deal_of(entry, record),
    )  # fmt: skip


def _feedback(entry: Entry, _viewer: Person, _record: Any) -> Told:
    facts = entry.facts
    details = [str(Severity(entry.title).label)]
    if facts["assignee"]:
        details.append(_("for %(name)s") % {"name": facts["assignee"]})
    if facts["settled_at"]:
        details.append(_("Settled by %(name)s") % {"name": facts["settled_by"] or "Paceline"})
    settled = (
        Badge(_("Settled"), "good")
        if facts["settled_at"]
        else Badge(pgettext("not settled", "Open"), "warning")
    )
    text = entry.text if not facts["outcome"] else f"{entry.text}\n→ {facts['outcome']}"
    return Told(
        icon=ICONS["feedback"], title=str(FeedbackKind(entry.kind).label), at=entry.at,
        who=entry.who, text=text, details=tuple(details), badge=settled,
        feedback=0 if facts["settled_at"] else entry.pk,
    )  # fmt: skip


def _file(entry: Entry, viewer: Person, _record: Any) -> Told:
    return Told(
        icon=ICONS["file"], title=entry.title, at=entry.at, who=entry.who,
        url=reverse("crm:file", args=[entry.pk]),
        details=(formats.file_size(entry.facts["size"]),),
    )  # fmt: skip


def _change(entry: Entry, viewer: Person, record: Any) -> Told:
    kind = str(record._meta.model_name)
    after, before = entry.facts["after"], entry.facts["before"]
    labels = dict(zip(after, field_labels(kind, after), strict=True))
    details = []
    for name in filter(wording.is_told, after):
        told = wording.field_change(name, before.get(name), after[name])
        if told and len(labels) > 1:
            told = _("%(field)s: %(change)s") % {"field": labels[name], "change": told}
        details.append(told)
    fields = formats.listed(labels.values())
    return Told(
        icon=ICONS["change"], title=_("Changed: %(fields)s") % {"fields": fields},
        at=entry.at, who=entry.who, details=tuple(one for one in details if one),
    )  # fmt: skip


def _order(entry: Entry, viewer: Person, _record: Any) -> Told:
    facts = entry.facts
    amount = ""
    if facts["amount"] is not None:
        amount = formats.money(Decimal(facts["amount"]), facts["currency"])
    details = [amount, facts["source"]]
    return Told(
        icon=ICONS["order"], title=_("Order %(number)s") % {"number": entry.title}, at=entry.at,
        who="", day=date.fromisoformat(facts["day"]) if facts["day"] else None,
        details=tuple(one for one in details if one),
        badge=Badge(_("Credited"), "good") if facts["credited_at"] else None,
        url=reverse("crm:order", args=[facts["order"]]) if facts["order"] else "",
    )  # fmt: skip


# Writing


def _writable(request: PersonRequest, kind: str, pk: int) -> Any:
    """A record that the person sees and may write a note on."""
    record = get_object_or_404(queries.shown(kind, request.person), pk=pk)
    if not access.may_read_talk(request.person) or record.archived_at is not None:
        raise PermissionDenied
    if not access.may_add(request.person):
        raise PermissionDenied
    return record


def back(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    return go_to(request, address(kind, pk))


@require_POST
def add_activity(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    """Write a call, note, mail, chat, meeting or task on a record."""
    record = _writable(request, kind, pk)
    form = ActivityForm(request.POST, colleagues=colleagues_of(request.person, request.today))
    if form.is_valid():
        try:
            actions.add_activity(
                on=actions.On.record(record),
                kind=ActivityKind(form.cleaned_data["kind"]),
                facts=form.facts(),
                by=request.person,
                at=timezone.now(),
            )
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Written down."))
            return back(request, kind, pk)
    context = {"form": form, "title": _("Write down"), "back_url": address(kind, pk),
               "button": _("Write down")}  # fmt: skip
    return page(request, "crm/one_form.html", context, status=422)


@require_POST
def finish_task(request: PersonRequest, pk: int) -> HttpResponse:
    """A task is done, or not after all."""
    activity = get_object_or_404(
        Activity.objects.visible_to(request.person).filter(kind=ActivityKind.TASK), pk=pk
    )
    if not access.may_change_activity(request.person, activity):
        raise PermissionDenied
    done = request.POST.get("done", "1") == "1"
    actions.finish_task(activity=activity, done=done, by=request.person, at=timezone.now())
    kind, record = wording.record_of(activity)
    return back(request, kind, record.pk)


@require_POST
def remove_activity(request: PersonRequest, pk: int) -> HttpResponse:
    """Take back what one wrote by mistake."""
    activity = get_object_or_404(Activity.objects.visible_to(request.person), pk=pk)
    if activity.created_by_id != request.person.pk:
        raise PermissionDenied
    kind, record = wording.record_of(activity)
    actions.remove_activity(activity=activity, by=request.person, at=timezone.now())
    messages.success(request, _("Removed."))
    return back(request, kind, record.pk)


@require_POST
def add_feedback(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    """Keep what a customer said of us."""
    record = _writable(request, kind, pk)
    form = FeedbackForm(request.POST, colleagues=colleagues_of(request.person, request.today))
    if form.is_valid():
        data = form.cleaned_data
        try:
            actions.add_feedback(
                on=actions.On.record(record),
                kind=FeedbackKind(data["kind"]),
                severity=Severity(data["severity"]),
                text=data["text"],
                due_on=data["due_on"],
                assignee=data["assignee"],
                by=request.person,
                at=timezone.now(),
            )
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Written down."))
            return back(request, kind, pk)
    context = {"form": form, "title": _("Feedback"), "back_url": address(kind, pk),
               "button": _("Write down")}  # fmt: skip
    return page(request, "crm/one_form.html", context, status=422)


@require_POST
def settle_feedback(request: PersonRequest, pk: int) -> HttpResponse:
    """Say how feedback was settled."""
    feedback = get_object_or_404(Feedback.objects.visible_to(request.person), pk=pk)
    if not access.may_add(request.person):
        raise PermissionDenied
    kind, record = wording.record_of(feedback)
    try:
        actions.settle_feedback(
            feedback=feedback, outcome=request.POST.get("outcome", ""), by=request.person,
            at=timezone.now(),
        )  # fmt: skip
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _("Settled."))
    return back(request, kind, record.pk)


@require_POST
def add_file(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    """Keep a file with a record."""
    record = _writable(request, kind, pk)
    content = request.FILES.get("file")
    if content is None:
        messages.error(request, _("Choose a file."))
        return back(request, kind, pk)
    try:
        actions.attach_file(
            record=record, content=content.file, name=content.name or "",
            media_type=content.content_type or "", by=request.person, at=timezone.now(),
        )  # fmt: skip
    except FileTooLarge as problem:
        size = formats.file_size(problem.bytes_max)
        messages.error(request, _("The file is larger than %(size)s.") % {"size": size})
    else:
        messages.success(request, _("The file was added."))
    return back(request, kind, pk)


@require_GET
def file(request: PersonRequest, pk: int) -> HttpResponseBase:
    """A file of a record, always as a download."""
    rows = Attachment.objects.visible_to(request.person).filter(removed_at__isnull=True)
    found = get_object_or_404(rows.select_related("file"), pk=pk)
    return FileInParts(
        path_of(found.file).open("rb"), as_attachment=True, filename=found.name,
        content_type="application/octet-stream",
    )  # fmt: skip


@require_POST
def tags(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    """Give a record the tags written, separated by commas."""
    record = changeable(request, kind, pk)
    names = request.POST.get("tags", "").replace("，", ",").replace("、", ",").split(",")
    try:
        actions.set_tags(record=record, names=names, by=request.person, at=timezone.now())
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    return back(request, kind, pk)


@require_POST
def follow(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    """Be told of what happens with a record, or no more."""
    record = get_object_or_404(queries.shown(kind, request.person), pk=pk)
    if not access.may_read_customers(request.person):
        raise PermissionDenied
    follows = request.POST.get("follows") == "1"
    actions.follow(record=record, follows=follows, by=request.person, at=timezone.now())
    return back(request, kind, pk)
