"""The sequences of one's teams: what they do, what came of them, and arranging them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.crm.actions import rules_in_force
from paceline.crm.kinds import address
from paceline.kernel.pages import go_to, page
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Table
from paceline.leads.queries import sellers_of
from paceline.mail.models import MailTemplate
from paceline.org.requests import PersonRequest
from paceline.sequences import access, actions, wording
from paceline.sequences.forms.sequences import SequenceForm, StepsForm
from paceline.sequences.models import RECORDS, Ended, Kind, Sequence, Stop, Version
from paceline.sequences.queries import figures


def _refuse_strangers(request: PersonRequest) -> None:
    if not access.may_read(request.person):
        raise PermissionDenied


def _found(request: PersonRequest, pk: int, *, arranged: bool = False) -> Sequence:
    _refuse_strangers(request)
    rows = Sequence.objects.visible_to(request.person).select_related("team", "segment__owner")
    found: Sequence = get_object_or_404(rows, pk=pk)
    if arranged and not access.may_arrange(request.person, found.team):
        raise PermissionDenied
    return found


def _address(pk: int) -> str:
    return reverse("sequences:sequence", args=[pk])


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """The sequences of one's teams, and how many are under way."""
    _refuse_strangers(request)
    rows = list(
        Sequence.objects.visible_to(request.person).kept().select_related("team", "segment")
    )
    counts = figures.counts_of(rows, request.person)
    kinds = dict(Kind.choices)
    context = {
        "rows": [
            {"sequence": one, "kind": str(kinds[one.of]), "badge": state_of(one),
             "running": counts.get(one.pk, (0, 0))[0], "entered": counts.get(one.pk, (0, 0))[1]}
            for one in rows
        ],
        "may_add": access.may_arrange_any(request.person),
    }  # fmt: skip
    return page(request, "sequences/list.html", context)


def state_of(sequence: Sequence) -> Badge:
    if sequence.retired_at is not None:
        return Badge(_("put away"), "neutral")
    return (
        Badge(pgettext("sequence", "on"), "good")
        if sequence.on_since
        else Badge(pgettext("sequence", "off"), "neutral")
    )


def _latest(sequence: Sequence) -> Version | None:
    found: Version | None = sequence.versions.order_by("-number").first()
    return found


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """What a sequence does and what came of it; every figure opens its customers."""
    sequence = _found(request, pk)
    version = _latest(sequence)
    found = figures.figures_of(sequence, version, request.person, request.today)
    stops = dict(Stop.choices)
    may_arrange = access.may_arrange(request.person, sequence.team) and not sequence.retired_at
    context = {
        "sequence": sequence,
        "kind": str(dict(Kind.choices)[sequence.of]),
        "badge": state_of(sequence),
        "version": version,
        "figures": found,
        "window": figures.WINDOW,
        "currency": rules_in_force().currency if sequence.of != "lead" else "",
        "stops": [str(stops[one]) for one in version.stops] if version else [],
        "ended": [
            {"label": str(Ended(why).label), "count": count, "url": _customers(pk, why)}
            for why, count in sorted(found.ended.items(), key=lambda row: -row[1])
        ],
        "all_url": _customers(pk, ""),
        "running_url": _customers(pk, "running"),
        "answered_url": _customers(pk, "answered"),
        "ordered_url": _customers(pk, "ordered"),
        "steps": [_told(pk, one) for one in found.steps],
        "may_arrange": may_arrange,
    }
    return page(request, "sequences/sequence.html", context)


def _told(pk: int, one: figures.StepFigures) -> dict[str, Any]:
    step = one.step
    counts = (
        ("waiting", _("waiting"), one.waiting),
        ("made", pgettext("step of a sequence", "made"), one.made),
        ("done", _("done"), one.done),
        ("overdue", _("overdue"), one.overdue),
        ("skipped", _("left out"), one.skipped),
    )
    return {
        "number": step.rank + 1,
        "icon": wording.ICONS[step.act],
        "after": wording.after(step),
        "title": wording.title(step),
        "script": wording.script(step),
        "doer": wording.doer(step),
        "counts": [
            {"label": label, "count": count, "url": _customers(pk, what, step.key),
             "is_bad": what == "overdue" and count > 0}
            for what, label, count in counts
        ],
    }  # fmt: skip


def _customers(pk: int, what: str, key: int | None = None) -> str:
    asked = {"what": what} if what else {}
    if key is not None:
        asked["step"] = str(key)
    url = reverse("sequences:customers", args=[pk])
    return f"{url}?{urlencode(asked)}" if asked else url


