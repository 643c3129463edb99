"""The board, moving deals, and what is done on a deal's page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.crm import access, actions, queries, wording
from paceline.crm.forms.deals import CompetitorsForm, LinesForm, LostForm, NextStepForm, SharesForm
from paceline.crm.kinds import address
from paceline.crm.models import (
    ChecklistItem,
    Deal,
    Pipeline,
    Question,
    Stage,
    StageKind,
)
from paceline.crm.views.reached import changeable
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest


@require_GET
def boards(request: PersonRequest) -> HttpResponse:
    """The board of one's first pipeline; without one, how to begin."""
    if not access.may_read_customers(request.person):
        raise PermissionDenied
    pipelines = queries.pipelines_for(request.person)
    if pipelines:
        return redirect("crm:board", pk=pipelines[0].pk)
    context = {"may_arrange": access.may_arrange_any(request.person)}
    return page(request, "crm/no_board.html", context)


@require_GET
def board(request: PersonRequest, pk: int) -> HttpResponse:
    """A pipeline's columns with their cards, counts and sums."""
    pipeline = get_object_or_404(
        Pipeline.objects.visible_to(request.person).select_related("team"), pk=pk
    )
    return page(request, "crm/board.html", _board(request, pipeline), fragment="columns")


def _board(
    request: PersonRequest, pipeline: Pipeline, *, moved: str = "", problem: str = ""
) -> dict[str, Any]:
    mine = request.GET.get("whose") == "mine"
    columns = queries.columns_of(
        pipeline, request.person, request.today, timezone.now(),
        owner=request.person.pk if mine else None,
    )  # fmt: skip
    url = reverse("crm:board", args=[pipeline.pk])
    pipelines = queries.pipelines_for(request.person)
    may_move = access.may_add(request.person)
    return {
        "pipeline": pipeline,
        "pipelines": [
            (f"{one.team.name}{formats.colon()}{one.name}" if _teams(pipelines) > 1 else one.name,
             reverse("crm:board", args=[one.pk]), one.pk == pipeline.pk)
            for one in pipelines
        ],
        "columns": [_column(one, columns) for one in columns],
        "chips": [(_("Everyone's"), url, not mine), (_("Mine"), f"{url}?whose=mine", mine)],
        "url": f"{url}?whose=mine" if mine else url,
        "may_move": may_move,
        "may_add": may_move,
        "may_arrange": access.may_arrange(request.person, pipeline.team),
        "moved": moved,
        "problem": problem,
    }  # fmt: skip


def _teams(pipelines: list[Pipeline]) -> int:
    return len({one.team_id for one in pipelines})


def _column(column: queries.BoardColumn, columns: list[queries.BoardColumn]) -> dict[str, Any]:
    stage = column.stage
    return {
        "stage": stage,
        "count": column.count,
        "hidden": column.hidden,
        "sums": [formats.money(total, currency) for currency, total in column.sums],
        "weighted": [formats.money(total, currency) for currency, total in column.weighted]
        if stage.kind == StageKind.OPEN
        else [],
        "cards": [_card(one, place) for place, one in enumerate(column.cards)],
        "more_url": f"{reverse('crm:deals')}?deals-is-stage={stage.pk}",
        "targets": [one.stage for one in columns if one is not column],
    }


def _card(card: queries.Card, place: int) -> dict[str, Any]:
    deal = card.deal
    customer = deal.company.name if deal.company else deal.contact.name if deal.contact else ""
    return {
        "deal": deal,
        "url": address("deal", deal.pk),
        "move_url": reverse("crm:deal_move", args=[deal.pk]),
        "customer": customer,
        "amount": formats.money(deal.amount, deal.currency) if deal.amount is not None else "",
        "owner": deal.owner.name if deal.owner else _("Nobody yet"),
        "lacks_step": card.lacks_step,
        "is_overdue": card.is_overdue,
        "is_stale": card.is_stale,
        "days": card.days,
        "place": place + 1,
    }


