"""The lists of companies, contacts, leads and deals, and of one's own tasks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from paceline.crm import access, queries
from paceline.crm.forms.choices import called
from paceline.crm.forms.lists import BatchForm, ViewForm
from paceline.crm.kinds import address, list_address
from paceline.crm.models import (
    CustomField,
    FieldKind,
    LeadStatus,
    Lifecycle,
    Pipeline,
    SavedView,
    Source,
    Stage,
    StageKind,
)
from paceline.crm.queries.segments import Reading, narrowed, read_for, segments_of
from paceline.crm.views.columns import columns_of, own_column
from paceline.kernel import formats, own_work
from paceline.kernel.pages import page
from paceline.kernel.tables import Column, Filter, Table
from paceline.org.requests import PersonRequest

TITLES = {
    "company": lambda: _("Companies"),
    "contact": lambda: _("Contacts"),
    "lead": lambda: _("Leads"),
    "deal": lambda: _("Deals"),
}
COUNTED_MAX = 10_000
OWN_SHOWN = 8


@require_GET
def companies(request: PersonRequest) -> HttpResponseBase:
    return _list(request, "company")


@require_GET
def contacts(request: PersonRequest) -> HttpResponseBase:
    return _list(request, "contact")


@require_GET
def leads(request: PersonRequest) -> HttpResponseBase:
    return _list(request, "lead")


@require_GET
def deals(request: PersonRequest) -> HttpResponseBase:
    return _list(request, "deal")


def _list(request: PersonRequest, kind: str) -> HttpResponseBase:
    may_read = access.may_read_deals if kind == "deal" else access.may_read_customers
    if not may_read(request.person):
        raise PermissionDenied
    own = own_fields_of(request, kind)
    may_add = access.may_add(request.person)
    more: dict[str, Any] = {}
    if may_add:
        more = {"choice": _pk, "choice_name": "chosen", "choice_form": "batch"}
    table = table_of(request, kind, own=own, **more)
    if table.wants_export:
        return table.export()
    views = list(SavedView.objects.visible_to(request.person).filter(of=kind))
    here = request.GET.get("view", "")
    context = {
        "table": table,
        "kind": kind,
        "view_chips": [(one.name, view_address(one), str(one.pk) == here) for one in views],
        "own_view": next(
            (one for one in views if str(one.pk) == here and one.owner_id == request.person.pk),
            None,
        ),
        "view_form": ViewForm(viewer=request.person)
        if access.may_read_customers(request.person)
        else None,
        "batch_form": BatchForm(kind=kind, viewer=request.person, on=request.today)
        if may_add
        else None,
        "query": _asked(request, table),
        "title": TITLES[kind](),
        "may_add": access.may_add(request.person),
        "new_url": reverse(f"crm:{kind}_new"),
        "duplicates_url": "" if kind == "deal" else f"{reverse('crm:duplicates')}?kind={kind}",
        "board_url": reverse("crm:boards") if kind == "deal" else "",
    }
    return page(request, "crm/list.html", context)


def own_fields_of(request: PersonRequest, kind: str) -> list[CustomField]:
    """The fields that teams added to a kind, also those out of use: views may narrow by them."""
    return list(CustomField.objects.visible_to(request.person).filter(of=kind))


def _pk(row: Any) -> int:
    return int(row.pk)


def _asked(request: PersonRequest, table: Table) -> str:
    """The list as it is now, also where it was remembered from last time."""
    query = request.GET.copy()
    for part, value in table.chosen.items():
        query[f"{table.name}-{part}"] = value
    return query.urlencode()


def view_address(view: SavedView) -> str:
    """The list with the filters and order of a view."""
    return f"{list_address(view.of)}?{urlencode([*view.choices.items(), ('view', str(view.pk))])}"


def table_of(
    request: PersonRequest, kind: str, own: Sequence[CustomField] = (), **more: Any
) -> Table:
    """The table of a kind with its columns and filters."""
    person = request.person
    empty, hint = {
        "company": (_("No companies yet."), _("Add the first one, or import a file.")),
        "contact": (_("No contacts yet."), _("Add the first one, or import a file.")),
        "lead": (_("No leads yet."), _("Leads come from forms, chats and files.")),
        "deal": (_("No deals yet."), _("Add the first one to a pipeline.")),
    }[kind]
    plural = {"company": "companies", "contact": "contacts", "lead": "leads", "deal": "deals"}
    in_use = [one for one in own if one.retired_at is None]
    retired = [
        one for one in own
        if one.retired_at is not None and request.GET.get(f"{plural[kind]}-is-own{one.pk}")
    ]  # fmt: skip
    return Table(
        request,
        rows=queries.listed(kind, person),
        name=plural[kind],
        topic=plural[kind],
        caption=TITLES[kind](),
        columns=[
            *columns_of(kind, request.today),
            *(own_column(one, is_shown=len(in_use) <= OWN_SHOWN) for one in in_use),
            *(own_column(one, is_shown=True) for one in retired),
        ],
        filters=[*_filters(request, kind), *_own_filters([*in_use, *retired])],
        order={"lead": "-created_at", "deal": "-changed_at"}.get(kind, "name"),
        count_max=COUNTED_MAX if kind != "deal" else None,
        empty=empty,
        empty_hint=hint,
        empty_link=(reverse(f"crm:{kind}_new"), _("Add")) if access.may_add(person) else None,
        **more,
    )


def _own_filters(own: Sequence[CustomField]) -> list[Filter]:
    """By one of the words of a field: the only one chosen, or one of several.

    A word that was taken off the list still finds the records that bear it, and so does a field
    that is out of use, for views that were kept before.
    """
    return [
        Filter(
            f"own{one.pk}",
            one.label if one.retired_at is None else _("%(field)s (out of use)") % {
                "field": one.label
            },
            [(word, word) for word in one.options],
            apply=partial(_with_word, one),
            former=lambda word: _("%(word)s (no longer on the list)") % {"word": word},
        )
        for one in own
        if one.kind in {FieldKind.CHOICE, FieldKind.CHOICES}
    ]  # fmt: skip


def _with_word(field: CustomField, rows: Any, word: str) -> Any:
    # A key that is a number would be read as a place in a list by ``custom__12``.
    value = [word] if field.kind == FieldKind.CHOICES else word
    return rows.filter(custom__contains={field.key: value})


def _filters(request: PersonRequest, kind: str) -> list[Filter]:
    person = request.person
    mine = Filter(
        "whose",
        _("Everyone's"),
        [("mine", _("Mine")), ("nobody", _("Nobody's yet"))],
        apply=lambda rows, value: rows.filter(owner=person if value == "mine" else None),
    )
    tags = Filter(
        "tag",
        _("Any tag"),
        queries.team_tags(person),
        apply=lambda rows, value: rows.filter(
            pk__in=rows.model.objects.filter(taggings__tag__name=value).values("pk")
        ),
        gone=lambda value: _("Tag: %(name)s") % {"name": value},
    )
    if kind == "deal":
        return [mine, _stage_filter(request), _flag_filter(request), tags]
    if kind == "lead":
        return [mine, Filter("status", _("Any status"), LeadStatus.choices),
                Filter("source", _("Any source"), Source.choices), tags,
                _segment_filter(request, kind)]  # fmt: skip
    return [mine, Filter("lifecycle", _("Any lifecycle"), Lifecycle.choices),
            _bought_filter(request, kind), tags, _segment_filter(request, kind)]  # fmt: skip


BOUGHT: dict[str, dict[str, Any]] = {
    "recent": {"bought_within": 90},
    "again": {"orders_min": 2},
    "once": {"orders_max": 1},
    "quiet": {"is_quiet": True},
    "never": {"has_bought": False},
}


def _bought_filter(request: PersonRequest, kind: str) -> Filter:
    """By what was bought, in the words of segments."""
    choices = [
        ("recent", _("Bought in the last 90 days")),
        ("again", _("Bought more than once")),
        ("once", _("Bought once")),
        ("quiet", _("Gone quiet")),
        ("never", _("Never bought")),
    ]

    def narrow(rows: Any, value: str) -> Any:
        return narrowed(rows, BOUGHT[value], Reading(kind, request.person, request.today, None))

    return Filter("bought", _("Whatever they bought"), choices, apply=narrow)


def _segment_filter(request: PersonRequest, kind: str) -> Filter:
    """By one of the segments that one may use. One query, and one more when it is chosen."""
    known = {str(one.pk): one for one in segments_of(kind, request.person)}

    def narrow(rows: Any, value: str) -> Any:
        return narrowed(rows, known[value].rule, read_for(kind, request.person, request.today))

    choices = [(pk, one.name) for pk, one in known.items()]
    return Filter(
        "segment",
        _("Any segment"),
        choices,
        apply=narrow,
        gone=lambda _pk: _("A segment that was deleted, or is not yours to use"),
    )


def _stage_filter(request: PersonRequest) -> Filter:
    """By kind of stage, or by one stage of one's pipelines. One query."""
    seen = Pipeline.objects.visible_to(request.person).filter(retired_at__isnull=True)
    stages = Stage.objects.filter(pipeline__in=seen.values("pk"), retired_at__isnull=True)
    rows = list(stages.select_related("pipeline").order_by("pipeline__rank", "pipeline", "rank"))
    several = len({one.pipeline_id for one in rows}) > 1
    choices = [
        ("open", pgettext("stage", "Open")),
        ("won", pgettext("stage", "Won")),
        ("lost", pgettext("stage", "Lost")),
        *((str(one.pk), f"{one.pipeline.name}{formats.colon()}{one.name}" if several else one.name)
          for one in rows),
    ]  # fmt: skip

    def narrow(found: Any, value: str) -> Any:
        return found.filter(stage__kind=value) if value in StageKind else found.filter(stage=value)

    def retired(value: str) -> str:
        mine = Pipeline.objects.visible_to(request.person).values("pk")
        known = Stage.objects.filter(pipeline__in=mine, pk=value[:18] if value.isdecimal() else 0)
        name = known.values_list("name", flat=True).first()
        return _("Stage: %(name)s") % {"name": name or value}

    return Filter("stage", _("Any stage"), choices, apply=narrow, gone=retired)


