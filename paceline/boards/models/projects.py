"""Projects: who may see and change them, their lists, labels and fields of their own."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Deferrable, Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models import scope_of
from paceline.kernel.own_fields import FieldKind
from paceline.org.models import Person, Role, Team


class Reach(models.TextChoices):
    """To whom a project is open besides its members."""

    MEMBERS = "members", pgettext_lazy("reach of a project", "Members only")
    TEAM = "team", pgettext_lazy("reach of a project", "Members and the team")
    COMPANY = "company", pgettext_lazy("reach of a project", "Everyone in the company")


class Right(models.TextChoices):
    """What somebody may do in a project; each holds the ones before it."""

    SEE = "see", pgettext_lazy("right in a project", "May see")
    EDIT = "edit", pgettext_lazy("right in a project", "May edit")
    ARRANGE = "arrange", pgettext_lazy("right in a project", "May edit and arrange")


def open_to(person: Person) -> Q:
    """Which projects are open to a person without being their member."""
    scope = scope_of(person)
    found = Q(reach=Reach.COMPANY) | Q(reach=Reach.TEAM, team_id__in=scope.all_teams)
    if person.has_role(Role.EXECUTIVE):
        found |= Q(reach=Reach.TEAM)
    return found


def seen_projects(person: Person) -> Q:
    """Which projects a person may see: their own, and those open to them."""
    return open_to(person) | Q(
        Exists(Member.objects.filter(project=OuterRef("pk"), person_id=person.pk))
    )


class ProjectQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> Self:
        """A project is seen by its members and by those to whom it is open, by nobody else."""
        return self.filter(seen_projects(person))

    def kept(self) -> Self:
        return self.filter(archived_at__isnull=True)

    def editable_by(self, person: Person) -> Self:
        """Projects in use whose cards a person may change: the rule of ``access.may_edit`` for many
        at once."""
        scope = scope_of(person)
        edits = Member.objects.filter(project=OuterRef("pk"), person_id=person.pk).exclude(
            right=Right.SEE
        )
        open_for_all = Q(open_right=Right.EDIT) & (
            Q(reach=Reach.COMPANY) | Q(reach=Reach.TEAM, team_id__in=scope.all_teams)
        )
        found = Q(Exists(edits)) | open_for_all
        if person.has_role(Role.LEAD):
            found |= ~Q(reach=Reach.MEMBERS) & Q(team_id__in=scope.led)
        return self.kept().filter(found)


class OfProjectQuerySet(models.QuerySet[Any]):
    """What belongs to a project is seen by whoever sees the project."""

    def visible_to(self, person: Person) -> Self:
        return self.filter(project__in=Project.objects.visible_to(person).values("pk"))


class Project(models.Model):
    """Work that people share: lists of cards. Times of day are those of ``time_zone``.

    ``open_right`` is what those may do to whom the project is open. ``version`` rises with every
    change of the project itself, not of its cards.
    """

    name = models.CharField(pgettext_lazy("project", "name"), max_length=120)
    description = models.TextField(_("what it is for"), max_length=20_000, blank=True)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team")
    )
    reach = models.CharField(
        _("who may see it"), max_length=7, choices=Reach.choices, default=Reach.TEAM
    )
    open_right = models.CharField(
        _("what others may do"),
        max_length=7,
        choices=[one for one in Right.choices if one[0] != Right.ARRANGE],
        default=Right.EDIT,
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    version = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"))
    changed_at = models.DateTimeField(_("last change"))
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("project")
        constraints = (
            models.CheckConstraint(
                name="project_open_to_a_team_has_one",
                condition=~Q(reach=Reach.TEAM) | Q(team__isnull=False),
            ),
            models.CheckConstraint(
                name="project_others_do_not_arrange", condition=~Q(open_right=Right.ARRANGE)
            ),
        )

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """That somebody belongs to a project, and what they may do there."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    right = models.CharField(
        pgettext_lazy("in a project", "right"), max_length=7, choices=Right.choices
    )
    added_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()

    objects = OfProjectQuerySet.as_manager()

    class Meta:
        ordering = ("project", "id")
        constraints = (models.UniqueConstraint(fields=["project", "person"], name="member_once"),)
        indexes = (models.Index(fields=["person"], name="member_person"),)

    def __str__(self) -> str:
        return f"{self.project}: {self.person}"


class CardList(models.Model):
    """A list of a project. ``version`` rises whenever a card of it moves.

    ``limit`` is how many open cards may stand here at once; a card that comes to a list with
    ``ends_work`` is done.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="lists")
    name = models.CharField(pgettext_lazy("list of cards", "name"), max_length=80)
    rank = models.IntegerField(default=0)
    limit = models.PositiveIntegerField(_("most cards at once"), null=True, blank=True)
    ends_work = models.BooleanField(_("cards here are done"), default=False)
    version = models.PositiveBigIntegerField(default=1)
    changed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = OfProjectQuerySet.as_manager()

    class Meta:
        ordering = ("project", "rank", "id")
        verbose_name = pgettext_lazy("list of cards", "list")
        constraints = (
            models.UniqueConstraint(
                "project",
                Lower("name"),
                condition=Q(archived_at__isnull=True),
                name="list_name_once_per_project",
            ),
            models.UniqueConstraint(
                fields=["project", "rank"],
                name="list_rank_once_per_project",
                deferrable=Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                name="list_limit_positive", condition=Q(limit__isnull=True) | Q(limit__gt=0)
            ),
        )

    def __str__(self) -> str:
        return self.name


class Colour(models.TextChoices):
    """Colours of labels; each has a shape of its own in words, so that colour only repeats it."""

    GREY = "grey", pgettext_lazy("colour", "Grey")
    BLUE = "blue", pgettext_lazy("colour", "Blue")
    TEAL = "teal", pgettext_lazy("colour", "Teal")
    GREEN = "green", pgettext_lazy("colour", "Green")
    AMBER = "amber", pgettext_lazy("colour", "Amber")
    ORANGE = "orange", pgettext_lazy("colour", "Orange")
    RED = "red", pgettext_lazy("colour", "Red")
    PURPLE = "purple", pgettext_lazy("colour", "Purple")


class Label(models.Model):
    """A word with a colour that a project puts on its cards."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="labels")
    name = models.CharField(pgettext_lazy("label", "name"), max_length=60)
    colour = models.CharField(
        _("colour"), max_length=6, choices=Colour.choices, default=Colour.GREY
    )

    objects = OfProjectQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint("project", Lower("name"), name="label_once_per_project"),
        )

    def __str__(self) -> str:
        return self.name


class CardField(models.Model):
    """A field that a project added to its cards. Values stand by its id, so it can be renamed."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="fields")
    label = models.CharField(_("label"), max_length=60)
    kind = models.CharField(_("kind"), max_length=9, choices=FieldKind.choices)
    options = models.JSONField(default=list, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    rank = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = OfProjectQuerySet.as_manager()

    class Meta:
        ordering = ("project", "rank", "id")
        constraints = (
            models.UniqueConstraint(
                "project",
                Lower("label"),
                condition=Q(retired_at__isnull=True),
                name="card_field_label_once",
            ),
        )

    def __str__(self) -> str:
        return self.label

    @property
    def key(self) -> str:
        """The name under which cards keep its value."""
        return str(self.pk)
