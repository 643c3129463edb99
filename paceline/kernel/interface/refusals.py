"""What actions refuse, as problem documents: one place for the writes of every app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from paceline.kernel.interface.problems import Fault, Problem, invalid

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Refusals:
    """How the actions of an app refuse.

    ``worded`` are refusals that ``word`` puts into the reader's words. They are conflicts, but for
    those in ``members``, which are about a member of what was sent. ``faulty`` have ``errors`` by
    field, ``meanwhile`` the ``conflicts`` with what somebody else changed. ``told`` is asked first,
    for what only this app knows.
    """

    worded: tuple[type[Exception], ...] = ()
    word: Callable[[Any], str] = str
    members: Mapping[type[Exception], str] = field(default_factory=dict)
    faulty: tuple[type[Exception], ...] = ()
    meanwhile: tuple[type[Exception], ...] = ()
    told: Callable[[Exception], Problem | None] | None = None

    def written(self, act: Callable[[], Done]) -> Done:
        """Do a write; raises ``Problem`` that tells what stands in its way."""
        try:
            return act()
        except (*self.faulty, *self.meanwhile, *self.worded, *self.members) as refused:
            raise self._problem(refused) from None

    def _problem(self, refused: Any) -> Problem:
        problem = None if self.told is None else self.told(refused)
        if problem is not None:
            return problem
        if issubclass(type(refused), self.meanwhile):
            return changed_since(refused.conflicts)
        if issubclass(type(refused), self.faulty):
            return faults_of(refused.errors)
        member = self.members.get(type(refused))
        if member is not None:
            return invalid(member, self.word(refused))
        return Problem("conflict", self.word(refused))


def faults_of(errors: Mapping[str, Any]) -> Problem:
    """What is wrong with each field; a field without a sentence is not valid."""
    faults = [
        Fault("body", name, str(text))
        for name, texts in errors.items()
        for text in (texts or [_("This value is not valid.")])
    ]
    return Problem("invalid", faults=faults)


def changed_since(conflicts: Any) -> Problem:
    """That somebody else changed the same fields since they were read, and to what."""
    told = [
        {"field": one.field, "theirs": one.theirs, "by": one.by, "at": one.at.isoformat()}
        for one in conflicts
    ]
    return Problem("changed_since", more={"conflicts": told})