@require_GET
def customers(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The customers behind a figure."""
    sequence = _found(request, pk)
    what = request.GET.get("what", "")
    text = request.GET.get("step", "")
    key = int(text[:6]) if text.isdecimal() else None
    rows = figures.narrowed(
        figures.enrolments_of(sequence, request.person), what, key, request.today
    )
    rows = rows.select_related(*(f"{kind}__owner" for kind in RECORDS), "next_step__template")
    kind = sequence.of
    table = Table(
        request,
        rows=rows,
        name="enrolments",
        topic="sequences",
        caption=_("Customers"),
        columns=[
            Column("name", _("Name"), value=lambda row: row.record.name, sort=f"{kind}__name",
                   link=lambda row: address(kind, row.record.pk)),
            Column("owner", _("Owner"), value=_owner_name,
                   sort=f"{kind}__owner__name"),
            Column("state", _("State"), value=wording.state_of),
            Column("started_at", _("Begun"), sort="started_at", kind="moment"),
            Column("next", _("Next step"),
                   value=lambda row: row.next_step and wording.title(row.next_step)),
            Column("next_at", _("Due"), sort="next_at", kind="moment"),
            Column("ended_at", _("Ended"), sort="ended_at", kind="moment", secondary=True),
        ],
        order="-started_at",
        empty=_("Nobody yet."),
    )  # fmt: skip
    if table.wants_export:
        return table.export()
    context = {"sequence": sequence, "table": table, "title": _what(what, key)}
    return page(request, "sequences/customers.html", context)


def _owner_name(row: Any) -> str:
    owner = row.record.owner
    return "" if owner is None else str(owner.name)


def _what(what: str, key: int | None) -> str:
    told = {
        "running": _("Under way"), "answered": _("They answered"), "ordered": _("They ordered"),
        "made": pgettext("step of a sequence", "made"), "done": _("done"),
        "overdue": _("overdue"), "skipped": _("left out"), "waiting": _("waiting"),
    }.get(what)  # fmt: skip
    if told is None:
        told = str(Ended(what).label) if what in Ended.values else _("All who began")
    return told if key is None else _("Step %(number)s: %(what)s") % {"number": key, "what": told}


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """A new sequence; its steps come next."""
    if not access.may_arrange_any(request.person):
        raise PermissionDenied
    form = SequenceForm(request.POST or None, viewer=request.person)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.add_sequence(
                team=data["team"], of=data["of"], **form.facts(), by=request.person,
                at=timezone.now(),
            )  # fmt: skip
        except wording.REFUSALS as problem:
            form.add_error(None, wording.refusal(problem))
        else:
            return go_to(request, reverse("sequences:steps", args=[made.pk]))
    context = {"form": form, "title": _("New sequence"), "back_url": reverse("sequences:list")}
    return page(request, "sequences/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Another name, segment or pace."""
    sequence = _found(request, pk, arranged=True)
    form = SequenceForm(request.POST or None, viewer=request.person, sequence=sequence)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_sequence(
                sequence=sequence, facts=form.facts(), by=request.person, at=timezone.now()
            )
        except wording.REFUSALS as problem:
            form.add_error(None, wording.refusal(problem))
        else:
            messages.success(request, _("Saved."))
            return go_to(request, _address(pk))
    context = {"form": form, "title": sequence.name, "back_url": _address(pk)}
    return page(request, "sequences/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def steps(request: PersonRequest, pk: int) -> HttpResponse:
    """The steps; saving makes the next version."""
    sequence = _found(request, pk, arranged=True)
    version = _latest(sequence)
    now = timezone.now()
    known = [] if version is None else list(version.steps.select_related("person", "template"))
    templates: Any = MailTemplate.objects.visible_to(request.person)
    form = StepsForm(
        request.POST or None, version=version, steps=known,
        people=sellers_of(sequence.team, now),
        templates=templates.filter(team=sequence.team_id).order_by("name", "id"),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            actions.write_version(
                sequence=sequence, steps=form.new_steps(), stops=form.cleaned_data["stops"],
                moves=form.cleaned_data["moves"], by=request.person, at=now,
            )  # fmt: skip
        except wording.REFUSALS as problem:
            form.add_error(None, wording.refusal(problem))
        else:
            messages.success(request, _("Saved."))
            return go_to(request, _address(pk))
    context = {
        "form": form, "rows": form.rows(), "sequence": sequence, "version": version,
        "back_url": _address(pk),
    }  # fmt: skip
    return page(request, "sequences/steps.html", context, status=422 if form.errors else 200)


@require_POST
def switch(request: PersonRequest, pk: int) -> HttpResponse:
    """Switch a sequence on or off."""
    sequence = _found(request, pk, arranged=True)
    try:
        actions.switch_sequence(
            sequence=sequence, on=request.POST.get("on") == "1",
            present=request.POST.get("present") == "1", by=request.person, at=timezone.now(),
        )  # fmt: skip
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    return go_to(request, _address(pk))


@require_POST
def retire(request: PersonRequest, pk: int) -> HttpResponse:
    """Put a sequence away."""
    sequence = _found(request, pk, arranged=True)
    actions.retire_sequence(sequence=sequence, by=request.person, at=timezone.now())
    messages.success(request, _("The sequence was put away; whoever was under way stopped."))
    return go_to(request, reverse("sequences:list"))
