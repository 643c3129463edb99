"""Customers that may be one: the list, a merge with its preview, and back again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.crm import access, actions, wording
from paceline.crm.actions.merging import RECORDS_MAX, chosen_values, fields_to_choose
from paceline.crm.forms.records import field_label
from paceline.crm.kinds import address
from paceline.crm.models import DOUBLED, MERGED, DuplicatePair, Merge
from paceline.crm.queries import alike as likely
from paceline.crm.queries import duplicates as queries
from paceline.crm.views.lists import TITLES
from paceline.crm.views.records import fact
from paceline.kernel import formats, jobs
from paceline.kernel.pages import go_to, page, refuse
from paceline.orders.actions import LineDayIsClosed, SharedByFile
from paceline.org.requests import PersonRequest

SHOWN = 25
POINTS_READ = 12


def reason_words() -> dict[str, str]:
    return {
        "registration": _("registration number"),
        "mail": _("e-mail"),
        "chat": _("chat name"),
        "phone": _("phone"),
        "number": _("customer number"),
        "name": _("name"),
        "website": _("website"),
        "company": _("company"),
    }


def _hanging_words() -> dict[str, str]:
    return {
        "contacts": _("Contacts"),
        "deals": _("Deals"),
        "activities": _("Activities"),
        "order_links": _("Orders"),
        "consents": _("Consents"),
    }


@require_POST
def alike(request: PersonRequest, kind: str) -> HttpResponse:
    """What is there already of whom somebody is writing down, as far as they may see it. It comes
    by POST and is not kept, because phones and addresses stand in it."""
    if kind not in DOUBLED:
        raise Http404
    if not access.may_add(request.person):
        raise PermissionDenied
    found = likely.alike(kind, _typed(request), request.person)
    words = reason_words()
    rows = [
        {
            "name": one.record.name,
            "url": address(one.kind, one.record.pk),
            "list": TITLES[one.kind](),
            "owner": one.record.owner.name if one.record.owner is not None else "",
            "why": formats.listed(words[reason] for reason in one.reasons),
        }
        for one in found
    ]
    return page(request, "crm/alike.html", {"rows": rows})


def _typed(request: PersonRequest) -> likely.Typed:
    """What stands in the form so far."""
    data = request.POST
    points = [
        (data.get(f"point-{place}-kind", ""), data.get(f"point-{place}-value", "")[:300])
        for place in range(POINTS_READ)
    ]
    return likely.Typed(
        names=(data.get("name", "")[:200], data.get("latin_name", "")[:200]),
        points=[(kind, value.strip()) for kind, value in points if value.strip()],
        country=data.get("country", "")[:2],
        number=data.get("number", "").strip()[:60],
        registration=data.get("registration", "").strip()[:60],
        company=(data.get("company", "") or data.get("company_name", "")).strip()[:220],
    )


def _kind(request: PersonRequest) -> str:
    kind = request.GET.get("kind", "company")
    return kind if kind in MERGED else "company"


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """Pairs that look like one customer, the likeliest first."""
    person = request.person
    if not access.may_read_customers(person):
        raise PermissionDenied
    kind = _kind(request)
    shown = Paginator(queries.pairs_for(person, kind), SHOWN).get_page(request.GET.get("page"))
    pairs = list(shown.object_list)
    merges = queries.merges_for(person, kind)
    ids = [pk for one in pairs for pk in (one.first, one.second)]
    records = queries.records_by_id(kind, [*ids, *(one.survivor for one in merges)], person)
    words = reason_words()
    context = {
        "kind": kind,
        "tabs": [
            (TITLES[one](), f"{reverse('crm:duplicates')}?kind={one}", one == kind, None)
            for one in MERGED
        ],
        "rows": [
            {
                "pair": pair,
                "records": [records[pair.first], records[pair.second]],
                "why": formats.listed(words.get(one, one) for one in pair.reasons),
                "merge_url": reverse("crm:merge", args=[kind, f"{pair.first},{pair.second}"]),
                "may_merge": all(
                    access.may_change(person, records[pk]) for pk in (pair.first, pair.second)
                ),
            }
            for pair in pairs
        ],
        "merges": [
            {"merge": one, "record": records.get(one.survivor), "count": len(one.merged),
             "url": address(kind, one.survivor),
             "may_undo": one.survivor in records
             and access.may_change(person, records[one.survivor])}
            for one in merges
        ],
        "shown": shown,
        "may_search": access.may_add(person) and kind in DOUBLED,
    }  # fmt: skip
    return page(request, "crm/duplicates.html", context)


@require_POST
def search(request: PersonRequest) -> HttpResponse:
    """Look for duplicates now, in the background."""
    if not access.may_add(request.person):
        raise PermissionDenied
    kind = _kind(request)
    if kind not in DOUBLED:
        raise Http404
    jobs.enqueue("crm.find_duplicates", lock="crm.find_duplicates", kind=kind,
                 by_id=request.person.pk)  # fmt: skip
    messages.success(request, _("Looking for duplicates. The list follows by itself."))
    return go_to(request, f"{reverse('crm:duplicates')}?kind={kind}")


@require_POST
def apart(request: PersonRequest, pk: int) -> HttpResponse:
    """These are two customers."""
    person = request.person
    pair = get_object_or_404(DuplicatePair.objects.visible_to(person), pk=pk)
    records = queries.records_by_id(pair.kind, [pair.first, pair.second], person)
    if not all(access.may_change(person, one) for one in records.values()):
        raise PermissionDenied
    actions.set_apart(pair=pair, by=person, at=timezone.now())
    return go_to(request, f"{reverse('crm:duplicates')}?kind={pair.kind}")


def _chosen(request: PersonRequest, kind: str, ids_text: str) -> list[Any]:
    """The records that are to become one, in the order in which they were named."""
    if kind not in DOUBLED:
        raise Http404
    texts = ids_text.split(",")[: RECORDS_MAX + 1]
    ids = list(dict.fromkeys(int(one) for one in texts if one.isdecimal() and len(one) < 18))
    found = queries.records_by_id(kind, ids, request.person)
    records = [found[pk] for pk in ids if pk in found]
    if len(records) != len(ids) or not 2 <= len(records) <= RECORDS_MAX:
        raise Http404
    if not all(access.may_change(request.person, one) for one in records):
        raise PermissionDenied
    return records


@require_http_methods(["GET", "POST"])
def merge(request: PersonRequest, kind: str, ids: str) -> HttpResponse:
    """Field by field beside one another: which value stays; then they are one."""
    records = _chosen(request, kind, ids)
    wanted = request.POST.get("survivor")
    named = next((one for one in records if str(one.pk) == wanted), None)
    stays = named or _richest(kind, records)
    if request.method == "POST":
        return _merge(request, kind, stays, records)
    return page(request, "crm/merge.html", _preview(kind, stays, records))


def _richest(kind: str, records: list[Any]) -> Any:
    """The one with the most history, the oldest of several."""
    counts = queries.counts_of(kind, [one.pk for one in records])
    return max(records, key=lambda one: (sum(counts[one.pk].values()), -one.pk))


def _merge(request: PersonRequest, kind: str, stays: Any, records: list[Any]) -> HttpResponse:
    data = request.POST
    choices = {
        name: int(data[f"choose-{name}"])
        for name in fields_to_choose(kind)
        if data.get(f"choose-{name}", "").isdecimal()
    }
    seen = {
        one.pk: int(data.get(f"seen-{one.pk}", "0"))
        for one in records
        if data.get(f"seen-{one.pk}", "0").isdecimal()
    }
    others = [one for one in records if one.pk != stays.pk]
    try:
        actions.merge(survivor=stays, others=others, choices=choices, seen=seen,
                      by=request.person, at=timezone.now())  # fmt: skip
    except actions.ChangedMeanwhile as error:
        who = formats.listed(dict.fromkeys(one.by for one in error.conflicts)) or _("somebody")
        text = _("%(who)s changed one of them meanwhile. Nothing was merged; look at it again.")
        return refuse(request, 409, _("These records stay."), text % {"who": who}, url=request.path,
                      action=_("Look again"))  # fmt: skip
    except actions.RecordIsArchived:
        text = _("One of them was merged or put away meanwhile. Nothing was changed.")
        return refuse(request, 409, _("These records stay."), text,
                      url=f"{reverse('crm:duplicates')}?kind={kind}",
                      action=_("Duplicates"))  # fmt: skip
    messages.success(request, _("They are one now. The list of duplicates can undo it."))
    return go_to(request, address(kind, stays.pk))


def _preview(kind: str, stays: Any, records: list[Any]) -> dict[str, Any]:
    others = [one for one in records if one.pk != stays.pk]
    values = chosen_values(stays, others, {})
    counts = queries.counts_of(kind, [one.pk for one in records])
    words = _hanging_words()
    rows = []
    for name in fields_to_choose(kind):
        texts = [fact(one, name) if name != "name" else one.name for one in records]
        if not any(texts):
            continue
        kept = next(
            (one.pk for one in (stays, *others) if getattr(one, name) == values[name]), stays.pk
        )
        rows.append({
            "name": name,
            "label": field_label(kind, name),
            "differs": len({text for text in texts if text}) > 1,
            "cells": [
                {"pk": one.pk, "text": text, "is_kept": one.pk == kept}
                for one, text in zip(records, texts, strict=True)
            ],
        })  # fmt: skip
    return {
        "kind": kind,
        "records": [
            {
                "record": one,
                "url": address(kind, one.pk),
                "is_survivor": one.pk == stays.pk,
                "points": formats.listed(one.points_shown),
                "hanging": " · ".join(
                    pgettext("count", "%(what)s: %(n)s")
                    % {"what": words[name], "n": formats.number(n)}
                    for name, n in counts[one.pk].items()
                    if n
                ),
            }
            for one in records
        ],
        "rows": rows,
        "back_url": f"{reverse('crm:duplicates')}?kind={kind}",
    }


@require_POST
def undo(request: PersonRequest, pk: int) -> HttpResponse:
    """Make several of one again."""
    person = request.person
    found = get_object_or_404(Merge.objects.visible_to(person), pk=pk)
    back = f"{reverse('crm:duplicates')}?kind={found.kind}"
    records = queries.records_by_id(found.kind, [found.survivor], person)
    if not all(access.may_change(person, one) for one in records.values()):
        raise PermissionDenied
    try:
        actions.undo_merge(merged=found, by=person, at=timezone.now())
    except actions.ChangedSinceMerge as error:
        who = "Paceline" if error.change.by is None else error.change.by.name
        text = _("%(who)s changed what the merge wrote, on %(when)s. It cannot be taken back.")
        return refuse(request, 409, _("The merge stays."),
                      text % {"who": who, "when": formats.moment(error.change.at)}, url=back,
                      action=_("Duplicates"))  # fmt: skip
    except (LineDayIsClosed, SharedByFile) as problem:
        return refuse(request, 409, _("The merge stays."), wording.refusal(problem), url=back,
                      action=_("Duplicates"))  # fmt: skip
    except (actions.MergeIsUndone, actions.RecordIsArchived):
        text = _("It was undone before, or the record was merged once more. Nothing was changed.")
        return refuse(request, 409, _("The merge stays."), text, url=back, action=_("Duplicates"))
    messages.success(request, _("The merge was undone. Each is as it was."))
    return go_to(request, back)
