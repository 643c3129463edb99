"""Strategy: positioning, target customers and channels, version after version."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.org.models import Person, Team

STRATEGY_TEXT_MAX = 10_000


class StrategyQuerySet(models.QuerySet["StrategyPage"]):
    def visible_to(self, person: Person) -> Self:
        """Strategy is for everyone: goals hang from it."""
        return self if person.pk else self.none()

    def kept(self) -> Self:
        return self.filter(archived_at__isnull=True)


class StrategyPage(models.Model):
    """What the company, or a team, has decided to be. What it says stands in its versions.

    ``current`` is the number of the newest version; ``title`` repeats its title for lists.
    """

    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    title = models.CharField(pgettext_lazy("of a text", "title"), max_length=120)
    current = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = StrategyQuerySet.as_manager()

    class Meta:
        ordering = ("team__name", "title", "id")

    def __str__(self) -> str:
        return self.title


class StrategyVersion(models.Model):
    """What a strategy page said from a moment on. Never changed or deleted."""

    page = models.ForeignKey(StrategyPage, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(pgettext_lazy("of a text", "title"), max_length=120)
    positioning = models.TextField(_("positioning"), max_length=STRATEGY_TEXT_MAX)
    customers = models.TextField(_("target customers"), max_length=STRATEGY_TEXT_MAX, blank=True)
    channels = models.TextField(_("channels"), max_length=STRATEGY_TEXT_MAX, blank=True)
    not_doing = models.TextField(
        _("what we leave to others"), max_length=STRATEGY_TEXT_MAX, blank=True
    )
    reason = models.CharField(_("what changed and why"), max_length=1000, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=["page", "number"], name="strategy_version_once"),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.number}"


class StrategyComment(models.Model):
    """What somebody said about a strategy page."""

    page = models.ForeignKey(StrategyPage, models.PROTECT, related_name="comments")
    author = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = models.TextField(_("comment"), max_length=5000)
    at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"comment {self.pk}"
