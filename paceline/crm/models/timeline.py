"""What happened with customers: calls, notes, mails, meetings, tasks, feedback, changes, tags."""

from __future__ import annotations

from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models.customers import Company, Contact
from paceline.crm.models.deals import Deal
from paceline.crm.models.leads import Lead
from paceline.crm.models.pipelines import TeamQuerySet
from paceline.crm.models.records import on_one_record, on_some_record, scope_of
from paceline.files.models import StoredFile
from paceline.org.models import Person, Team

TEXT_MAX = 20_000


def hangs_on_what_is_seen(person: Person) -> Q:
    """Whether what something hangs on is the person's to see: the most particular record decides.

    A note on a deal that few may see is hidden from those who see its customer. What the pay desk
    reads of a won deal is its figures, not what was said to the customer.
    """
    scope = scope_of(person)
    if scope.oversees:
        return Q()
    if not scope.sells:
        return Q(pk__in=())
    no_deal = Q(deal__isnull=True)
    no_contact = no_deal & Q(contact__isnull=True)
    return (
        Q(deal__in=Deal.objects.visible_to(person))
        | (no_deal & Q(contact__in=Contact.objects.visible_to(person)))
        | (no_contact & Q(lead__in=Lead.objects.visible_to(person)))
        | (no_contact & Q(lead__isnull=True, company__in=Company.objects.visible_to(person)))
    )


class HangingQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        return self.filter(hangs_on_what_is_seen(person))


class ActivityKind(models.TextChoices):
    CALL = "call", pgettext_lazy("activity", "Call")
    NOTE = "note", pgettext_lazy("activity", "Note")
    MAIL = "mail", pgettext_lazy("activity", "Mail")
    CHAT = "chat", pgettext_lazy("activity", "Chat")
    MEETING = "meeting", pgettext_lazy("activity", "Meeting")
    TASK = "task", pgettext_lazy("activity", "Task")


class Direction(models.TextChoices):
    IN = "in", pgettext_lazy("direction of a call or mail", "Incoming")
    OUT = "out", pgettext_lazy("direction of a call or mail", "Outgoing")


class Activity(models.Model):
    """Something that was said, written or done, or is to be done, with a customer.

    It hangs on one or more records: a call about a deal also stands in the contact's timeline. A
    task has ``due_on`` and, once done, ``done_at``.
    """

    kind = models.CharField(_("kind"), max_length=7, choices=ActivityKind.choices)
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="activities")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="activities")
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, related_name="activities")
    deal = models.ForeignKey(Deal, models.PROTECT, null=True, related_name="activities")
    direction = models.CharField(max_length=3, choices=Direction.choices, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"), max_length=TEXT_MAX, blank=True)
    at = models.DateTimeField(_("when"))
    minutes = models.PositiveIntegerField(_("minutes"), null=True, blank=True)
    due_on = models.DateField(_("due"), null=True, blank=True)
    assignee = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("for")
    )
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = HangingQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            on_some_record("activity_of_some_record"),
            models.CheckConstraint(
                name="activity_done_is_a_task",
                condition=Q(done_at__isnull=True) | Q(kind=ActivityKind.TASK),
            ),
        )
        indexes = (
            models.Index(fields=["company", "-at"], name="activity_company_at"),
            models.Index(fields=["contact", "-at"], name="activity_contact_at"),
            models.Index(fields=["lead", "-at"], name="activity_lead_at"),
            models.Index(fields=["deal", "-at"], name="activity_deal_at"),
            models.Index(
                fields=["assignee", "due_on"],
                condition=Q(kind=ActivityKind.TASK, done_at__isnull=True),
                name="activity_open_tasks",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Mention(models.Model):
    """That somebody was named in a text; they were told, if they may see the record."""

    activity = models.ForeignKey(Activity, models.CASCADE, related_name="mentions")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["activity", "person"], name="mention_once"),)

    def __str__(self) -> str:
        return f"{self.activity}: {self.person}"


class Attachment(models.Model):
    """A file of a record."""

    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="attachments")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="attachments")
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, related_name="attachments")
    deal = models.ForeignKey(Deal, models.PROTECT, null=True, related_name="attachments")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=200)
    added_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects = HangingQuerySet.as_manager()

    class Meta:
        ordering = ("-added_at", "-id")
        constraints = (on_one_record("attachment_of_one_record"),)

    def __str__(self) -> str:
        return f"attachment {self.pk}"