@require_POST
def move(request: PersonRequest, pk: int) -> HttpResponse:
    """Put a deal below another card of a column, or on top.

    The board asks with ``board``: it is answered with its columns and what to say aloud. A deal's
    own page asks with ``to`` alone.
    """
    deal = changeable(request, "deal", pk)
    # A place up or down names no other column.
    to = _number(request, "to") or (_number(request, "seen") if "step" in request.POST else 0)
    target = get_object_or_404(Stage.objects.filter(pipeline=deal.pipeline_id), pk=to)
    if target.kind == StageKind.LOST and deal.stage.kind != StageKind.LOST:
        return go_to(request, reverse("crm:deal_lose", args=[pk]) + f"?to={target.pk}")
    said = {"moved": "", "problem": ""}
    try:
        _move(request, deal, target)
    except wording.REFUSALS as problem:
        said["problem"] = wording.refusal(problem)
    else:
        told = _("“%(deal)s” is now in “%(stage)s”.")
        said["moved"] = told % {"deal": deal.title, "stage": target.name}
    if "board" in request.POST:
        pipeline = Pipeline.objects.select_related("team").get(pk=deal.pipeline_id)
        context = _board(request, pipeline, **said)
        return page(request, "crm/board.html", context, fragment="columns")
    if said["problem"]:
        messages.error(request, said["problem"])
    else:
        messages.success(request, said["moved"])
    return go_to(request, address("deal", pk))


def _move(request: PersonRequest, deal: Deal, target: Stage) -> None:
    """``after`` is the card above; ``step`` (-1 or 1) moves within the column by one place."""
    after = None
    seen = Stage.objects.filter(pipeline=deal.pipeline_id, pk=_number(request, "seen")).first()
    step = request.POST.get("step")
    if step in {"-1", "1"}:
        column = Deal.objects.visible_to(request.person).kept().filter(stage=deal.stage_id)
        cards = list(column.order_by("board_rank", "pk").values_list("pk", flat=True))
        place = cards.index(deal.pk)
        above = place + 1 if step == "1" else place - 2
        if (step == "-1" and place == 0) or (step == "1" and above >= len(cards)):
            return
        after = Deal.objects.get(pk=cards[above]) if above >= 0 else None
    elif _number(request, "after"):
        after = Deal.objects.visible_to(request.person).filter(pk=_number(request, "after")).first()
    actions.move_deal(
        deal=deal, to=target, after=after, seen=seen, on=request.today, by=request.person,
        at=timezone.now(),
    )  # fmt: skip


def _number(request: PersonRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text[:18]) if text.isdecimal() else 0


