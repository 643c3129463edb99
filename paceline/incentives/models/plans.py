"""Plans, their versions as documents, who approved them, and whom they pay."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from paceline.kernel.periods import EffectiveDated, EffectiveQuerySet, ends_after_start, no_overlap
from paceline.org.models import (
    TEAM_DEPTH_MAX,
    Person,
    Position,
    PositionHolding,
    ReportingPath,
    Role,
    Team,
    TeamMembership,
)

PLAN_READERS = (Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE, Role.HR)


def assigned_to(person: Person) -> Exists:
    """Whether a plan pays this person, or someone who reports to them, on any day."""
    below = ReportingPath.objects.filter(ancestor=person).values("descendant")
    them = Q(person=person) | Q(person__in=below)
    inside = Q()
    for level in range(TEAM_DEPTH_MAX):
        inside |= Q(**{"__".join(["team", *["parent"] * level]): OuterRef("team")})
    meanwhile = Q(ends_before__isnull=True) | Q(ends_before__gt=OuterRef("starts_on"))
    meanwhile &= Q(starts_on__lt=Coalesce(OuterRef("ends_before"), Value(date.max)))
    held = PositionHolding.objects.filter(them, meanwhile, position=OuterRef("position"))
    member = TeamMembership.objects.filter(them, meanwhile, inside)
    return Exists(
        PlanAssignment.objects.filter(them | Exists(held) | Exists(member), plan=OuterRef("pk"))
    )


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, person: Person) -> PlanQuerySet:
        """Those who make, approve or oversee pay read every plan; a payee reads the plans that pay
        them, a lead also those that pay their people."""
        return self if person.has_role(*PLAN_READERS) else self.filter(assigned_to(person))


class Plan(models.Model):
    """All pay rules of a role for a time; what the rules say is in its versions."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


def in_reader_language(texts: Mapping[str, str]) -> str:
    """One text out of those that a plan gives by language; the key "" is for every language."""
    wanted = (get_language() or "en").lower()
    by_language = {language.lower(): text for language, text in texts.items()}
    for language in (wanted, "", "en"):
        if language in by_language:
            return by_language[language]
    return next(iter(by_language.values()), "")


class PlanVersionQuerySet(models.QuerySet["PlanVersion"]):
    def visible_to(self, person: Person) -> PlanVersionQuerySet:
        """Drafts are for those who make and check plans; a payee reads what was approved."""
        visible = self.filter(plan__in=Plan.objects.visible_to(person))
        if person.has_role(Role.COMPENSATION, Role.FINANCE):
            return visible
        return visible.filter(approval__isnull=False)

    def approved(self) -> PlanVersionQuerySet:
        return self.filter(approval__isnull=False)

    def waiting(self) -> PlanVersionQuerySet:
        """Submitted, and nobody has decided yet."""
        return self.filter(submission__isnull=False, approval__isnull=True)

    def with_editors(self) -> PlanVersionQuerySet:
        """Each with ``editors``: the keys of all people who wrote on it."""
        edits = PlanEdit.objects.filter(version=OuterRef("pk"))
        return self.annotate(editors=ArraySubquery(edits.values("edited_by")))

    def in_force_on(self, day: date) -> PlanVersionQuerySet:
        """Approved versions that had taken effect by a day; per plan the first one counts."""
        return (
            self.approved()
            .filter(effective_from__lte=day)
            .order_by("plan_id", "-effective_from", "-number")
            .distinct("plan_id")
        )


