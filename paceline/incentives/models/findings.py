"""Findings of the linter that somebody took upon themselves."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from paceline.incentives.models.plans import PlanVersion
from paceline.org.models import Person


class FindingAcceptance(models.Model):
    """Somebody read a finding about a version and lets the plan be as it is, for a stated reason.

    ``key`` names the finding by its code, clause and cause in the text: a text that is changed
    there has another finding, which was not accepted.
    """

    version = models.ForeignKey(PlanVersion, models.PROTECT, related_name="acceptances")
    key = models.CharField(max_length=32)
    code = models.CharField(max_length=40)
    clause = models.CharField(max_length=200)
    accepted_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField()
    reason = models.TextField(_("why"))

    class Meta:
        ordering = ("version", "id")
        constraints = (
            models.UniqueConstraint(fields=["version", "key"], name="finding_accepted_once"),
            models.CheckConstraint(
                name="finding_accepted_with_a_reason", condition=~Q(reason__regex=r"^\s*$")
            ),
        )

    def __str__(self) -> str:
        return f"{self.version}: {self.code} accepted"
