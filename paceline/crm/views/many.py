"""Beside the lists: changing many records, kept views, and fields of a team's own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.crm import access, actions, panels, wording
from paceline.crm.actions.merging import RECORDS_MAX
from paceline.crm.forms.lists import BatchForm, FieldForm, ViewForm
from paceline.crm.hints import LISTS
from paceline.crm.kinds import list_address
from paceline.crm.models import Batch, CustomField, FieldKind, ListKind, SavedView
from paceline.crm.views.lists import own_fields_of, table_of, view_address
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest


@require_POST
def change_many(request: PersonRequest, kind: str) -> HttpResponse:
    """Change the records that were chosen, or all that the list as it was asked for finds."""
    if not access.may_add(request.person):
        raise PermissionDenied
    form = BatchForm(request.POST, kind=kind, viewer=request.person, on=request.today)
    if not form.is_valid():
        told = " ".join(str(text) for texts in form.errors.values() for text in texts)
        messages.error(request, told)
        return go_to(request, list_address(kind))
    try:
        ids = _ids(request, kind)
        if not ids:
            messages.error(request, _("Choose some records first."))
            return go_to(request, list_address(kind))
        if form.act:
            return go_to(request, _begun(request, kind, form.act, ids))
        if form.cleaned_data["what"] == "merge":
            return _to_merge(request, kind, ids)
        batch = actions.request_batch(
            of=kind, ids=ids, what=form.wanted(), by=request.person, at=timezone.now()
        )
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
        return go_to(request, list_address(kind))
    return go_to(request, reverse("crm:batch", args=[batch.pk]))


def _begun(request: PersonRequest, kind: str, key: str, ids: list[int]) -> str:
    """Begin an act of an app above with the records; the address where it goes on."""
    if len(ids) > actions.BATCH_MAX:
        raise actions.TooManyRecords
    act = next(one for one in panels.acts_for(request.person, kind) if one.key == key)
    return act.begin(kind, ids, request.person, timezone.now())


def _ids(request: PersonRequest, kind: str) -> list[int]:
    """Those that were ticked; or, asked for all, those that the list finds: never more than may be
    changed at once and one, so that too many are refused."""
    if request.POST.get("all") == "1":
        request.GET = QueryDict(request.POST.get("query", "")[:2000])
        table = table_of(request, kind, own=own_fields_of(request, kind))
        return list(table.found.values_list("pk", flat=True)[: actions.BATCH_MAX + 1])
    chosen = request.POST.getlist("chosen")
    return list(dict.fromkeys(int(one[:18]) for one in chosen if one.isdecimal()))


def _to_merge(request: PersonRequest, kind: str, ids: list[int]) -> HttpResponse:
    """The comparison of those that were chosen; nothing is merged before it was looked at."""
    if not 2 <= len(ids) <= RECORDS_MAX:
        told = _("Choose two to %(most)s records that are one customer.") % {"most": RECORDS_MAX}
        messages.error(request, told)
        return go_to(request, list_address(kind))
    named = ",".join(map(str, ids))
    if kind == "deal":
        return go_to(request, reverse("crm:deal_merge", args=[named]))
    return go_to(request, reverse("crm:merge", args=[kind, named]))


@require_GET
def batch(request: PersonRequest, pk: int) -> HttpResponse:
    """How far a change of many records has come, and taking it back."""
    found = get_object_or_404(Batch.objects.select_related("progress"), pk=pk, by=request.person)
    context = {
        "batch": found,
        "progress": found.progress,
        "is_over": not actions.is_under_way(found),
        "back_url": list_address(found.of),
        "topic": LISTS[found.of],
        "told": ngettext("%(count)s record was changed.", "%(count)s records were changed.",
                         found.count) % {"count": formats.number(found.count)},
        "skipped": ngettext(
            "%(count)s stayed as it was: it said so already, or is not yours to change.",
            "%(count)s stayed as they were: they said so already, or are not yours to change.",
            found.skipped,
        ) % {"count": formats.number(found.skipped)} if found.skipped else "",
    }  # fmt: skip
    return page(request, "crm/batch.html", context)


@require_POST
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """Take a change of many records back."""
    found = get_object_or_404(Batch.objects.all(), pk=pk, by=request.person)
    try:
        taken = actions.request_undo(batch=found, by=request.person, at=timezone.now())
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        if taken is not None:
            told = _("Taken back: %(back)s. Changed again since, so left: %(stayed)s.")
            back, stayed = map(formats.number, taken)
            messages.success(request, told % {"back": back, "stayed": stayed})
    return go_to(request, reverse("crm:batch", args=[pk]))


@require_POST
def save_view(request: PersonRequest, kind: str) -> HttpResponse:
    """Keep the list as it is under a name."""
    if not access.may_read_customers(request.person):
        raise PermissionDenied
    form = ViewForm(request.POST, viewer=request.person)
    if not form.is_valid():
        messages.error(request, _("Give the view a name."))
        return go_to(request, list_address(kind))
    query = QueryDict(request.POST.get("query", "")[:2000])
    kept = {key: str(query[key])[:200] for key in query if not key.endswith(("-page", "-export"))}
    try:
        view = actions.save_view(
            of=kind, name=form.cleaned_data["name"], choices=kept, team=form.cleaned_data["team"],
            by=request.person, at=timezone.now(),
        )  # fmt: skip
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
        return go_to(request, list_address(kind))
    messages.success(request, _("The view was kept."))
    return go_to(request, view_address(view))


@require_POST
def delete_view(request: PersonRequest, pk: int) -> HttpResponse:
    """One's own view goes."""
    view = get_object_or_404(SavedView.objects.visible_to(request.person), pk=pk)
    if view.owner_id != request.person.pk:
        raise PermissionDenied
    actions.delete_view(view=view, by=request.person, at=timezone.now())
    messages.success(request, _("The view was deleted."))
    return go_to(request, list_address(view.of))