class FeedbackKind(models.TextChoices):
    COMPLAINT = "complaint", pgettext_lazy("feedback", "Complaint")
    WISH = "wish", pgettext_lazy("feedback", "Wish")
    PRAISE = "praise", pgettext_lazy("feedback", "Praise")


class Severity(models.TextChoices):
    LOW = "low", pgettext_lazy("severity", "Low")
    NORMAL = "normal", pgettext_lazy("severity", "Normal")
    HIGH = "high", pgettext_lazy("severity", "High")


class Feedback(models.Model):
    """What a customer said of us: who looks after it, and how it was settled."""

    kind = models.CharField(_("kind"), max_length=9, choices=FeedbackKind.choices)
    severity = models.CharField(
        _("severity"), max_length=6, choices=Severity.choices, default=Severity.NORMAL
    )
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="feedback")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="feedback")
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, related_name="feedback")
    deal = models.ForeignKey(Deal, models.PROTECT, null=True, related_name="feedback")
    order_source = models.CharField(max_length=40, blank=True)
    order_number = models.CharField(_("order"), max_length=60, blank=True)
    text = models.TextField(_("what they said"), max_length=TEXT_MAX)
    at = models.DateTimeField(_("when"))
    due_on = models.DateField(_("answer by"), null=True, blank=True)
    assignee = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    outcome = models.TextField(_("how it was settled"), max_length=5000, blank=True)

    objects = HangingQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            on_some_record("feedback_of_some_record"),
            models.CheckConstraint(
                name="feedback_settled_after_it_came",
                condition=Q(settled_at__isnull=True) | Q(settled_at__gte=F("at")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class RecordChange(models.Model):
    """What a change of a record said before and after, field by field, with the version it made.

    It stands here and not in the audit trail, which keeps the names of the fields only: what was
    said of a customer must be able to be forgotten.
    """

    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="changes")
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="changes")
    lead = models.ForeignKey(Lead, models.PROTECT, null=True, related_name="changes")
    deal = models.ForeignKey(Deal, models.PROTECT, null=True, related_name="changes")
    version = models.PositiveIntegerField()
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    batch = models.UUIDField(null=True, db_index=True)

    objects = HangingQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            on_one_record("change_of_one_record"),
            *(
                models.UniqueConstraint(
                    fields=[kind, "version"],
                    condition=Q(**{f"{kind}__isnull": False}),
                    name=f"change_version_once_per_{kind}",
                )
                for kind in ("company", "contact", "lead", "deal")
            ),
        )

    def __str__(self) -> str:
        return f"change {self.pk}"


class Tag(models.Model):
    """A word that a team puts on its records."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=40)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint("team", Lower("name"), name="tag_once_per_team"),)

    def __str__(self) -> str:
        return self.name


class Tagging(models.Model):
    """That a record bears a tag."""

    tag = models.ForeignKey(Tag, models.CASCADE, related_name="taggings")
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="taggings")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="taggings")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="taggings")
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, related_name="taggings")
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    batch = models.UUIDField(null=True)

    class Meta:
        constraints = (
            on_one_record("tagging_of_one_record"),
            *(
                models.UniqueConstraint(
                    fields=["tag", kind],
                    condition=Q(**{f"{kind}__isnull": False}),
                    name=f"tag_once_per_{kind}",
                )
                for kind in ("company", "contact", "lead", "deal")
            ),
        )

    def __str__(self) -> str:
        return f"tagging {self.pk}"


class Following(models.Model):
    """That somebody wants to be told what happens with a record, as long as they may see it."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="followings")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="followings")
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, related_name="followings")
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, related_name="followings")
    since = models.DateTimeField()

    class Meta:
        constraints = (
            on_one_record("following_of_one_record"),
            *(
                models.UniqueConstraint(
                    fields=["person", kind],
                    condition=Q(**{f"{kind}__isnull": False}),
                    name=f"follow_once_per_{kind}",
                )
                for kind in ("company", "contact", "lead", "deal")
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} follows"
