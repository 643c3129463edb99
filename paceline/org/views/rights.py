"""Roles, the access review, and the audit trail."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from paceline.kernel.acts import word
from paceline.kernel.audit import AuditEntry
from paceline.kernel.formats import listed
from paceline.kernel.pages import page
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Filter, Table
from paceline.org import access, actions, queries
from paceline.org.forms import GrantForm, ReviewForm, TrailForm
from paceline.org.models import Person, Role
from paceline.org.requests import PersonRequest
from paceline.org.trail import changes
from paceline.org.views.changes import answer_change, given


@require_GET
def roles(request: PersonRequest) -> HttpResponse:
    """Who has which role today."""
    if not access.may_review_access(request.person):
        raise PermissionDenied
    held = queries.role_holders(request.today)
    context = {
        "roles": [(Role(role).label, role, grants) for role, grants in held],
        "may_grant": access.may_grant_roles(request.person),
    }
    return page(request, "org/roles.html", context)


@require_http_methods(["GET", "POST"])
def grant(request: PersonRequest) -> HttpResponse:
    """Give somebody a role."""
    if not access.may_grant_roles(request.person):
        raise PermissionDenied
    today = request.today

    def act(valid: GrantForm) -> str:
        person: Person = valid.cleaned_data["person"]
        actions.grant_role(
            person=person,
            role=valid.cleaned_data["role"],
            starts_on=valid.cleaned_data["starts_on"],
            ends_before=valid.ends_before,
            by=request.person,
            at=timezone.now(),
            reason=valid.cleaned_data["reason"],
        )
        return _("%(name)s has the role.") % {"name": person.name}

    words = {"heading": _("Give a role"), "button": _("Give the role")}
    form = GrantForm(given(request), initial={"starts_on": today}, on=today)
    return answer_change(request, form, act, words=words, back=reverse("org:roles"))


@require_GET
def review(request: PersonRequest) -> HttpResponseBase:
    """Who could see or change what on a day."""
    if not access.may_review_access(request.person):
        raise PermissionDenied
    today = request.today
    form = ReviewForm(request.GET if "on" in request.GET else {"on": today})
    on: date = form.cleaned_data["on"] if form.is_valid() else today
    table = Table(
        request,
        rows=queries.access_on(on),
        name="review",
        caption=_("Access review"),
        order="name",
        columns=_review_columns(),
        filters=[_role_filter()],
        empty=_("Nobody worked here on that day."),
        empty_hint=_("Choose another day."),
    )
    if table.wants_export:
        return table.export()
    return page(request, "org/access_review.html", {"table": table, "form": form, "on": on})


def _role_filter() -> Filter:
    return Filter(
        "role",
        gettext_lazy("Every role"),
        Role.choices,
        apply=lambda rows, value: [row for row in rows if value in row.roles],
    )


def _words(names: tuple[str, ...]) -> str:
    return listed(names)


def _review_columns() -> list[Column]:
    return [
        Column(
            "name",
            pgettext_lazy("person", "Name"),
            value="person.name",
            sort="person.name",
            search=True,
            link=lambda row: reverse("org:person", args=[row.person.pk]),
        ),
        Column(
            "roles",
            gettext_lazy("Roles"),
            value=lambda row: listed(Role(role).label for role in row.roles),
        ),
        Column("makes", gettext_lazy("Makes"), value=lambda row: _words(row.makes)),
        Column("checks", gettext_lazy("Approves"), value=lambda row: _words(row.checks)),
        Column("reads", gettext_lazy("Sees"), value=lambda row: _words(row.reads), secondary=True),
        Column("reports", gettext_lazy("Reports"), sort="reports", kind="number", secondary=True),
        Column("below", gettext_lazy("Further below"), sort="below", kind="number", secondary=True),
        Column(
            "may_sign_in",
            gettext_lazy("Account"),
            value=lambda row: Badge(_("open"), "good") if row.may_sign_in else Badge(_("none")),
            kind="badge",
        ),
    ]


@require_GET
def audit(request: PersonRequest) -> HttpResponseBase:
    """The audit trail: who did what, when, to what."""
    if not access.may_read_trail(request.person):
        raise PermissionDenied
    form = TrailForm(request.GET)
    chosen: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    who = chosen.get("who")
    rows = queries.trail(chosen.get("since"), chosen.get("until"), who.pk if who else None)
    table = Table(
        request,
        rows=rows,
        name="trail",
        caption=_("Audit trail"),
        columns=_trail_columns(),
        filters=[
            Filter(
                "action",
                gettext_lazy("Every act"),
                _known_acts(),
                apply="action",
            )
        ],
        count_max=10_000,
        empty=_("Nothing was done in this time."),
        empty_hint=_("Choose other days or another person."),
    )
    if table.wants_export:
        return table.export()
    return page(request, "org/audit.html", {"table": table, "form": form})


def _known_acts() -> list[tuple[str, str]]:
    """Acts that occur, by their name in the reader's language."""
    return sorted(((act, word(act)) for act in queries.trail_actions()), key=lambda pair: pair[1])


def _trail_columns() -> list[Column]:
    return [
        Column(
            "at",
            gettext_lazy("When"),
            kind="moment",
            link=lambda row: reverse("org:audit_entry", args=[row.pk]),
        ),
        Column("actor_name", gettext_lazy("Who"), search="actor_name"),
        Column("action", gettext_lazy("What"), value=lambda row: word(row.action)),
        Column("subject_name", gettext_lazy("To what"), search="subject_name"),
        Column("reason", gettext_lazy("Why"), search="reason"),
    ]


@require_GET
def audit_entry(request: PersonRequest, pk: int) -> HttpResponse:
    """One act with what it changed."""
    if not access.may_read_trail(request.person):
        raise PermissionDenied
    entry = get_object_or_404(AuditEntry, pk=pk)
    context = {"entry": entry, "what": word(entry.action), "changes": changes(entry)}
    return page(request, "org/audit_entry.html", context)