@require_http_methods(["GET", "POST"])
def fields(request: PersonRequest) -> HttpResponse:
    """The fields that one's teams added, and adding one."""
    if not access.may_arrange_any(request.person):
        raise PermissionDenied
    form = FieldForm(request.POST or None, viewer=request.person)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            actions.add_custom_field(
                team=data["team"], of=data["of"], label=data["label"],
                kind=FieldKind(data["kind"]), options=form.words(),
                is_required=data["is_required"], by=request.person, at=timezone.now(),
            )  # fmt: skip
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Added."))
            return go_to(request, reverse("crm:fields"))
    kinds, lists = dict(FieldKind.choices), dict(ListKind.choices)
    rows = CustomField.objects.visible_to(request.person).select_related("team")
    context = {
        "rows": [
            {"field": one, "kind": str(kinds[one.kind]), "of": str(lists[one.of])}
            for one in rows.order_by("retired_at", "team__name", "of", "rank")
        ],
        "form": form,
    }
    return page(request, "crm/fields.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def field(request: PersonRequest, pk: int) -> HttpResponse:
    """Rename a field, change its words, take it out of use."""
    rows = CustomField.objects.visible_to(request.person).select_related("team")
    found = get_object_or_404(rows, pk=pk)
    if not access.may_arrange(request.person, found.team):
        raise PermissionDenied
    form = FieldForm(request.POST or None, viewer=request.person, field=found)
    if request.method == "POST" and form.is_valid():
        data: dict[str, Any] = form.cleaned_data
        try:
            actions.change_custom_field(
                field=found, label=data["label"], options=form.words(),
                is_required=data["is_required"], in_use=data["in_use"], by=request.person,
                at=timezone.now(),
            )  # fmt: skip
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Saved."))
            return go_to(request, reverse("crm:fields"))
    context = {"form": form, "title": found.label, "back_url": reverse("crm:fields"),
               "button": _("Save"), "name": _("Own fields")}  # fmt: skip
    return page(request, "crm/one_form.html", context, status=422 if form.errors else 200)
