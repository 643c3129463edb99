"""A sequence: steps in the order of time that somebody goes through with a customer."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models import Segment, scope_of
from paceline.mail.models import MailTemplate
from paceline.org.models import Person, Team

STEPS_MAX = 20


class Kind(models.TextChoices):
    """With what records a sequence goes."""

    COMPANY = "company", pgettext_lazy("list", "Companies")
    CONTACT = "contact", pgettext_lazy("list", "Contacts")
    LEAD = "lead", pgettext_lazy("list", "Leads")


class SequenceQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """Of one's own teams and of those one leads; an executive reads all."""
        scope = scope_of(person)
        if scope.oversees:
            return self
        return self.filter(team_id__in=scope.all_teams) if scope.sells else self.none()

    def kept(self) -> Self:
        return self.filter(retired_at__isnull=True)


class Sequence(models.Model):
    """A named sequence of a team. Its steps stand in versions; the latest one begins with whoever
    enters.

    ``segment``: whoever enters it begins by themselves, at most ``per_day`` a day; again only
    after ``again_days`` since they ended, or never. ``on_since`` is empty while it is off: then
    nobody enters and no step is made.
    """

    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("team"))
    name = models.CharField(_("name"), max_length=80)
    of = models.CharField(_("of"), max_length=7, choices=Kind.choices)
    segment = models.ForeignKey(
        Segment, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("whoever enters this segment begins"),
    )  # fmt: skip
    per_day = models.PositiveSmallIntegerField(_("at most so many begin a day"), default=50)
    again_days = models.PositiveSmallIntegerField(
        _("begins again after so many days"), null=True, blank=True
    )
    on_since = models.DateTimeField(null=True)
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    objects = SequenceQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                "team", Lower("name"), condition=Q(retired_at__isnull=True),
                name="sequence_name_once_per_team",
            ),
            models.CheckConstraint(name="sequence_begins_with_some", condition=Q(per_day__gte=1)),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.name


class Stop(models.TextChoices):
    """What ends a sequence before its last step."""

    REPLIED = "replied", pgettext_lazy("end of a sequence", "They answered")
    ORDERED = "ordered", pgettext_lazy("end of a sequence", "They ordered")
    DEAL = "deal", pgettext_lazy("end of a sequence", "A deal was begun with them")
    LEFT = "left", pgettext_lazy("end of a sequence", "They left the segment")
    NO_CONSENT = "no_consent", pgettext_lazy("end of a sequence", "They allow no mail")


class Version(models.Model):
    """The steps as they were decided at a moment. A version never changes."""

    sequence = models.ForeignKey(Sequence, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    stops = ArrayField(models.CharField(max_length=10, choices=Stop.choices), default=list)
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=["sequence", "number"], name="sequence_version_once"),
        )

    def __str__(self) -> str:
        return f"version {self.number}"


class Act(models.TextChoices):
    """What is to be done."""

    CALL = "call", pgettext_lazy("step of a sequence", "Call")
    CHAT = "chat", pgettext_lazy("step of a sequence", "Chat")
    MEETING = "meeting", pgettext_lazy("step of a sequence", "Meet")
    TASK = "task", pgettext_lazy("step of a sequence", "Task")
    MAIL = "mail", pgettext_lazy("step of a sequence", "Mail from a template")


class Counting(models.TextChoices):
    DAYS = "days", pgettext_lazy("after so many", "days")
    WORKDAYS = "workdays", pgettext_lazy("after so many", "working days")


class Whom(models.TextChoices):
    """Who does it, or in whose name the mail goes."""

    OWNER = "owner", pgettext_lazy("who does a step", "Owner of the customer")
    LEAD = "lead", pgettext_lazy("who does a step", "Lead of the team")
    PERSON = "person", pgettext_lazy("who does a step", "A certain person")


class Step(models.Model):
    """One step: so many days after the one before it, or after the beginning.

    ``key`` stays the same from version to version, so that whoever is under way can move to a
    later one. ``texts``: by language ``{"subject", "body"}``: what is to be done, and the script.
    """

    version = models.ForeignKey(Version, models.CASCADE, related_name="steps")
    key = models.PositiveIntegerField()
    rank = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField(default=0)
    counting = models.CharField(max_length=8, choices=Counting.choices)
    act = models.CharField(max_length=7, choices=Act.choices)
    whom = models.CharField(max_length=6, choices=Whom.choices, default=Whom.OWNER)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    template = models.ForeignKey(MailTemplate, models.PROTECT, null=True, related_name="+")
    texts = models.JSONField(default=dict)

    class Meta:
        ordering = ("rank",)
        constraints = (
            models.UniqueConstraint(fields=["version", "rank"], name="step_rank_once"),
            models.UniqueConstraint(fields=["version", "key"], name="step_key_once"),
            models.CheckConstraint(
                name="step_mail_has_template",
                condition=Q(act=Act.MAIL, template__isnull=False)
                | (~Q(act=Act.MAIL) & Q(template__isnull=True)),
            ),
            models.CheckConstraint(
                name="step_person_is_named",
                condition=Q(whom=Whom.PERSON, person__isnull=False)
                | (~Q(whom=Whom.PERSON) & Q(person__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return f"step {self.rank + 1}"
