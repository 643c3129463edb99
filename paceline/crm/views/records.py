"""The page of a record, and the forms to add and change one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from paceline.crm import access, actions, panels, queries, segment_words, wording
from paceline.crm.forms.choices import language_name
from paceline.crm.forms.deals import NextStepForm
from paceline.crm.forms.records import LAYOUT, RecordForm, field_label, initial_of
from paceline.crm.forms.timeline import (
    ActivityForm,
    ConsentForm,
    FeedbackForm,
    StatusForm,
    colleagues_of,
)
from paceline.crm.kinds import address, list_address
from paceline.crm.models import DOUBLED, MODELS, Deal, Record, StageKind
from paceline.crm.queries.segments import bought_by, scores_of
from paceline.crm.views.columns import (
    customer_of,
    lead_badge,
    quiet_badge,
    stage_badge,
)
from paceline.crm.views.lists import TITLES
from paceline.crm.views.reached import changeable
from paceline.crm.views.segments import cohort_address
from paceline.crm.views.timeline import told
from paceline.kernel import formats, own_fields
from paceline.kernel.countries import country_name
from paceline.kernel.pages import go_to, page
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


def found_or_404(request: PersonRequest, kind: str, pk: int) -> Any:
    """A record through the person who asks."""
    return get_object_or_404(queries.shown(kind, request.person), pk=pk)


@require_GET
def company(request: PersonRequest, pk: int) -> HttpResponse:
    return _show(request, "company", pk)


@require_GET
def contact(request: PersonRequest, pk: int) -> HttpResponse:
    return _show(request, "contact", pk)


@require_GET
def lead(request: PersonRequest, pk: int) -> HttpResponse:
    return _show(request, "lead", pk)


@require_GET
def deal(request: PersonRequest, pk: int) -> HttpResponse:
    return _show(request, "deal", pk)


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _show(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    person, today = request.person, request.today
    record = get_object_or_404(queries.on_page(kind, person), pk=pk)
    if record.merged_into_id is not None:
        return redirect(address(kind, _last_of(record)))
    before = _moment(request.GET.get("before", ""))
    timeline = queries.timeline_of(record, person, before)
    if isinstance(record, Deal):
        record.contributors_shown = queries.contributors_of(record)  # type: ignore[attr-defined]
        record._prefetched_objects_cache = {"contributors": record.contributors_shown}  # type: ignore[attr-defined]
    may_change = access.may_change(person, record)
    colleagues = colleagues_of(person, today) if access.may_read_talk(person) else []
    context: dict[str, Any] = {
        "record": record,
        "kind": kind,
        "name": record.title if kind == "deal" else record.name,
        "list_title": TITLES[kind](),
        "list_url": list_address(kind),
        "facts": facts_of(record, kind, with_own=access.may_read_talk(person)),
        "entries": [told(one, person, record) for one in timeline.entries],
        "older": timeline.older,
        "may_change": may_change,
        "may_talk": access.may_read_talk(person) and record.archived_at is None,
        "activity_form": ActivityForm(colleagues=colleagues, auto_id="activity-%s"),
        "topic": f"{kind}:{record.pk}",
        "panels": panels.panels_of(person, kind, record, may_change=may_change, at=timezone.now()),
        **_particulars(request, kind, record, colleagues, may_change=may_change),
    }
    return page(request, "crm/record.html", context)


def _last_of(record: Any) -> int:
    """The record into which one was merged, and that perhaps into another."""
    while record.merged_into is not None:
        record = record.merged_into
    return int(record.pk)


def _particulars(
    request: PersonRequest,
    kind: str,
    record: Any,
    colleagues: Sequence[Person],
    *,
    may_change: bool,
) -> dict[str, Any]:
    person = request.person
    if kind == "deal":
        return _of_deal(request, record)
    found: dict[str, Any] = {"points": queries.points_shown(record)}
    if kind == "lead":
        return {
            **found,
            "badge": lead_badge(record),
            "conversion": getattr(record, "conversion", None),
            "status_form": StatusForm(initial={"status": record.status}, auto_id="status-%s"),
        }
    found |= {
        "deals": [_related(one) for one in queries.deals_of(record, person)],
        **_bought(request, kind, record),
        "feedback_form": FeedbackForm(colleagues=colleagues, auto_id="feedback-%s"),
    }
    if kind == "company":
        return {**found, "contacts": queries.contacts_of(record, person)}
    return {
        **found,
        "consents": list(record.consents.select_related("recorded_by", "withdrawn_by")),
        "consent_form": ConsentForm(auto_id="consent-%s"),
        "erasure": getattr(record, "erasure", None),
        "may_erase": may_change and access.may_erase(person, record),
    }


def _bought(request: PersonRequest, kind: str, record: Any) -> dict[str, Any]:
    """What a customer bought: what it was worth, how it scores, and what those figures mean."""
    totals = queries.totals_shown(record)
    bought = bought_by(record)
    if bought is None:
        return {"totals": totals}
    rules = actions.rules_in_force()
    scores = scores_of(bought, queries.fifths_shown(record)) if bought.orders else {}
    return {
        "bought": bought,
        "bought_in": rules.currency,
        # The same sum in the same currency is not said twice.
        "totals": totals if [one.currency for one in totals] != [rules.currency] else [],
        "quiet": quiet_badge(record, request.today),
        "cohort_url": ""
        if bought.first_on is None
        else cohort_address(kind, bought.first_on, None),
        "scores": [(segment_words.SCORES[name], score) for name, score in scores.items()],
        "definitions": segment_words.definitions(rules),
    }


def _related(deal: Deal) -> dict[str, Any]:
    return {"deal": deal, "badge": stage_badge(deal), "url": address("deal", deal.pk)}


def _of_deal(request: PersonRequest, deal: Any) -> dict[str, Any]:
    stages = queries.stages_of(deal.pipeline)
    is_open = deal.stage.kind == StageKind.OPEN
    may_talk = access.may_read_talk(request.person)
    return {
        "badge": stage_badge(deal),
        "customer": customer_of(deal),
        "stages": [
            {
                "stage": one,
                "is_here": one.pk == deal.stage_id,
                "is_past": one.rank < deal.stage.rank,
            }
            for one in stages
        ],
        "lines": list(deal.lines.all()),
        "contributors": deal.contributors_shown,
        "may_agree": access.may_agree_shares(request.person, deal),
        "is_open": is_open,
        "lacks_step": is_open and not deal.next_step,
        "is_overdue": is_open and deal.next_step_on is not None
        and deal.next_step_on < request.today,
        "step_form": NextStepForm(auto_id="step-%s"),
        "checklist": deal.checklist_shown if may_talk else [],
        "questions": deal.questions_shown if may_talk else [],
        "plays": deal.plays_shown if may_talk else [],
        "rivals": deal.rivals_shown,
        "orders": deal.orders_shown,
        "is_won": deal.stage.kind == StageKind.WON,
        "lacks_credit": deal.stage.kind == StageKind.WON
        and any(one["credited_at"] is None for one in deal.orders_shown),
    }  # fmt: skip


SHOWN_ELSEWHERE: dict[str, frozenset[str]] = {
    "company": frozenset({"name"}),
    "contact": frozenset({"name", "company"}),
    "lead": frozenset({"name", "message"}),
    "deal": frozenset(
        {"title", "company", "contact", "amount", "currency", "next_step", "next_step_on"}
    ),
}


def facts_of(record: Any, kind: str, *, with_own: bool) -> list[tuple[str, str]]:
    """The fields that say something, in the order of the form, and the team's own.

    The pay desk reads what explains pay; what a team notes of a deal for itself is not of that.
    """
    found = []
    for name in LAYOUT[kind]:
        if name in SHOWN_ELSEWHERE[kind]:
            continue
        text = fact(record, name)
        if text:
            found.append((field_label(kind, name), text))
    if record.custom and with_own:
        own = queries.own_fields_shown(record)
        found += [(one.label, own_fields.shown(one, record.custom[one.key])) for one in own]
    return found


def fact(record: Any, name: str) -> str:  # noqa: PLR0911 - one kind of field each
    """One field of a record in words."""
    value = getattr(record, name)
    if value in (None, "", []):
        return ""
    if name == "country":
        return country_name(value)
    if name in {"language", "languages"}:
        return formats.listed(map(language_name, [value] if isinstance(value, str) else value))
    if name == "rating":
        return "★" * int(value)
    if hasattr(record, f"get_{name}_display"):
        return str(getattr(record, f"get_{name}_display")())
    if hasattr(value, "pk"):
        return str(value.name)
    return wording.plain(value)


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest, kind: str) -> HttpResponse:
    """A new record."""
    if not access.may_add(request.person):
        raise PermissionDenied
    form = RecordForm(
        request.POST or None, kind=kind, viewer=request.person, on=request.today,
        initial=_started(request),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            record = _made(request, kind, form)
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Added."))
            return go_to(request, address(kind, record.pk))
    return page(request, "crm/form.html", _form_context(request, kind, form, None),
                status=422 if form.errors else 200)  # fmt: skip


def _started(request: PersonRequest) -> dict[str, Any]:
    """A form opened from a company or contact begins with it."""
    found: dict[str, Any] = {}
    for kind in ("company", "contact"):
        pk = request.GET.get(kind, "")
        if pk.isdecimal():
            row = MODELS[kind].objects.visible_to(request.person).filter(pk=pk).first()
            found |= {} if row is None else {kind: row}
    if "contact" in found:
        found.setdefault("company", found["contact"].company)
    return found


def _made(request: PersonRequest, kind: str, form: RecordForm) -> Record:
    data = form.cleaned_data
    given = {"owner": data["owner"], "by": request.person, "at": timezone.now()}
    if kind == "deal":
        return actions.add_deal(pipeline=data["pipeline"], facts=form.facts(), **given)
    add: Any = {
        "company": actions.add_company,
        "contact": actions.add_contact,
        "lead": actions.add_lead,
    }[kind]
    made: Record = add(team=data["team"], facts=form.facts(), points=form.points(), **given)
    return made


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    """Change a record. When somebody else changed the same fields meanwhile, both are shown."""
    record = changeable(request, kind, pk)
    form = RecordForm(
        request.POST or None, kind=kind, viewer=request.person, on=request.today, record=record
    )
    conflicts: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            _changed(request, record, form)
        except actions.ChangedMeanwhile as problem:
            conflicts = wording.conflicts(kind, problem)
            form = _merged(request, kind, problem)
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Saved."))
            return go_to(request, address(kind, pk))
    context = _form_context(request, kind, form, record) | {"conflicts": conflicts}
    status = 409 if conflicts else 422 if form.errors else 200
    return page(request, "crm/form.html", context, status=status)


def _changed(request: PersonRequest, record: Any, form: RecordForm) -> None:
    facts, points = form.facts(), form.points()
    kept = {
        name.removeprefix("keep-")
        for name, value in request.POST.items()
        if name.startswith("keep-") and value == "theirs"
    }
    facts = {name: value for name, value in facts.items() if name not in kept}
    given: dict[str, Any] = {
        "seen": form.cleaned_data["version"] or 1, "by": request.person, "at": timezone.now(),
    }  # fmt: skip
    if isinstance(record, Deal):
        actions.change_deal(deal=record, facts=facts, **given)
    else:
        actions.change(
            record=record, facts=facts, points=None if "points" in kept else points, **given
        )


def _merged(request: PersonRequest, kind: str, problem: actions.ChangedMeanwhile) -> RecordForm:
    """The form again: what only the other person changed as it is now, the rest as written."""
    record: Any = problem.record
    data = request.POST.copy()
    now = MODELS[kind].objects.get(pk=record.pk)
    seen = int(data.get("version") or 1)
    in_conflict = {one.field for one in problem.conflicts}
    current = initial_of(now, kind)
    fresh = RecordForm(kind=kind, viewer=request.person, on=request.today, record=now)
    for change in now.changes.filter(version__gt=seen):
        for name in set(change.after) - in_conflict:
            if name in fresh.fields:
                value = fresh.fields[name].prepare_value(current[name])
                data.setlist(
                    name, value if isinstance(value, list) else ["" if value is None else value]
                )
    data["version"] = str(now.version)
    form = RecordForm(data, kind=kind, viewer=request.person, on=request.today, record=now)
    form.is_valid()
    return form


def _form_context(
    request: PersonRequest, kind: str, form: RecordForm, record: Any
) -> dict[str, Any]:
    name = "" if record is None else (record.title if kind == "deal" else record.name)
    return {
        "form": form,
        "kind": kind,
        "record": record,
        "name": name,
        "list_title": TITLES[kind](),
        "list_url": list_address(kind),
        "back_url": list_address(kind) if record is None else address(kind, record.pk),
        "alike_url": reverse("crm:alike", args=[kind])
        if record is None and kind in DOUBLED
        else "",
        "title": _("New: %(list)s") % {"list": TITLES[kind]()} if record is None else name,
    }
