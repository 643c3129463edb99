"""One sentence of a plan and where it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence of a plan and where it stands; ``anchor`` is its id on the plan's page."""

    path: str
    text: str

    @property
    def anchor(self) -> str:
        return anchor(self.path)


@dataclass(frozen=True, slots=True)
class Passage:
    """Sentences under one heading."""

    title: str
    clauses: tuple[Clause, ...]


def anchor(path: str) -> str:
    """The id that a clause has on the plan's page, so that a statement can point to it."""
    return "clause-" + path.replace("/", "-")
