"""Reading plans: the list, what counts for a period, whom a plan pays, what waits for whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.goals.models import Quota
from paceline.incentives.access import plans as access
from paceline.incentives.models import (
    FindingAcceptance,
    PayPeriod,
    Plan,
    PlanAssignment,
    PlanEdit,
    PlanReturn,
    PlanVersion,
)
from paceline.incentives.queries.assignments import teams_paid
from paceline.kernel.shell import Attention
from paceline.org.models import (
    Employment,
    Person,
    PositionHolding,
    TeamMembership,
)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan as the list shows it: its newest text for this reader, and what is in force."""

    plan: Plan
    newest: PlanVersion
    in_force: PlanVersion | None
    assignments: int

    @property
    def name(self) -> str:
        return (self.in_force or self.newest).name

    @property
    def state(self) -> str:
        """Of the newest text: ``draft``, ``submitted`` or ``approved``."""
        return self.newest.state


def plan_rows(person: Person, on: date) -> list[PlanRow]:
    """Every plan that the person may see, by name. Three queries."""
    plans = Plan.objects.visible_to(person).annotate(
        paying=Count(
            "assignments",
            filter=Q(assignments__starts_on__lte=on)
            & (Q(assignments__ends_before__isnull=True) | Q(assignments__ends_before__gt=on)),
        )
    )
    seen = PlanVersion.objects.visible_to(person).defer("source")
    versions = _with_facts(seen).order_by("plan_id", "-number")
    newest = {version.plan_id: version for version in versions.distinct("plan_id")}
    in_force = {version.plan_id: version for version in _with_facts(_in_force(on).defer("source"))}
    rows = [
        PlanRow(plan, newest[plan.pk], in_force.get(plan.pk), getattr(plan, "paying", 0))
        for plan in plans
        if plan.pk in newest
    ]
    return sorted(rows, key=lambda row: (row.name.casefold(), row.plan.code))


def versions_of(plan: Plan, person: Person) -> list[PlanVersion]:
    """The plan's versions that the person may see, newest first, with who wrote and decided."""
    versions = plan.versions.filter(pk__in=PlanVersion.objects.visible_to(person))
    return list(
        _with_facts(versions)
        .prefetch_related(
            Prefetch("edits", PlanEdit.objects.select_related("edited_by")),
            Prefetch("returns", PlanReturn.objects.select_related("returned_by")),
            Prefetch("acceptances", FindingAcceptance.objects.select_related("accepted_by")),
        )
        .order_by("-number")
    )


def version_for(plan: Plan, period: PayPeriod) -> PlanVersion | None:
    """The version that counts for a period: the latest approved one in force on its first day."""
    return _with_facts(plan.versions.in_force_on(period.starts_on)).first()


def version_on(plan: Plan, day: date) -> PlanVersion | None:
    """The approved version in force on a day."""
    return _with_facts(plan.versions.in_force_on(day)).first()


def versions_for(period: PayPeriod, kind: str = "") -> list[PlanVersion]:
    """Per plan the version that counts for a period; with ``kind`` only plans paid by such periods.

    ``kind`` is what a plan's ``period`` says: ``month``, ``quarter``, ``half-year``, ``year``.
    """
    versions = list(_with_facts(_in_force(period.starts_on)))
    return [version for version in versions if not kind or version.period_kind == kind]


def versions_in_force(on: date) -> list[PlanVersion]:
    """Per plan the approved version that counts on a day."""
    return list(_with_facts(_in_force(on)))


def people_paid(plan: Plan, on: date) -> QuerySet[Person]:
    """Whom a plan pays on a day, by name: those employed who hold an assigned position, belong to
    an assigned team or one below it, or are assigned themselves. Two queries: the first finds the
    teams."""
    given = PlanAssignment.objects.on(on).filter(plan=plan)
    holdings = PositionHolding.objects.on(on).filter(position__in=given.values("position"))
    members = TeamMembership.objects.on(on).filter(team__in=teams_paid(given))
    return (
        Person.objects.filter(Exists(Employment.objects.on(on).filter(person=OuterRef("pk"))))
        .filter(
            Q(pk__in=given.filter(person__isnull=False).values("person"))
            | Q(pk__in=holdings.values("person"))
            | Q(pk__in=members.values("person"))
        )
        .order_by("name", "id")
    )


def assignments_of(plan: Plan) -> QuerySet[PlanAssignment]:
    """Everyone the plan was ever given to, latest first."""
    rows: QuerySet[PlanAssignment] = plan.assignments.select_related(
        "position", "team", "person", "assigned_by", "plan"
    ).order_by("-starts_on", "-id")
    return rows


def attention(person: Person, as_of: date) -> list[Attention]:
    """Plans that wait for this person: to be approved, or sent back to be mended."""
    found = []
    if access.may_approve_plans(person):
        waiting = _with_facts(PlanVersion.objects.waiting().with_editors().defer("source"))
        found += [
            Attention(
                text=_("%(plan)s waits for approval") % {"plan": version.name},
                detail=_("submitted by %(person)s") % {"person": version.submission.submitted_by},
                url=_address(version),
                icon="file-check",
                weight=90 if version.effective_from <= as_of else 80,
            )
            for version in waiting
            if access.may_approve(person, version)
        ]
    if access.may_write_plans(person):
        drafts = (
            PlanVersion.objects.filter(submission__isnull=True, authored_by=person)
            .annotate(times_returned=Count("returns"))
            .select_related("plan")
            .order_by("-edited_at")
        )
        for version in drafts:
            returned = int(getattr(version, "times_returned", 0))
            found.append(
                Attention(
                    text=(
                        _("%(plan)s was sent back to you") if returned else _("%(plan)s is a draft")
                    )
                    % {"plan": version.name},
                    detail=ngettext("sent back once", "sent back %(times)d times", returned)
                    % {"times": returned}
                    if returned
                    else _("not submitted yet"),
                    url=_address(version),
                    icon="file-pencil",
                    weight=60 if returned else 20,
                )
            )
    return found


def _in_force(on: date) -> QuerySet[PlanVersion]:
    return PlanVersion.objects.in_force_on(on)


def _with_facts(versions: QuerySet[PlanVersion]) -> QuerySet[PlanVersion]:
    return versions.select_related(
        "plan",
        "authored_by",
        "submission__submitted_by",
        "approval__approved_by",
    )


def _address(version: PlanVersion) -> str:
    return reverse("incentives:plan-version", args=[version.plan.code, version.number])


def own_quotas(person: Person, currency: str, on: date) -> dict[str, Decimal]:
    """The person's quotas that count on a day, by name, in the plan's currency. One query."""
    rows = Quota.objects.standing().on(on).filter(person=person, currency=currency, amount__gt=0)
    return dict(rows.order_by("measure", "starts_on").values_list("measure", "amount"))


def other_versions(used: Iterable[PlanVersion], person: Person, currency: str) -> list[PlanVersion]:
    """Further versions of these plans that the person may read, in the same currency and for
    periods of the same length.
    """
    listed = list(used)
    rows = (
        PlanVersion.objects.visible_to(person)
        .filter(plan__in={one.plan_id for one in listed})
        .exclude(pk__in=[one.pk for one in listed])
        .select_related("plan")
        .order_by("plan__code", "-number")
    )
    kinds = {one.plan_id: one.period_kind for one in listed}
    return [
        one for one in rows if one.currency == currency and one.period_kind == kinds[one.plan_id]
    ]
