"""Who may connect a project with Trello, and see how it stands."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from paceline.boards import access as boards
from paceline.boards.models import Project
from paceline.boards.trello.models import Connection
from paceline.kernel.rights import EVERYONE, Act, Rule, Section
from paceline.org.models import Person

CONNECTION = Section(
    pgettext_lazy("object of a right", "connection with Trello"),
    (
        Rule(
            "*",
            "keep",
            Act.MAKE,
            relations=EVERYONE,
            note="whoever may arrange the project: connect, read how it stands, try again,"
            " disconnect; key and token are never shown again",
        ),
    ),
)
SECTIONS = (CONNECTION,)


def may_keep(person: Person, project: Project) -> bool:
    return boards.may_arrange(person, project)


def may_follow(person: Person, ref: str) -> bool:
    return ref.isdecimal() and Connection.objects.visible_to(person).filter(pk=ref).exists()