@require_http_methods(["GET", "POST"])
def lose(request: PersonRequest, pk: int) -> HttpResponse:
    """Say why a deal was lost."""
    deal = changeable(request, "deal", pk)
    form = LostForm(request.POST or None, deal=deal)
    if request.method == "POST" and form.is_valid():
        lost = Stage.objects.filter(
            pipeline=deal.pipeline_id, kind=StageKind.LOST, retired_at__isnull=True
        )
        wanted = request.GET.get("to", "")
        target = lost.filter(pk=wanted).first() if wanted.isdecimal() else None
        try:
            actions.move_deal(
                deal=deal, to=target or lost.order_by("rank")[0], lost=form.lost(),
                on=request.today, by=request.person, at=timezone.now(),
            )  # fmt: skip
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("The deal was closed as lost."))
            return go_to(request, address("deal", pk))
    context = {"form": form, "title": _("Why was it lost?"), "back_url": address("deal", pk),
               "button": _("Close as lost"), "name": deal.title}  # fmt: skip
    return page(request, "crm/one_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def lines(request: PersonRequest, pk: int) -> HttpResponse:
    """The products of a deal."""
    deal = changeable(request, "deal", pk)
    form = LinesForm(request.POST or None, deal=deal)
    if request.method == "POST" and form.is_valid():
        rows = form.lines()
        if not form.errors and _is_done(form, partial(
            actions.set_lines, deal=deal, lines=rows, seen=form.cleaned_data["version"],
            by=request.person, at=timezone.now(),
        )):  # fmt: skip
            messages.success(request, _("Saved."))
            return go_to(request, address("deal", pk))
    context = {"form": form, "deal": deal, "back_url": address("deal", pk)}
    return page(request, "crm/lines.html", context, status=422 if form.errors else 200)


def _is_done(form: Any, act: Callable[[], object]) -> bool:
    """Whether the act was done; otherwise the form says what stands against it."""
    try:
        act()
    except actions.ChangedMeanwhile as problem:
        form.add_error(None, changed(problem))
    except wording.REFUSALS as problem:
        wording.put_into(form, problem)
    else:
        return True
    return False


def changed(problem: actions.ChangedMeanwhile) -> str:
    """That somebody else changed the same meanwhile."""
    told = _("%(who)s changed this meanwhile to: %(theirs)s. Open the page again to go on from it.")
    one = problem.conflicts[0]
    return told % {"who": one.by, "theirs": wording.field_value(one.field, one.theirs)}


@require_http_methods(["GET", "POST"])
def shares(request: PersonRequest, pk: int) -> HttpResponse:
    """Who helped to win a deal, and how much of it is theirs."""
    deal = changeable(request, "deal", pk)
    if not access.may_agree_shares(request.person, deal):
        raise PermissionDenied
    form = SharesForm(request.POST or None, deal=deal, viewer=request.person, on=request.today)
    if request.method == "POST" and form.is_valid():
        rows = form.shares()
        if not form.errors and _is_done(form, partial(
            actions.agree_shares, deal=deal, shares=rows, seen=form.cleaned_data["version"],
            by=request.person, at=timezone.now(),
        )):  # fmt: skip
            messages.success(request, _("The shares are agreed."))
            return go_to(request, address("deal", pk))
    context = {"form": form, "deal": deal, "back_url": address("deal", pk)}
    return page(request, "crm/shares.html", context, status=422 if form.errors else 200)


@require_POST
def step(request: PersonRequest, pk: int) -> HttpResponse:
    """The next step is done or changed; another may follow."""
    deal = changeable(request, "deal", pk)
    form = NextStepForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        given: dict[str, Any] = {"deal": deal, "by": request.person, "at": timezone.now()}
        try:
            if request.POST.get("done") == "1":
                actions.finish_next_step(
                    then=data["next_step"], then_on=data["next_step_on"], **given
                )
            else:
                facts = {"next_step": data["next_step"], "next_step_on": data["next_step_on"]}
                actions.change_deal(facts=facts, **given)
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Saved."))
            return go_to(request, address("deal", pk))
    context = {"form": form, "title": _("Next step"), "back_url": address("deal", pk),
               "button": _("Save"), "name": deal.title}  # fmt: skip
    return page(request, "crm/one_form.html", context, status=422)


@require_POST
def tick(request: PersonRequest, pk: int) -> HttpResponse:
    """Tick items of the stage's checklist off: those sent are done, the others not."""
    deal = changeable(request, "deal", pk)
    done = {int(one) for one in request.POST.getlist("item") if one.isdecimal()}
    items = ChecklistItem.objects.filter(stage=deal.stage_id, retired_at__isnull=True)
    for item in items:
        actions.tick(
            deal=deal, item=item, done=item.pk in done, by=request.person, at=timezone.now()
        )
    messages.success(request, _("Saved."))
    return go_to(request, address("deal", pk))


@require_POST
def answers(request: PersonRequest, pk: int) -> HttpResponse:
    """Keep what the customer answered to the questions of the stage's playbook."""
    deal = changeable(request, "deal", pk)
    for question in Question.objects.filter(stage=deal.stage_id, retired_at__isnull=True):
        text = request.POST.get(f"answer-{question.pk}")
        if text is not None:
            actions.answer(
                deal=deal, question=question, text=text, by=request.person, at=timezone.now()
            )
    messages.success(request, _("Saved."))
    return go_to(request, address("deal", pk))


@require_POST
def competitors(request: PersonRequest, pk: int) -> HttpResponse:
    """Say who else offers, or that nobody does."""
    deal = changeable(request, "deal", pk)
    form = CompetitorsForm(request.POST, deal=deal)
    if form.is_valid():
        actions.set_competitors(
            deal=deal, competitors=list(form.cleaned_data["competitors"]),
            is_alone=form.cleaned_data["is_alone"], by=request.person, at=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("Saved."))
    return go_to(request, address("deal", pk))


@require_POST
def link_order(request: PersonRequest, pk: int) -> HttpResponse:
    """Say that an order came of this deal."""
    deal = changeable(request, "deal", pk)
    number = request.POST.get("number", "").strip()[:60]
    try:
        actions.link_order_by_number(number=number, deal=deal, by=request.person, at=timezone.now())
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _("The order was linked."))
    return go_to(request, address("deal", pk))


@require_POST
def credit(request: PersonRequest, pk: int) -> HttpResponse:
    """Let the shares of a won deal become the credits of its orders, where they are not yet."""
    deal = changeable(request, "deal", pk)
    if not access.may_agree_shares(request.person, deal):
        raise PermissionDenied
    try:
        actions.credit_deal(deal=deal, by=request.person, at=timezone.now())
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _("The orders are credited."))
    return go_to(request, address("deal", pk))
