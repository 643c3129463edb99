"""Beginning a sequence with one customer or with many, and stopping it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from paceline.crm.kinds import address, list_address
from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest
from paceline.sequences import access, actions, wording
from paceline.sequences.forms.sequences import ChooseForm
from paceline.sequences.models import RECORDS, Enrolment, Sequence, Start


@require_POST
def begin(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    """Begin a sequence with one customer."""
    record: Any = get_object_or_404(RECORDS[kind].objects.visible_to(request.person).kept(), pk=pk)
    if not access.may_begin(request.person, record):
        raise PermissionDenied
    rows = Sequence.objects.visible_to(request.person).kept().filter(of=kind, team=record.team_id)
    form = ChooseForm(request.POST, sequences=rows)
    if not form.is_valid():
        messages.error(request, _("Choose a sequence."))
        return go_to(request, address(kind, pk))
    try:
        actions.begin(
            sequence=form.cleaned_data["sequence"], record=record, by=request.person,
            at=timezone.now(),
        )  # fmt: skip
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _("Begun."))
    return go_to(request, address(kind, pk))


@require_POST
def stop(request: PersonRequest, pk: int) -> HttpResponse:
    """Stop a sequence with one customer."""
    rows = Enrolment.objects.visible_to(request.person).select_related(*RECORDS)
    enrolment: Enrolment = get_object_or_404(rows, pk=pk)
    if not access.may_begin(request.person, enrolment.record):
        raise PermissionDenied
    actions.stop(enrolment=enrolment, by=request.person, at=timezone.now())
    messages.success(request, _("Stopped. Tasks that nobody did were taken back."))
    return go_to(request, address(enrolment.kind, enrolment.record.pk))


@require_http_methods(["GET", "POST"])
def start(request: PersonRequest, pk: int) -> HttpResponse:
    """Before it begins with many: which sequence; afterwards: how far it has come."""
    rows = Start.objects.select_related("sequence", "progress")
    found: Start = get_object_or_404(rows, pk=pk, by=request.person)
    if not access.may_begin_any(request.person):
        raise PermissionDenied
    context: dict[str, Any] = {
        "start": found, "count": len(found.ids), "back_url": list_address(found.of),
    }  # fmt: skip
    if found.begun_at is not None:
        context |= {
            "progress": found.progress,
            "is_over": found.ended_at is not None,
            "skipped": wording.skipped(found.skipped),
            "url": request.path,
        }
        return page(request, "sequences/start_far.html", context)
    sequences = Sequence.objects.visible_to(request.person).kept()
    sequences = sequences.filter(of=found.of, on_since__isnull=False).order_by("name", "id")
    form = ChooseForm(request.POST or None, sequences=sequences)
    if request.method == "POST" and form.is_valid():
        try:
            actions.begin_start(
                start=found, sequence=form.cleaned_data["sequence"], by=request.person,
                at=timezone.now(),
            )  # fmt: skip
        except wording.REFUSALS as problem:
            messages.error(request, wording.refusal(problem))
        return go_to(request, request.path)
    context |= {"form": form, "has_sequences": sequences.exists()}
    return page(request, "sequences/start.html", context, status=422 if form.errors else 200)


@require_POST
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """Take a beginning with many back."""
    found: Start = get_object_or_404(Start.objects.all(), pk=pk, by=request.person)
    try:
        back, stayed = actions.undo_start(start=found, by=request.person, at=timezone.now())
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        told = _("Taken back: %(back)d. Something was done already, so left: %(stayed)d.")
        messages.success(request, told % {"back": back, "stayed": stayed})
    return go_to(request, reverse("sequences:start", args=[pk]))
