"""Forms that stand on other people's pages, what was consented to in them, and what was sent."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models import Consent, ConsentChannel, Contact, Lead, Source, scope_of
from paceline.leads.models.routing import OwnTeamsQuerySet
from paceline.org.models import Person, Team


class WebFormQuerySet(OwnTeamsQuerySet):
    """Forms under the rights of teams."""


class WebForm(models.Model):
    """A form with an address of its own, whose answers become leads of a team.

    ``fields``: what is asked, in order: ``{"name", "is_required", "labels": {language: text},
    "options": [text]}``; ``name`` is a field of a lead, a way to reach somebody, or
    ``custom:<id>``. ``texts``: by language ``{"title", "intro", "button", "thanks"}``. ``origins``
    may send to it from their pages and show it in a frame. ``work_bits`` asks the browser for that
    much proof of work.
    """

    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"))
    key = models.CharField(max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=80)
    source = models.CharField(
        _("channel"), max_length=20, choices=Source.choices, default=Source.FORM
    )
    languages = ArrayField(models.CharField(max_length=10), verbose_name=_("languages"))
    fields = models.JSONField(default=list)
    texts = models.JSONField(default=dict)
    origins = ArrayField(models.CharField(max_length=200), default=list)
    work_bits = models.PositiveSmallIntegerField(default=0)
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = WebFormQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(
                name="form_asks_for_little_work", condition=Q(work_bits__lte=22)
            ),
        )

    def __str__(self) -> str:
        return self.name


class ConsentText(models.Model):
    """What somebody agrees to in a form, as it read at a time: never changed, only followed by the
    next version."""

    form = models.ForeignKey(WebForm, models.PROTECT, related_name="consent_texts")
    version = models.PositiveIntegerField()
    channel = models.CharField(max_length=5, choices=ConsentChannel.choices)
    purpose = models.CharField(max_length=200)
    texts = models.JSONField(default=dict)
    is_required = models.BooleanField(default=False)
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("form", "-version")
        constraints = (
            models.UniqueConstraint(fields=["form", "version"], name="consent_text_version_once"),
        )

    def __str__(self) -> str:
        return f"consent text {self.version} of {self.form_id}"


class SubmissionState(models.TextChoices):
    TAKEN = "taken", pgettext_lazy("what was sent by a form", "Taken in")
    HELD = "held", pgettext_lazy("what was sent by a form", "In quarantine")
    RELEASED = "released", pgettext_lazy("what was sent by a form", "Released")
    DISCARDED = "discarded", pgettext_lazy("what was sent by a form", "Discarded")


class SubmissionQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Those who sell in the form's team; an executive reads that there are some."""
        scope = scope_of(person)
        return self.filter(form__team_id__in=scope.all_teams) if scope.sells else self.none()


class Submission(models.Model):
    """What somebody sent by a form. What is in quarantine keeps its ``values``; once it is taken in
    the lead or contact has them, and they go from here. Addresses and tokens are kept as hashes."""

    form = models.ForeignKey(WebForm, models.PROTECT, related_name="submissions")
    at = models.DateTimeField(_("when"))
    state = models.CharField(_("state"), max_length=9, choices=SubmissionState.choices)
    reasons = ArrayField(models.CharField(max_length=20), default=list)
    language = models.CharField(_("language"), max_length=10)
    values = models.JSONField(default=dict)
    content_digest = models.CharField(max_length=64)
    address_digest = models.CharField(max_length=64, blank=True)
    token_digest = models.CharField(max_length=64, blank=True)
    repeats = models.PositiveIntegerField(default=0)
    consent_text = models.ForeignKey(ConsentText, models.PROTECT, null=True, related_name="+")
    consent = models.ForeignKey(Consent, models.SET_NULL, null=True, related_name="+")
    lead = models.ForeignKey(Lead, models.SET_NULL, null=True, related_name="+")
    contact = models.ForeignKey(Contact, models.SET_NULL, null=True, related_name="+")
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=["form", "-at"], name="submission_latest"),
            models.Index(fields=["form", "address_digest", "-at"], name="submission_by_address"),
            models.Index(fields=["at"], condition=Q(state="held"), name="submission_held"),
        )

    def __str__(self) -> str:
        return f"submission {self.pk}"
