"""One calculation on fixed inputs, and what it was made of."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paceline.files.models import StoredFile
from paceline.incentives.models.periods import PayPeriod
from paceline.incentives.models.plans import PlanVersion
from paceline.live.models import Progress
from paceline.org.models import Person, Role

RUN_READERS = (Role.COMPENSATION, Role.FINANCE, Role.EXECUTIVE)


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, person: Person) -> RunQuerySet:
        return self if person.has_role(*RUN_READERS) else self.none()


class Run(models.Model):
    """A calculation of a period. A rerun is a new run; old ones stay as they were.

    ``ended_at`` is set when the job ends in any way, ``computed_at`` only when there are results;
    the database lets one run of a period be under way at a time. ``checks`` holds, for each plan,
    the conservation figures: credited + excluded (with reasons) = imported.
    """

    period = models.ForeignKey(PayPeriod, models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField(_("run"))
    requested_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    progress = models.ForeignKey(Progress, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)
    engine_version = models.CharField(max_length=40, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    checks = models.JSONField(default=dict)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["period", "number"], name="run_number_once_per_period"),
            models.UniqueConstraint(
                fields=["period"],
                condition=models.Q(ended_at__isnull=True),
                name="run_one_under_way_per_period",
            ),
            models.CheckConstraint(
                name="run_with_results_has_ended",
                condition=models.Q(computed_at__isnull=True) | models.Q(ended_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.period.key} #{self.number}"


class RunPlan(models.Model):
    """A plan version that the run used, with the fingerprint of its own calculation."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="run_plans")
    version = models.ForeignKey(PlanVersion, models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "version"], name="run_plan_once"),)

    def __str__(self) -> str:
        return f"{self.run}: {self.version}"


class RunInput(models.Model):
    """A Parquet file that the run read, by table and SHA-256."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="inputs")
    table = models.CharField(max_length=40)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    rows = models.BigIntegerField()

    class Meta:
        ordering = ("run", "table", "id")

    def __str__(self) -> str:
        return f"{self.run}: {self.table}"


class RunProblem(models.Model):
    """Something the run found that a person should look at; it never changes an amount."""

    run = models.ForeignKey(Run, models.PROTECT, related_name="problems")
    code = models.CharField(max_length=60)
    payee = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    params = models.JSONField(default=dict)

    class Meta:
        ordering = ("run", "code", "id")

    def __str__(self) -> str:
        return f"{self.run}: {self.code}"


class RunFinalisation(models.Model):
    """The run that the period is paid by. Its inputs can no longer be undone."""

    run = models.OneToOneField(Run, models.PROTECT, related_name="finalisation")
    period = models.OneToOneField(PayPeriod, models.PROTECT, related_name="finalisation")
    finalised_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    finalised_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.run} final"
