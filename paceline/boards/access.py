"""Who may see, change and arrange projects and their cards."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import pgettext_lazy

from paceline.boards.models import Comment, Member, Project, Reach, Right
from paceline.crm.models import scope_of
from paceline.kernel.rights import EVERYONE, Act, Rule, Section
from paceline.org.models import Person, Role

PROJECT = Section(
    pgettext_lazy("object of a right", "project"),
    (
        Rule(
            "*",
            "read",
            relations=EVERYONE,
            note="members; the team and those above it, or the whole company, where it is open to"
            " them; nobody else, whatever their role",
        ),
        Rule("*", "add", Act.MAKE, relations=EVERYONE),
        Rule(
            "*",
            "arrange",
            Act.MAKE,
            roles=frozenset({Role.LEAD}),
            note="members with this right; a lead those open to a team below them",
        ),
    ),
)
CARD = Section(
    pgettext_lazy("object of a right", "card"),
    (
        Rule("*", "read", relations=EVERYONE, note="as its project"),
        Rule(
            "*",
            "change",
            Act.MAKE,
            relations=EVERYONE,
            note="members who may edit; others where the project lets them",
        ),
        Rule("comments", "write", Act.MAKE, relations=EVERYONE, note="whoever sees the card"),
        Rule(
            "customers, deals, orders, goals",
            "read",
            note="as far as the reader sees them themselves",
        ),
    ),
)
SECTIONS = (PROJECT, CARD)
ORDER = {Right.SEE: 1, Right.EDIT: 2, Right.ARRANGE: 3}


def right_in(person: Person, project: Project) -> Right | None:
    """What the person may do in a project, or None when they do not see it. Two queries at most,
    kept on the project."""
    kept: dict[int, Right | None] = project.__dict__.setdefault("_rights", {})
    if person.pk not in kept:
        kept[person.pk] = _right_in(person, project)
    return kept[person.pk]


def keep_right(person: Person, project: Project, own: str | None) -> None:
    """Spare the query of ``right_in``: ``own`` is the right of the person as a member, if any."""
    kept: dict[int, Right | None] = project.__dict__.setdefault("_rights", {})
    kept[person.pk] = _right_of(person, project, [] if own is None else [own])


def _right_in(person: Person, project: Project) -> Right | None:
    own = Member.objects.filter(project=project, person_id=person.pk)
    return _right_of(person, project, own.values_list("right", flat=True))


def _right_of(person: Person, project: Project, own: Iterable[str]) -> Right | None:
    found = [Right(one) for one in own]
    scope = scope_of(person)
    if project.reach != Reach.MEMBERS:
        if project.reach == Reach.COMPANY or project.team_id in scope.all_teams:
            found.append(Right(project.open_right))
        elif person.has_role(Role.EXECUTIVE):
            found.append(Right.SEE)
        if project.team_id in scope.led and person.has_role(Role.LEAD):
            found.append(Right.ARRANGE)
    return max(found, key=lambda one: ORDER[one]) if found else None


def _reaches(person: Person, project: Project, right: Right) -> bool:
    held = right_in(person, project)
    return held is not None and ORDER[held] >= ORDER[right]


def may_add_project(person: Person) -> bool:
    return person.pk is not None


def may_edit(person: Person, project: Project) -> bool:
    """Whether the person may change the cards of a project; nobody those of one put away."""
    return project.archived_at is None and _reaches(person, project, Right.EDIT)


def may_arrange(person: Person, project: Project) -> bool:
    """Whether the person may change lists, labels, fields, members, rules and the project itself,
    also to bring it back."""
    return _reaches(person, project, Right.ARRANGE)


def may_comment(person: Person, project: Project) -> bool:
    return project.archived_at is None and _reaches(person, project, Right.SEE)


def may_change_comment(person: Person, comment: Comment) -> bool:
    """What somebody wrote only they change."""
    return comment.by_id == person.pk and comment.removed_at is None


__all__ = [
    "SECTIONS",
    "keep_right",
    "may_add_project",
    "may_arrange",
    "may_change_comment",
    "may_comment",
    "may_edit",
    "right_in",
]
