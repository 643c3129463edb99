"""One person's part of a plan: what is asked and why, proposing, settling on an amount."""

from __future__ import annotations

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from paceline.goals import measures
from paceline.goals.planning import access, actions, queries, wording
from paceline.goals.planning.beside import told
from paceline.goals.planning.forms import (
    AgreementForm,
    AmountForm,
)
from paceline.goals.planning.models import QuotaPlan, QuotaPlanVersion
from paceline.goals.planning.queries import Part
from paceline.goals.planning.views.plans import plan_of, refused
from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest


def _part(
    request: PersonRequest, pk: int, person_pk: int
) -> tuple[QuotaPlan, QuotaPlanVersion, Part]:
    plan, version = plan_of(request, pk)
    for one in queries.parts_of(version, request.person):
        if one.person.pk == person_pk:
            return plan, version, one
    raise Http404


@require_GET
def part(request: PersonRequest, pk: int, person_pk: int) -> HttpResponse:
    """What is asked of a person, why, and what was said about it."""
    plan, version, one = _part(request, pk, person_pk)
    return _part_page(request, plan, version, one)


def _part_page(
    request: PersonRequest,
    plan: QuotaPlan,
    version: QuotaPlanVersion,
    one: Part,
    *,
    proposal: AmountForm | None = None,
    agreement: AgreementForm | None = None,
    status: int = 200,
) -> HttpResponse:
    step = queries.last_step(version)
    is_open = queries.is_open(step)
    proposed, agreed = queries.said_of(plan, one.person)
    seen = one.share.amount
    may_propose = is_open and access.may_propose_for(request.person, one.person, request.today)
    may_agree = is_open and access.may_agree(request.person)
    initial = one.proposed.amount if one.proposed else seen
    context = {
        "plan": plan,
        "measure": measures.word_of(plan.measure),
        "part": one,
        "stats": wording.part_stats(plan, one),
        "months": wording.months(plan, one),
        "slices": wording.slices(plan, one),
        "why": wording.why(version, one),
        "beside": told(request.person, plan, one.person),
        "proposed": proposed,
        "agreed": agreed,
        "badge": wording.state_badge(step.kind if step else ""),
        "proposal": (
            proposal
            or AmountForm(
                currency=plan.currency,
                seen=seen,
                prefix="said",
                initial={"amount": _digits(initial)},
            )
        )
        if may_propose
        else None,
        "agreement": (
            agreement
            or AgreementForm(
                currency=plan.currency,
                seen=seen,
                prefix="agreed",
                initial={"amount": _digits(one.stands)},
            )
        )
        if may_agree
        else None,
    }
    return page(request, "planning/part.html", context, status=status)


def _digits(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


@require_POST
def propose(request: PersonRequest, pk: int, person_pk: int) -> HttpResponse:
    plan, version, one = _part(request, pk, person_pk)
    if not access.may_propose_for(request.person, one.person, request.today):
        raise PermissionDenied
    form = AmountForm(request.POST, currency=plan.currency, seen=one.share.amount, prefix="said")
    if not form.is_valid():
        return _part_page(request, plan, version, one, proposal=form, status=422)
    try:
        actions.propose(
            plan=plan,
            person=one.person,
            amount=form.cleaned_data["amount"],
            reason=form.cleaned_data["reason"],
            by=request.person,
            at=timezone.now(),
        )
    except (actions.VersionClosed, actions.NotAsked) as error:
        return refused(request, plan, error)
    messages.success(request, _("The proposal was kept."))
    return go_to(request, reverse("planning:part", args=[plan.pk, person_pk]))


@require_POST
def agree(request: PersonRequest, pk: int, person_pk: int) -> HttpResponse:
    plan, version, one = _part(request, pk, person_pk)
    if not access.may_agree(request.person):
        raise PermissionDenied
    form = AgreementForm(
        request.POST, currency=plan.currency, seen=one.share.amount, prefix="agreed"
    )
    if not form.is_valid():
        return _part_page(request, plan, version, one, agreement=form, status=422)
    try:
        actions.agree(
            plan=plan,
            amounts={one.person.pk: form.cleaned_data["amount"]},
            reason=form.cleaned_data["reason"],
            by=request.person,
            at=timezone.now(),
        )
    except (actions.VersionClosed, actions.NotAsked) as error:
        return refused(request, plan, error)
    messages.success(request, _("The agreed amount was kept."))
    return go_to(request, reverse("planning:part", args=[plan.pk, person_pk]))
