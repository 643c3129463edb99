"""Plans to read: the list, a plan, one of its versions, its source."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from paceline.incentives import wording
from paceline.incentives.access import plans as access
from paceline.incentives.calculation import documents
from paceline.incentives.finding_words import title_of
from paceline.incentives.models import Plan, PlanVersion
from paceline.incentives.pay_curves import previews, quota_asked, quota_text
from paceline.incentives.queries import plans as queries
from paceline.incentives.views.plans.findings import findings_for
from paceline.kernel.pages import page
from paceline.kernel.shell import Badge
from paceline.kernel.tables import Column, Filter, Table
from paceline.org.models import Person


def state_badge(version: PlanVersion, on: date | None = None) -> Badge:
    """A version's state in a word; with a day also whether it counts already."""
    if version.state == "approved":
        if on is not None and version.effective_from > on:
            return Badge(_("Approved for later"), "info")
        return Badge(_("Approved"), "good")
    if version.state == "submitted":
        return Badge(_("Waits for approval"), "warning")
    return Badge(_("Draft"), "neutral")


PERIOD_WORDS = {
    "month": lambda: _("month"),
    "quarter": lambda: _("quarter"),
    "half-year": lambda: _("half-year"),
    "year": lambda: _("year"),
}


@require_GET
def index(request: HttpRequest) -> HttpResponseBase:
    """Every plan that the reader may see: their own, or all of them."""
    person: Person = request.person  # type: ignore[attr-defined]
    today = timezone.localdate()
    may_write = access.may_write_plans(person)
    table = Table(
        request,
        rows=queries.plan_rows(person, today),
        name="plans",
        topic="plans",
        columns=[
            Column("name", _("Plan"), sort="name", search=True, link=_plan_url),
            Column(
                "code",
                pgettext("short name", "Code"),
                "plan.code",
                sort="plan.code",
                search=True,
                secondary=True,
            ),
            Column("period", _("Paid for each"), lambda row: _period(row.newest), secondary=True),
            Column("currency", _("Currency"), "newest.currency", sort="newest.currency"),
            Column(
                "since",
                _("In force since"),
                "in_force.effective_from",
                sort="in_force.effective_from",
                kind="day",
                secondary=True,
            ),
            Column("state", _("Newest version"), lambda row: state_badge(row.newest), kind="badge"),
        ],
        filters=[
            Filter(
                "state",
                _("Any state"),
                [
                    ("draft", _("Draft")),
                    ("submitted", _("Waits for approval")),
                    ("approved", _("Approved")),
                ],
                "state",
            )
        ]
        if access.may_read_all_plans(person)
        else [],
        caption=_("Plans"),
        empty=_("There is no plan yet.") if may_write else _("No plan pays you yet."),
        empty_hint=_("Begin from a ready plan and make it yours.")
        if may_write
        else _("A plan appears here as soon as it is approved and given to you."),
        empty_link=(reverse("incentives:plan-new"), _("New plan")) if may_write else None,
    )
    if table.wants_export:
        return table.export()
    return page(request, "incentives/plans/index.html", {"table": table, "may_write": may_write})


def _plan_url(row: queries.PlanRow) -> str:
    return reverse("incentives:plan", args=[row.plan.code])


def _period(version: PlanVersion) -> str:
    worded = PERIOD_WORDS.get(version.period_kind)
    return worded() if worded else ""


@require_GET
def show(request: HttpRequest, code: str) -> HttpResponse:
    """A plan read aloud as it is in force, its versions, and whom it pays."""
    person: Person = request.person  # type: ignore[attr-defined]
    plan = get_object_or_404(Plan.objects.visible_to(person), code=code)
    today = timezone.localdate()
    versions = get_versions_or_404(plan, person)
    in_force = next(
        (one for one in versions if one.state == "approved" and one.effective_from <= today), None
    )
    shown = in_force or versions[0]
    newest = versions[0]
    reads_assignments = access.may_read_assignments(person)
    context = {
        "plan": plan,
        "topic": f"plan:{plan.pk}",
        "shown": shown,
        "in_force": in_force,
        "badge": state_badge(shown, today),
        "newer": newest if newest.pk != shown.pk else None,
        "newer_badge": state_badge(newest, today),
        "versions": [_version_row(one, today) for one in versions],
        "may_write": access.may_write_plans(person),
        "may_start_draft": access.may_write_plans(person) and newest.state == "approved",
        "reads_assignments": reads_assignments,
        "paid": list(queries.people_paid(plan, today)) if reads_assignments else [],
        **reading(shown, request, person, today),
    }
    return page(request, "incentives/plans/show.html", context, fragment="curves")


