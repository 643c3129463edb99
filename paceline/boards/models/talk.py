"""What people say, keep and note on cards: comments, files, links, time spent."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.boards.models.cards import TEXT_MAX, Card, OfCardQuerySet
from paceline.crm.models import Company, Contact, Deal
from paceline.files.models import StoredFile
from paceline.goals.models import Goal
from paceline.org.models import Person


class Comment(models.Model):
    """What somebody said of a card; ``author`` names one who came with a file from elsewhere."""

    card = models.ForeignKey(Card, models.CASCADE, related_name="comments")
    text = models.TextField(_("text"), max_length=TEXT_MAX)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    author = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(_("when"))
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = OfCardQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["card", "-at"], name="comment_card_at"),)

    def __str__(self) -> str:
        return f"comment {self.pk}"


class CommentMention(models.Model):
    """That somebody was named in a comment; they were told, if they may see the card."""

    comment = models.ForeignKey(Comment, models.CASCADE, related_name="mentions")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["comment", "person"], name="card_mention_once"),
        )

    def __str__(self) -> str:
        return f"{self.comment}: {self.person}"


class Attachment(models.Model):
    """A file of a card with its versions, or the address of something elsewhere (``url``)."""

    card = models.ForeignKey(Card, models.CASCADE, related_name="attachments")
    name = models.CharField(pgettext_lazy("file", "name"), max_length=200)
    url = models.URLField(_("address"), max_length=1000, blank=True)
    added_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = OfCardQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class FileVersion(models.Model):
    """One state of a file; the highest number is the one that counts."""

    attachment = models.ForeignKey(Attachment, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    added_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ("attachment", "-number")
        constraints = (
            models.UniqueConstraint(
                fields=["attachment", "number"], name="file_version_number_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.attachment} {self.number}"


LINKED = ("company", "contact", "deal", "goal")


def _about_one_thing() -> Q:
    one = Q()
    for kind in LINKED:
        others = {f"{other}__isnull": True for other in LINKED if other != kind}
        one |= Q(**{f"{kind}__isnull": False}, **others, order_number="")
    nothing = {f"{kind}__isnull": True for kind in LINKED}
    return one | (Q(**nothing) & ~Q(order_number=""))


class CardLink(models.Model):
    """That a card is about a customer, a deal, a goal or an order."""

    card = models.ForeignKey(Card, models.CASCADE, related_name="links")
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="+")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="+")
    deal = models.ForeignKey(Deal, models.CASCADE, null=True, related_name="+")
    goal = models.ForeignKey(Goal, models.CASCADE, null=True, related_name="card_links")
    order_source = models.CharField(max_length=40, blank=True)
    order_number = models.CharField(_("order"), max_length=60, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = OfCardQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(name="card_link_to_one_thing", condition=_about_one_thing()),
            models.UniqueConstraint(
                fields=[
                    "card", "company", "contact", "deal", "goal", "order_source", "order_number",
                ],
                nulls_distinct=False,
                name="card_link_once",
            ),
        )  # fmt: skip
        indexes = (
            models.Index(
                fields=["goal"], condition=Q(goal__isnull=False), name="card_link_of_goal"
            ),
        )

    def __str__(self) -> str:
        return f"link {self.pk}"


class TimeEntry(models.Model):
    """Minutes that somebody spent on a card on a day; taken back by whoever wrote it."""

    card = models.ForeignKey(Card, models.CASCADE, related_name="times")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    on = models.DateField(_("day"))
    minutes = models.PositiveIntegerField(_("minutes"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = OfCardQuerySet.as_manager()

    class Meta:
        ordering = ("-on", "-id")
        constraints = (
            models.CheckConstraint(
                name="time_entry_within_a_day", condition=Q(minutes__gte=1, minutes__lte=1440)
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} {self.on} {self.minutes}"
