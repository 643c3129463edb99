"""Inquiries: somebody wrote, and the clock runs until somebody of the team writes or calls back."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from paceline.crm.models import Contact, Lead, Source
from paceline.org.models import Person, Team


class InquiryQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Whoever sees the lead or the contact."""
        return self.filter(
            Q(lead__in=Lead.objects.visible_to(person))
            | Q(contact__in=Contact.objects.visible_to(person))
        )

    def waiting(self) -> Self:
        """Without a reply, and of records that were neither merged nor put away."""
        rows = self.filter(answered_at__isnull=True, closed_at__isnull=True)
        return rows.filter(
            Q(lead__isnull=True) | Q(lead__archived_at__isnull=True),
            Q(contact__isnull=True) | Q(contact__archived_at__isnull=True),
        )


class Inquiry(models.Model):
    """That a lead arrived, or a known contact asked something: when a reply is due, and came.

    Times count work: ``due_at`` is so many minutes of the team's work after it arrived, and
    ``worked_seconds`` is what passed of it until the reply. Without a reply it is closed when the
    lead is given up or becomes a customer.
    """

    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="inquiries")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="inquiries")
    channel = models.CharField(_("channel"), max_length=20, choices=Source.choices, blank=True)
    arrived_at = models.DateTimeField(_("arrived"))
    target_minutes = models.PositiveIntegerField()
    due_at = models.DateTimeField(_("due"), null=True)
    again_at = models.DateTimeField(null=True)
    again_count = models.PositiveSmallIntegerField(default=0)
    answered_at = models.DateTimeField(_("answered"), null=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    worked_seconds = models.PositiveIntegerField(_("time to the reply"), null=True)
    closed_at = models.DateTimeField(null=True)

    objects = InquiryQuerySet.as_manager()

    class Meta:
        ordering = ("due_at", "id")
        verbose_name = _("inquiry")
        constraints = (
            models.CheckConstraint(
                name="inquiry_of_a_lead_or_a_contact",
                condition=Q(lead__isnull=False, contact__isnull=True)
                | Q(lead__isnull=True, contact__isnull=False),
            ),
            models.CheckConstraint(
                name="inquiry_answered_after_it_arrived",
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("arrived_at")),
            ),
            *(
                models.UniqueConstraint(
                    fields=[kind],
                    condition=Q(
                        **{f"{kind}__isnull": False}, answered_at__isnull=True,
                        closed_at__isnull=True,
                    ),
                    name=f"inquiry_waits_once_per_{kind}",
                )
                for kind in ("lead", "contact")
            ),
        )  # fmt: skip
        indexes = (
            models.Index(
                fields=["team", "due_at"],
                condition=Q(answered_at__isnull=True, closed_at__isnull=True),
                name="inquiry_waiting",
            ),
            models.Index(fields=["team", "-arrived_at"], name="inquiry_arrived"),
        )

    def __str__(self) -> str:
        return f"inquiry {self.pk}"

    @property
    def is_within_target(self) -> bool | None:
        """Whether the reply came in time; None while none came."""
        if self.worked_seconds is None:
            return None
        return self.worked_seconds <= self.target_minutes * 60
