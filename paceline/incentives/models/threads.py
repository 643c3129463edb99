"""A payee's question on a traced line, and the talk that answers it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paceline.incentives.models.statements import PAY_DESK, Statement, StatementComponent
from paceline.org.models import Person


class LineThreadQuerySet(models.QuerySet["LineThread"]):
    def visible_to(self, person: Person) -> LineThreadQuerySet:
        """A question is between the payee and the pay desk; nobody else reads it."""
        if person.has_role(*PAY_DESK):
            return self
        return self.filter(statement__payee=person, statement__release__isnull=False)

    def unresolved(self) -> LineThreadQuerySet:
        return self.filter(resolution__isnull=True)


class LineThread(models.Model):
    """A question about one line (or a whole component, when ``line_id`` is empty)."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="threads")
    component = models.ForeignKey(StatementComponent, models.PROTECT, related_name="threads")
    line_id = models.CharField(max_length=160, blank=True)
    opened_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()

    objects = LineThreadQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["component", "line_id"], name="thread_once_per_component_and_line"
            ),
        )

    def __str__(self) -> str:
        return f"{self.statement}: {self.component} {self.line_id}"


class LineComment(models.Model):
    thread = models.ForeignKey(LineThread, models.PROTECT, related_name="comments")
    author = models.ForeignKey(Person, models.PROTECT, related_name="+")
    body = models.TextField(_("comment"), max_length=4000)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.author}: {self.body[:40]}"


class ThreadResolution(models.Model):
    """The question is answered; a further comment deletes this row and opens the thread again."""

    thread = models.OneToOneField(LineThread, models.PROTECT, related_name="resolution")
    resolved_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.thread} resolved"