class PlanVersion(models.Model):
    """One text of a plan. A draft may be edited; once submitted its text never changes.

    ``lock_version`` rises with every saved edit, so that a second tab cannot overwrite the first.
    ``outline`` repeats what lists show of the text: name and purpose by language, currency, period.
    """

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    source = models.TextField(_("source"))
    digest = models.CharField(max_length=64)
    effective_from = models.DateField(_("effective from"))
    authored_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    authored_at = models.DateTimeField()
    edited_at = models.DateTimeField()
    lock_version = models.PositiveIntegerField(default=1)
    outline = models.JSONField(default=dict)

    objects = PlanVersionQuerySet.as_manager()

    class Meta:
        ordering = ("plan", "-number")
        constraints = (
            models.UniqueConstraint(fields=["plan", "number"], name="plan_version_number_once"),
        )

    def __str__(self) -> str:
        return f"{self.plan.code} v{self.number}"

    @property
    def name(self) -> str:
        """The plan's name in the reader's language, else in any language that it was given."""
        return in_reader_language(self.outline.get("name", {})) or self.plan.code

    @property
    def purpose(self) -> str:
        return in_reader_language(self.outline.get("purpose", {}))

    @property
    def period_kind(self) -> str:
        """``month``, ``quarter``, ``half-year`` or ``year``: the periods that the plan pays."""
        return str(self.outline.get("period", ""))

    @property
    def currency(self) -> str:
        return str(self.outline.get("currency", ""))

    @property
    def state(self) -> str:
        """``approved``, ``submitted`` or ``draft``; read from rows, so select them with it."""
        if _has(self, "approval"):
            return "approved"
        return "submitted" if _has(self, "submission") else "draft"


def _has(version: PlanVersion, fact: str) -> bool:
    """Whether the one-to-one row is there; no query when it was selected with the version."""
    return hasattr(version, fact)


class PlanEdit(models.Model):
    """Who wrote on a text and when. Nobody who did may approve it."""

    version = models.ForeignKey(PlanVersion, models.PROTECT, related_name="edits")
    edited_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    edited_at = models.DateTimeField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("version", "id")

    def __str__(self) -> str:
        return f"{self.version} edited"


class PlanSubmission(models.Model):
    """The author asks for approval; the text stands still from here on."""

    version = models.OneToOneField(PlanVersion, models.PROTECT, related_name="submission")
    submitted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()
    note = models.TextField(_("note"), blank=True)

    def __str__(self) -> str:
        return f"{self.version} submitted"


class PlanApproval(models.Model):
    """Another person's consent; the database refuses the author's own."""

    version = models.OneToOneField(PlanVersion, models.PROTECT, related_name="approval")
    author = models.ForeignKey(Person, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()
    note = models.TextField(_("note"), blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="plan_not_approved_by_its_author", condition=~Q(approved_by=F("author"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.version} approved"


class PlanReturn(models.Model):
    """The approver sends the text back with a reason; its submission is deleted, this row stays."""

    version = models.ForeignKey(PlanVersion, models.PROTECT, related_name="returns")
    returned_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    returned_at = models.DateTimeField()
    reason = models.TextField(_("why"))

    def __str__(self) -> str:
        return f"{self.version} returned"


class PlanAssignment(EffectiveDated):
    """Whom a plan pays on which days: a position, a team or one person."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="assignments")
    position = models.ForeignKey(Position, models.PROTECT, null=True, blank=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    assigned_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        constraints = (
            ends_after_start("assignment_ends_after_start"),
            models.CheckConstraint(
                name="assignment_to_exactly_one",
                condition=(
                    Q(position__isnull=False, team__isnull=True, person__isnull=True)
                    | Q(position__isnull=True, team__isnull=False, person__isnull=True)
                    | Q(position__isnull=True, team__isnull=True, person__isnull=False)
                ),
            ),
            no_overlap(
                "assignment_position_once",
                of=["plan", "position"],
                unless_null="position",
                message=_("This plan already pays this position on some of these days."),
            ),
            no_overlap(
                "assignment_team_once",
                of=["plan", "team"],
                unless_null="team",
                message=_("This plan already pays this team on some of these days."),
            ),
            no_overlap(
                "assignment_person_once",
                of=["plan", "person"],
                unless_null="person",
                message=_("This plan already pays this person on some of these days."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.plan} → {self.position or self.team or self.person}"