def get_versions_or_404(plan: Plan, person: Person) -> list[PlanVersion]:
    """The versions that the person may see; 404 when there is none."""
    versions = queries.versions_of(plan, person)
    if not versions:
        raise Http404
    return versions


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A line of the list of versions."""

    version: PlanVersion
    badge: Badge
    writers: tuple[str, ...]


def _version_row(version: PlanVersion, today: date) -> VersionRow:
    writers = dict.fromkeys(edit.edited_by.name for edit in version.edits.all())
    return VersionRow(version, state_badge(version, today), tuple(writers))


def reading(
    version: PlanVersion, request: HttpRequest, person: Person, today: date
) -> dict[str, Any]:
    """What a page needs to read a version aloud: sentences, curves, and the quota they assume.

    The reader's own quotas are used where they have one, unless they try another.
    """
    plan = documents.load(version.source)
    asked = request.GET.get("quota", "")
    own = {} if asked else queries.own_quotas(person, plan.currency, today)
    tried = quota_asked(asked)
    shown = next((own[one.name] for one in plan.quotas if one.name in own), tried)
    return {
        "passages": wording.read_aloud(plan),
        "previews": previews(plan, lambda name: own.get(name, tried)),
        "quota_text": quota_text(shown),
        "quota_is_own": bool(own) and shown in own.values(),
        "needs_quota": bool(plan.quotas),
        "plan_currency": plan.currency,
    }


@require_GET
def version(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One version: read aloud, its way into force, what it changed, and its text."""
    person: Person = request.person  # type: ignore[attr-defined]
    plan = get_object_or_404(Plan.objects.visible_to(person), code=code)
    versions = get_versions_or_404(plan, person)
    one = next((each for each in versions if each.number == number), None)
    if one is None:
        raise Http404
    today = timezone.localdate()
    before = next((each for each in versions if each.number < number), None)
    context = {
        "plan": plan,
        "topic": f"plan:{plan.pk}",
        "version": one,
        "badge": state_badge(one, today),
        "before": before,
        "changes": changed_lines(before.source, one.source) if before else [],
        "history": history(one),
        "may_edit": access.may_edit(person, one),
        "may_submit": access.may_submit(person, one),
        "may_withdraw": access.may_withdraw(person, one),
        "may_approve": access.may_approve(person, one),
        "is_own_text": one.state == "submitted"
        and access.may_approve_plans(person)
        and not access.may_approve(person, one),
        "findings": findings_for(person, one, today, siblings=versions),
        "may_mend": access.may_mend(person, one),
        "may_accept": access.may_accept_findings(person, one),
        **reading(one, request, person, today),
    }
    return page(request, "incentives/plans/version.html", context, fragment="curves")


@require_GET
def source(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The text of a version as a file."""
    person: Person = request.person  # type: ignore[attr-defined]
    one = get_object_or_404(
        PlanVersion.objects.visible_to(person).select_related("plan"),
        plan__code=code,
        number=number,
    )
    answer = HttpResponse(one.source, content_type="application/yaml; charset=utf-8")
    name = f"{one.plan.code}-v{one.number}.yaml"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    answer.headers["Content-Disposition"] = disposition or "attachment"
    return answer


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line of a comparison: ``added``, ``removed``, ``same``, or ``skipped`` between parts."""

    kind: str
    text: str
    number: int | None = None


def changed_lines(before: str, after: str) -> list[ChangedLine]:
    """What changed between two texts, with two lines around each change."""
    found: list[ChangedLine] = []
    kinds = {"+": "added", "-": "removed", " ": "same"}
    number = 0
    for line in difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2):
        if line.startswith(("---", "+++")) and not found:
            continue
        if line.startswith("@@"):
            number = int(line.split("+")[1].split(" ")[0].split(",")[0])
            if found:
                found.append(ChangedLine("skipped", "⋯"))
            continue
        kind = kinds.get(line[:1], "same")
        found.append(ChangedLine(kind, line[1:], None if kind == "removed" else number))
        number += kind != "removed"
    return found


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Something that happened to a version: who, when, and why."""

    at: Any
    text: str
    note: str = ""


def history(version: PlanVersion) -> list[HistoryEntry]:
    """Who wrote, accepted findings, submitted, sent back and approved, oldest first."""
    entries = [
        HistoryEntry(
            edit.edited_at,
            (_("%(person)s wrote on it") if place else _("%(person)s began it"))
            % {"person": edit.edited_by},
        )
        for place, edit in enumerate(version.edits.all())
    ]
    entries += [
        HistoryEntry(
            sent.returned_at,
            _("%(person)s sent it back") % {"person": sent.returned_by},
            sent.reason,
        )
        for sent in version.returns.all()
    ]
    entries += _acceptances(version)
    if version.state != "draft":
        entries.append(
            HistoryEntry(
                version.submission.submitted_at,
                _("%(person)s submitted it") % {"person": version.submission.submitted_by},
                version.submission.note,
            )
        )
    if version.state == "approved":
        entries.append(
            HistoryEntry(
                version.approval.approved_at,
                _("%(person)s approved it") % {"person": version.approval.approved_by},
                version.approval.note,
            )
        )
    return sorted(entries, key=lambda entry: entry.at)


def _acceptances(version: PlanVersion) -> list[HistoryEntry]:
    """What was accepted about a version; what one reason did for is one entry."""
    text = _("%(person)s accepted a finding: %(finding)s")
    entries = [
        HistoryEntry(
            row.accepted_at,
            text % {"person": row.accepted_by, "finding": title_of(row.code)},
            row.reason,
        )
        for row in version.acceptances.all()
    ]
    return list(dict.fromkeys(entries))
