"""Customers who go through a sequence, and the trace of every step."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models import Activity, Company, Contact, Lead
from paceline.crm.models.records import on_one_record
from paceline.mail.models import Mail
from paceline.org.models import Person
from paceline.sequences.models.sequences import Kind, Sequence, Step, Version

RECORDS: dict[str, Any] = {"company": Company, "contact": Contact, "lead": Lead}


class Start(models.Model):
    """One sequence begun with many records that somebody chose, and whether it was taken back."""

    sequence = models.ForeignKey(Sequence, models.PROTECT, null=True, related_name="+")
    of = models.CharField(max_length=7, choices=Kind.choices)
    ids = models.JSONField(default=list)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("when"))
    begun_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    begun = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    progress = models.ForeignKey("live.Progress", models.SET_NULL, null=True, related_name="+")

    objects: models.Manager[Any] = models.Manager()

    class Meta:
        ordering = ("-made_at", "-id")

    def __str__(self) -> str:
        return f"start {self.pk}"


class Cause(models.TextChoices):
    SEGMENT = "segment", pgettext_lazy("why a sequence began", "Entered the segment")
    HAND = "hand", pgettext_lazy("why a sequence began", "Begun by hand")
    LIST = "list", pgettext_lazy("why a sequence began", "Begun from a list")


class Ended(models.TextChoices):
    """Why it is over."""

    LAST = "last", pgettext_lazy("end of a sequence", "All steps were made")
    REPLIED = "replied", pgettext_lazy("end of a sequence", "They answered")
    ORDERED = "ordered", pgettext_lazy("end of a sequence", "They ordered")
    DEAL = "deal", pgettext_lazy("end of a sequence", "A deal was begun with them")
    LEFT = "left", pgettext_lazy("end of a sequence", "They left the segment")
    NO_CONSENT = "no_consent", pgettext_lazy("end of a sequence", "They allow no mail")
    CLOSED = "closed", pgettext_lazy("end of a sequence", "The lead was closed")
    HAND = "hand", pgettext_lazy("end of a sequence", "Stopped by hand")
    MERGED = "merged", pgettext_lazy("end of a sequence", "Merged; the other record goes on")
    ARCHIVED = "archived", pgettext_lazy("end of a sequence", "The record was put away")
    ERASED = "erased", pgettext_lazy("end of a sequence", "Erased under data-protection law")
    RETIRED = "retired", pgettext_lazy("end of a sequence", "The sequence was put away")


class EnrolmentQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """With records that the person may see."""
        seen = Q()
        for kind, model in RECORDS.items():
            seen |= Q(**{f"{kind}__in": model.objects.visible_to(person)})
        return self.filter(seen)

    def running(self) -> Self:
        return self.filter(ended_at__isnull=True)


class Enrolment(models.Model):
    """That a customer goes, or went, through a sequence.

    ``next_step`` is planned for ``next_at``; ``counted_from`` is the day from which its days are
    counted: that of the step before, or of the beginning, in the zone of whoever did it.
    """

    sequence = models.ForeignKey(Sequence, models.PROTECT, related_name="enrolments")
    version = models.ForeignKey(Version, models.PROTECT, related_name="+")
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="enrolments")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="enrolments")
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, related_name="enrolments")
    cause = models.CharField(max_length=7, choices=Cause.choices)
    start = models.ForeignKey(Start, models.PROTECT, null=True, related_name="enrolments")
    started_at = models.DateTimeField(_("begun"))
    started_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    counted_from = models.DateField()
    next_step = models.ForeignKey(Step, models.PROTECT, null=True, related_name="+")
    next_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=10, choices=Ended.choices, blank=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        ordering = ("-started_at", "-id")
        constraints = (
            on_one_record("enrolment_of_one_record", tuple(RECORDS)),
            models.CheckConstraint(
                name="enrolment_ends_with_a_reason",
                condition=Q(ended_at__isnull=True, ended_why="")
                | (Q(ended_at__isnull=False) & ~Q(ended_why="")),
            ),
            *(
                models.UniqueConstraint(
                    fields=["sequence", kind],
                    condition=Q(**{f"{kind}__isnull": False}, ended_at__isnull=True),
                    name=f"enrolment_once_per_{kind}",
                )
                for kind in RECORDS
            ),
        )
        indexes = (
            models.Index(
                fields=["next_at"], condition=Q(ended_at__isnull=True), name="enrolment_due"
            ),
            models.Index(fields=["sequence", "-started_at"], name="enrolment_of_sequence"),
        )

    def __str__(self) -> str:
        return f"enrolment {self.pk}"

    @property
    def record(self) -> Any:
        return self.company or self.contact or self.lead

    @property
    def kind(self) -> str:
        return next(kind for kind in RECORDS if getattr(self, f"{kind}_id") is not None)


class Member(models.Model):
    """That a record belonged to the segment of a sequence when it was looked at last."""

    sequence = models.ForeignKey(Sequence, models.CASCADE, related_name="members")
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="+")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = (
            on_one_record("member_of_one_record", tuple(RECORDS)),
            *(
                models.UniqueConstraint(
                    fields=["sequence", kind],
                    condition=Q(**{f"{kind}__isnull": False}),
                    name=f"member_once_per_{kind}",
                )
                for kind in RECORDS
            ),
        )

    def __str__(self) -> str:
        return f"member {self.pk}"


class What(models.TextChoices):
    """What happened on the way."""

    STARTED = "started", pgettext_lazy("trace of a sequence", "Begun")
    MADE = "made", pgettext_lazy("trace of a sequence", "Step made")
    SKIPPED = "skipped", pgettext_lazy("trace of a sequence", "Step left out")
    PUT_OFF = "put_off", pgettext_lazy("trace of a sequence", "Put off")
    GIVEN = "given", pgettext_lazy("trace of a sequence", "Given to another")
    TAKEN_BACK = "taken_back", pgettext_lazy("trace of a sequence", "Task taken back")
    RESUMED = "resumed", pgettext_lazy("trace of a sequence", "Goes on: the merge was undone")
    MOVED = "moved", pgettext_lazy("trace of a sequence", "Moved to another version")
    ENDED = "ended", pgettext_lazy("trace of a sequence", "Ended")


class Why(models.TextChoices):
    """Why a step was left out or put off, or somebody else does it."""

    AWAY = "away", pgettext_lazy("why in a sequence", "not at work before then")
    NOBODY = "nobody", pgettext_lazy("why in a sequence", "nobody is there who could do it")
    OWNER_LEFT = "owner_left", pgettext_lazy("why in a sequence", "the owner left")
    NO_OWNER = "no_owner", pgettext_lazy("why in a sequence", "the customer has no owner")
    PERSON_LEFT = "person_left", pgettext_lazy("why in a sequence", "the person named left")
    UNSEEN = "unseen", pgettext_lazy("why in a sequence", "the person may not see the customer")
    NEW_OWNER = "new_owner", pgettext_lazy("why in a sequence", "the customer has a new owner")
    NO_SERVER = "no_server", pgettext_lazy("why in a sequence", "no mail server is set up")
    NO_ADDRESS = "no_address", pgettext_lazy("why in a sequence", "no e-mail address is known")
    NO_CONSENT = "no_consent", pgettext_lazy("why in a sequence", "they allow no mail")
    UNSUBSCRIBED = "unsubscribed", pgettext_lazy("why in a sequence", "they ended mails to many")
    BOUNCED = "bounced", pgettext_lazy("why in a sequence", "the address came back")
    NO_TEXT = "no_text", pgettext_lazy("why in a sequence", "the template says nothing")
    NO_CONTACT = "no_contact", pgettext_lazy("why in a sequence", "a company has no one to mail")


class Line(models.Model):
    """One line of the trace: what was done, why, by whom, what came of it. Ids and days only."""

    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="lines")
    step = models.ForeignKey(Step, models.PROTECT, null=True, related_name="lines")
    what = models.CharField(max_length=10, choices=What.choices)
    why = models.CharField(max_length=12, blank=True)
    at = models.DateTimeField(_("when"))
    facts = models.JSONField(default=dict)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    activity = models.ForeignKey(Activity, models.SET_NULL, null=True, related_name="+")
    mail = models.ForeignKey(Mail, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=["enrolment", "id"], name="line_of_enrolment"),
            models.Index(fields=["step", "what"], name="line_of_step"),
        )

    def __str__(self) -> str:
        return f"line {self.pk}"
