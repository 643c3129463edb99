"""The people of the company: the list, one person's time here, and new people."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from paceline.accounts import queries as accounts
from paceline.kernel.countries import country_name
from paceline.kernel.formats import listed
from paceline.kernel.pages import page
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Filter, Table
from paceline.org import access, actions, queries
from paceline.org.forms import NewPersonForm, PersonForm
from paceline.org.models import Employment, Person, ReportingLine, Role, RoleGrant
from paceline.org.requests import PersonRequest
from paceline.org.views.changes import answer_change, given
from paceline.org.wording import fact


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """Everyone, with their seat, team and manager today."""
    today = request.today
    rows = queries.directory(request.person, today)
    stranded = "stranded" in request.GET
    if stranded:
        rows = rows.filter(pk__in=queries.stranded_for(request.person, today).values("pk"))
    table = Table(
        request,
        rows=rows,
        name="people",
        topic="imports",
        caption=_("People"),
        order="name",
        columns=_columns(),
        filters=[_here_filter()],
        **_nobody(request, stranded=stranded),
    )
    if table.wants_export:
        return table.export()
    context = {
        "table": table,
        "stranded": stranded,
        "teams": queries.stranded_teams(request.person, today) if stranded else [],
        "may_add": access.may_add_people(request.person),
    }
    return page(request, "org/people.html", context)


def _nobody(request: PersonRequest, *, stranded: bool) -> dict[str, Any]:
    """What a list without anybody says."""
    if stranded:
        return {
            "empty": _("Nobody reports to someone who has left."),
            "empty_hint": "",
            "empty_link": (reverse("org:people"), _("Show everyone")),
        }
    may_add = access.may_add_people(request.person)
    return {
        "empty": _("Nobody is known yet."),
        "empty_hint": _("Add the first person, or import a file of people."),
        "empty_link": (reverse("org:person_new"), _("Add a person")) if may_add else None,
    }


def _columns() -> list[Column]:
    return [
        Column(
            "name",
            pgettext_lazy("person", "Name"),
            sort="name",
            search=True,
            link=lambda row: reverse("org:person", args=[row.pk]),
        ),
        Column(
            "latin_name",
            gettext_lazy("In Latin letters"),
            sort="latin_name",
            search=True,
            secondary=True,
        ),
        Column("number", gettext_lazy("Number"), sort="number", search=True, secondary=True),
        Column("position_title", gettext_lazy("Position"), sort="position_title", search=True),
        Column("team_name", gettext_lazy("Team"), sort="team_name", search=True),
        Column("manager_name", gettext_lazy("Reports to"), sort="manager_name", search=True),
        Column("is_here", gettext_lazy("Works here"), value=_here, sort="is_here", kind="badge"),
    ]


def _here(row: Any) -> Badge:
    return Badge(_("today"), "good") if row.is_here else Badge(_("not today"), "neutral")


def _here_filter() -> Filter:
    choices = (("1", gettext_lazy("Works here today")), ("0", gettext_lazy("Not today")))
    return Filter(
        "here",
        gettext_lazy("Everyone"),
        choices,
        apply=lambda rows, value: rows.filter(is_here=value == "1"),
    )


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """One person: where they stand today, and every fact of their time here."""
    viewer: Person = request.person
    today = request.today
    person = get_object_or_404(queries.directory(viewer, today).select_related("user"), pk=pk)
    knows_all = access.may_read_all_leaves(viewer)
    stands = None if knows_all else access.relation(viewer, person, today)
    kinds = {"position", "team", "manager", "hierarchy"}
    if access.may_read_terms(viewer, person, today, stands):
        kinds.add("employment")
    if access.may_read_roles(viewer, person):
        kinds.add("role")
    events = queries.life(person, today, frozenset(kinds))
    terms = next((e.row for e in events if e.is_now and isinstance(e.row, Employment)), None)
    lines = [e.row for e in events if e.is_now and isinstance(e.row, ReportingLine)]
    may_manage_account = access.may_manage_account(viewer, person)
    leaves = []
    if access.may_read_leaves(viewer, stands):
        leaves = list(queries.leaves_for(viewer).filter(person=person))
    context = {
        "subject": person,
        "events": [(event, fact(event.row)) for event in events],
        "now": [fact(event.row) for event in events if event.is_now],
        "terms": terms,
        "country": country_name(terms.country) if terms else "",
        "probation_last_day": _probation(terms, today),
        "roles": listed(
            Role(event.row.role).label
            for event in events
            if event.is_now and isinstance(event.row, RoleGrant)
        ),
        "reports": list(queries.reports(person, today)),
        "leaves": leaves,
        "is_away": any(leave.counts_on(today) for leave in leaves),
        "may_read_leave_kind": access.may_read_leave_kind(viewer, person),
        "may_enter_leaves": access.may_enter_leaves(viewer, person),
        "manager": next((line.manager for line in lines), None),
        "may_change": access.may_change(viewer, person),
        "may_grant": access.may_grant_roles(viewer, person),
        "may_manage_account": may_manage_account,
        "factors": accounts.second_factors(person.user)
        if may_manage_account and person.user
        else None,
    }
    return page(request, "org/person.html", context)


def _probation(terms: Any, on: date) -> date | None:
    """The last day of a probation that still runs."""
    ends_before: date | None = terms.probation_ends_before if terms else None
    return ends_before - timedelta(days=1) if ends_before and on < ends_before else None


def _terms_at_hand(request: PersonRequest) -> dict[str, Any]:
    """Most who are added work where the one who adds them does."""
    own = queries.employment(request.person, request.today)
    names = ("country", "currency", "language", "time_zone") if own else ()
    return {"starts_on": request.today, **{name: getattr(own, name) for name in names}}


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """Add a person together with their employment."""
    if not access.may_add_people(request.person):
        raise PermissionDenied
    form = NewPersonForm(given(request), initial=_terms_at_hand(request))

    def act(valid: NewPersonForm) -> str:
        values, now = valid.cleaned_data, timezone.now()
        terms = actions.Terms(**valid.terms())
        with transaction.atomic():
            person = actions.add_person(
                number=values["number"],
                name=values["name"],
                latin_name=values["latin_name"],
                email=values["email"],
                by=request.person,
                at=now,
            )
            actions.employ(
                person=person,
                terms=terms,
                starts_on=values["starts_on"],
                by=request.person,
                at=now,
                reason=values["reason"],
            )
        return _("%(name)s is added. Give them a position, a team and a manager next.") % {
            "name": person.name
        }

    words = {"heading": _("Add a person"), "button": _("Add")}
    return answer_change(request, form, act, words=words, back=reverse("org:people"))


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Change what a person is called and how they are reached."""
    person = get_object_or_404(Person.objects.visible_to(request.person), pk=pk)
    if not access.may_change(request.person, person):
        raise PermissionDenied
    initial = {name: getattr(person, name) for name in ("name", "latin_name", "email")}

    def act(valid: PersonForm) -> str:
        actions.change_person(
            person=person, by=request.person, at=timezone.now(), **valid.cleaned_data
        )
        return _("Saved.")

    words = {"heading": _("Name and address of %(name)s") % {"name": person.name}}
    words["button"] = _("Save")
    form = PersonForm(given(request), initial=initial)
    return answer_change(
        request, form, act, words=words, back=reverse("org:person", args=[person.pk])
    )
