"""Plans, their versions as documents, who approved them, and whom they pay."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from paceline.kernel.periods import EffectiveDated, EffectiveQuerySet, ends_after_start, no_overlap
from paceline.org.models import Person, Position, Role, Team

PLAN_READERS = (Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE, Role.HR)


def assigned_to(person: Person) -> Q:
    """Plans that pay this person, directly, by position or by team, on any day."""
    return (
        Q(assignments__person=person)
        | Q(assignments__position__holdings__person=person)
        | Q(assignments__team__memberships__person=person)
    )


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, person: Person) -> PlanQuerySet:
        """Those who make, approve or oversee pay read every plan; a payee reads their own."""
        if person.has_role(*PLAN_READERS):
            return self
        return self.filter(assigned_to(person)).distinct()


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


class PlanVersion(models.Model):
    """One text of a plan. A draft may be edited; once submitted its text never changes.

    ``lock_version`` rises with every saved edit, so that a second tab cannot overwrite the first.
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

    class Meta:
        ordering = ("plan", "-number")
        constraints = (
            models.UniqueConstraint(fields=["plan", "number"], name="plan_version_number_once"),
        )

    def __str__(self) -> str:
        return f"{self.plan.code} v{self.number}"


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
                message=_("This plan already pays this position on some of these days."),
            ),
            no_overlap(
                "assignment_team_once",
                of=["plan", "team"],
                message=_("This plan already pays this team on some of these days."),
            ),
            no_overlap(
                "assignment_person_once",
                of=["plan", "person"],
                message=_("This plan already pays this person on some of these days."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.plan} → {self.position or self.team or self.person}"