def _flag_filter(request: PersonRequest) -> Filter:
    today = request.today

    def narrow(rows: Any, value: str) -> Any:
        rows = rows.filter(stage__kind=StageKind.OPEN)
        if value == "without":
            return rows.filter(next_step="")
        late = "next_step_on__lt" if value == "overdue" else "expected_close_on__lt"
        return rows.filter(**{late: today})

    choices = [
        ("without", _("No next step")),
        ("overdue", _("Next step overdue")),
        ("late", _("Expected close is past")),
    ]
    return Filter("flag", _("Whatever waits"), choices, apply=narrow)


@require_GET
def tasks(request: PersonRequest) -> HttpResponseBase:
    """What one has to do for customers, the most urgent first."""
    if not access.may_read_customers(request.person):
        raise PermissionDenied
    table = Table(
        request,
        rows=queries.tasks_for(request.person),
        name="tasks",
        topic=f"person:{request.person.pk}",
        caption=_("My tasks"),
        columns=[
            Column(
                "subject",
                _("Task"),
                value=lambda row: row.subject or row.text[:80],
                sort="subject",
                search=True,
                link=_record_address,
            ),
            Column("about", _("About"), value=_about),
            Column("due_on", _("Due"), sort="due_on", kind="day"),
            Column("from", pgettext("task", "From"), value="created_by.name", secondary=True),
        ],
        order="due_on",
        empty=_("Nothing waits for you."),
        empty_hint=_("Tasks are given on the page of a customer or deal."),
    )
    if table.wants_export:
        return table.export()
    context = {
        "table": table,
        "title": _("My tasks"),
        "work_tabs": own_work.tabs(request.person, "tasks"),
    }
    return page(request, "crm/list.html", context)


def _record_of(row: Any) -> tuple[str, Any]:
    for kind in ("deal", "contact", "lead", "company"):
        record = getattr(row, kind)
        if record is not None:
            return kind, record
    raise LookupError(row.pk)


def _record_address(row: Any) -> str:
    kind, record = _record_of(row)
    return address(kind, record.pk)


def _about(row: Any) -> str:
    kind, record = _record_of(row)
    return str(record.title if kind == "deal" else record.name)


@require_GET
def suggest(request: PersonRequest, kind: str) -> HttpResponse:
    """Names to choose from while somebody writes one: options of a list, or JSON."""
    if not access.may_read_customers(request.person):
        raise PermissionDenied
    text = next((str(value) for key, value in request.GET.items() if key != "as"), "")
    found = queries.suggested(kind, request.person, text.rpartition("#")[0] or text)
    names = [called(one) for one in found]
    if request.GET.get("as") == "json":
        return JsonResponse({"names": names})
    return page(request, "crm/suggestions.html", {"names": names})
