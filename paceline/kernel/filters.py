"""Choices that narrow a table, and what becomes of one that is no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paceline.kernel.columns import Text

PART = "is-"
TOLD_MAX = 120


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice that narrows the rows: by a database path, or a function of rows and value.

    ``former`` names a value that is not offered any more and that rows may still bear, so that it
    narrows them as before; empty where it cannot be that. ``gone`` says what one was that none can
    bear.
    """

    key: str
    label: Text
    choices: Sequence[tuple[str, Text]]
    apply: str | Callable[[Any, str], Any] = ""
    former: Callable[[str], str] | None = None
    gone: Callable[[str], str] | None = None

    @property
    def part(self) -> str:
        return f"{PART}{self.key}"

    def offers(self, value: str) -> bool:
        return value in {str(known) for known, _label in self.choices}


@dataclass
class Narrowing:
    """What was asked of the filters of a table: ``former`` choices by the key of their filter, and
    what is ``gone``."""

    former: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)


def sift(
    filters: Iterable[Filter], chosen: dict[str, str], asked: Mapping[str, Any], table: str
) -> Narrowing:
    """Put aside what is chosen and not offered: told where the address asks for it, forgotten where
    it was only remembered, because tables of several pages may bear one name."""
    found = Narrowing()
    known = {one.part: one for one in filters}
    for name, value in asked.items():
        part = name.removeprefix(f"{table}-")
        if value and part != name and part.startswith(PART) and part not in known:
            found.gone.append(f"{part.removeprefix(PART)}: {value}"[:TOLD_MAX])
    for part, one in known.items():
        value = chosen.get(part, "")
        if not value or one.offers(value):
            continue
        if one.former is not None and (name := one.former(value)):
            found.former[one.key] = name
            continue
        chosen.pop(part)
        if asked.get(f"{table}-{part}"):
            told = one.gone(value) if one.gone is not None else f"{one.label}: {value}"
            found.gone.append(told[:TOLD_MAX])
    return found
