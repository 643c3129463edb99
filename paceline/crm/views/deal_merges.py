"""Deals that are one: beside one another field by field, with their shares, then merged."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from paceline.crm import access, actions, queries, wording
from paceline.crm.actions.deal_merging import CHOSEN, chosen_deals
from paceline.crm.actions.merging import RECORDS_MAX
from paceline.crm.forms.records import field_label
from paceline.crm.kinds import address, list_address
from paceline.crm.models import ContributorKind, Deal, StageKind
from paceline.crm.views.records import fact
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page, refuse
from paceline.org.requests import PersonRequest


@require_http_methods(["GET", "POST"])
def merge(request: PersonRequest, ids: str) -> HttpResponse:
    """Which deal stays, what it says, and whose shares hold; then they are one."""
    deals = _chosen(request, ids)
    wanted = request.POST.get("survivor")
    named = next((one for one in deals if str(one.pk) == wanted), None)
    stays = named or _likeliest(deals)
    if request.method == "POST":
        return _merge(request, stays, deals)
    return page(request, "crm/merge.html", _preview(stays, deals))


def _chosen(request: PersonRequest, text: str) -> list[Any]:
    """The deals that are to become one, in the order in which they were named."""
    texts = text.split(",")[: RECORDS_MAX + 1]
    ids = list(dict.fromkeys(int(one) for one in texts if one.isdecimal() and len(one) < 18))
    found = queries.deals_beside(ids, request.person)
    deals = [found[pk] for pk in ids if pk in found]
    if len(deals) != len(ids) or not 2 <= len(deals) <= RECORDS_MAX:
        raise Http404
    if not all(access.may_change(request.person, one) for one in deals):
        raise PermissionDenied
    return deals


def _likeliest(deals: list[Any]) -> Any:
    """The one that was won, else the one with most orders and talk, else the oldest."""
    return max(
        deals,
        key=lambda one: (one.stage.kind == StageKind.WON, one.n_orders, one.n_activities, -one.pk),
    )


def _merge(request: PersonRequest, stays: Any, deals: list[Any]) -> HttpResponse:
    data = request.POST
    choices = {
        name: int(data[f"choose-{name}"])
        for name in CHOSEN
        if data.get(f"choose-{name}", "").isdecimal()
    }
    seen = {
        one.pk: int(data[f"seen-{one.pk}"])
        for one in deals
        if data.get(f"seen-{one.pk}", "").isdecimal()
    }
    text = data.get("choose-shares", "")
    sharing = next((one for one in deals if str(one.pk) == text), stays)
    if _told_shares(sharing) != _told_shares(stays) and not access.may_agree_shares(
        request.person, stays
    ):
        return _stay(request, _("Only the owner, or of a won deal a lead above, agrees on shares."))
    others = [one for one in deals if one.pk != stays.pk]
    try:
        actions.merge_deals(
            survivor=stays, others=others, choices=choices, shares_of_deal=sharing.pk, seen=seen,
            by=request.person, at=timezone.now(),
        )  # fmt: skip
    except actions.ChangedMeanwhile as error:
        who = formats.listed(dict.fromkeys(one.by for one in error.conflicts)) or _("somebody")
        told = _("%(who)s changed one of them meanwhile. Nothing was merged; look at it again.")
        return _stay(request, told % {"who": who})
    except actions.DealsApart:
        return _stay(request, _("Only deals of one pipeline become one."))
    except actions.WonDealStays:
        return _stay(request, _("One of them was won: a won deal is the one that stays."))
    except wording.REFUSALS as problem:
        return _stay(request, wording.refusal(problem))
    messages.success(request, _("They are one now. The list of duplicates can undo it."))
    return go_to(request, address("deal", stays.pk))


def _stay(request: PersonRequest, text: str) -> HttpResponse:
    return refuse(request, 409, _("These records stay."), text, url=request.path,
                  action=_("Look again"))  # fmt: skip


def _told_shares(deal: Any) -> str:
    kinds = dict(ContributorKind.choices)
    rows = sorted(deal.contributors.all(), key=lambda one: (one.person.name, one.pk))
    return formats.listed(
        f"{one.person.name} {formats.percent(one.share)} ({kinds[one.kind]})" for one in rows
    )


def _preview(stays: Any, deals: list[Any]) -> dict[str, Any]:
    others = [one for one in deals if one.pk != stays.pk]
    chosen = chosen_deals(stays, others, {})
    rows = []
    for name in CHOSEN:
        texts = [_fact(one, name) for one in deals]
        if any(texts):
            rows.append(_row(name, field_label("deal", name), texts, deals, chosen[name].pk))
    shares = [_told_shares(one) for one in deals]
    rows.append(_row("shares", field_label("deal", "shares"), shares, deals, stays.pk))
    return {
        "kind": "deal",
        "rows": rows,
        "records": [
            {
                "record": one,
                "is_survivor": one.pk == stays.pk,
                "points": "",
                "hanging": _("%(orders)s orders, %(activities)s activities")
                % {"orders": one.n_orders, "activities": one.n_activities},
                "stage": one.stage.name,
            }
            for one in deals
        ],
        "back_url": list_address("deal"),
        "is_of_deals": True,
    }


def _fact(deal: Deal, name: str) -> str:
    """One field in words; the amount with its currency and products, a step with its day."""
    if name == "amount":
        if deal.amount is None:
            return ""
        lines = [f"{formats.number(one.quantity)} × {one.product}" for one in deal.lines.all()]
        return " · ".join([formats.money(deal.amount, deal.currency), *lines[:5]])
    if name == "next_step" and deal.next_step and deal.next_step_on:
        return f"{deal.next_step} ({formats.day(deal.next_step_on)})"
    return fact(deal, name)


def _row(name: str, label: str, texts: list[str], deals: list[Any], kept: int) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "differs": len(set(texts)) > 1,
        "cells": [
            {"pk": one.pk, "text": text, "is_kept": one.pk == kept}
            for one, text in zip(deals, texts, strict=True)
        ],
    }
