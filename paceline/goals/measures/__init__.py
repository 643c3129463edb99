"""What goals can be measured by: sources that apps register, and how a goal's value is read.

A source hands over facts: whose, on which day, how much. What a goal asks for is put together from
them here, so that a person's, a team's and the company's figure come from the same facts. An app
above registers its own sources when it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise

from paceline.goals.models.quotas import Unit

People = Collection[int] | None


@dataclass(frozen=True, slots=True)
class Fact:
    """What one person did on a day; ``person_id`` is None for what is nobody's.

    ``parts`` are what the source adds up; money among them is in ``currency``.
    """

    person_id: int | None
    on: date
    currency: str
    parts: tuple[Decimal, ...]


def whole(parts: Sequence[Decimal]) -> Decimal | None:
    """The value of a source whose only part is the value itself."""
    return parts[0]


@dataclass(frozen=True, slots=True)
class Source:
    """Something that a goal can be measured by.

    ``daily(starts_on, ends_before, people)`` gives the facts of the half-open days, of everyone
    when ``people`` is None, in one or two queries. ``value`` makes the value of the summed parts,
    None where there is nothing to tell. ``money`` says which parts are money. A source is a
    ``level`` when its value does not grow with the days, as rates and averages.
    ``lowered_by``: sources that, raised alone, are apt to bring this one down.
    """

    key: str
    label: str | Promise
    definition: str | Promise
    unit: Unit
    daily: Callable[[date, date, People], Iterable[Fact]]
    value: Callable[[Sequence[Decimal]], Decimal | None] = whole
    parts: int = 1
    money: tuple[int, ...] = ()
    is_level: bool = False
    lowered_by: frozenset[str] = field(default_factory=frozenset)
    raised_by: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Family:
    """Sources that come and go with rows: their keys are ``prefix:ref``."""

    prefix: str
    find: Callable[[str], Source | None]
    sources: Callable[[], list[Source]]


_sources: dict[str, Source] = {}
_families: dict[str, Family] = {}


def register(source: Source) -> None:
    """Let goals be measured by a source; called once at start."""
    _sources[source.key] = source


def register_family(family: Family) -> None:
    """Let goals be measured by any source of a family; called once at start."""
    _families[family.prefix] = family


def find(key: str) -> Source | None:
    """The source of a key; None for one that is typed, or that is no more."""
    if key in _sources:
        return _sources[key]
    prefix, _, ref = key.partition(":")
    family = _families.get(prefix)
    return family.find(ref) if family is not None and ref else None


def sources() -> list[Source]:
    """Every source that there is now, those of rows last. One query a family."""
    found = list(_sources.values())
    for family in _families.values():
        found += family.sources()
    return found


def known(keys: Iterable[str]) -> dict[str, Source]:
    """The sources of some keys that there are; families are asked once."""
    wanted = set(keys)
    found = {key: _sources[key] for key in wanted if key in _sources}
    prefixes = {key.partition(":")[0] for key in wanted if ":" in key}
    for prefix in prefixes & _families.keys():
        found |= {one.key: one for one in _families[prefix].sources() if one.key in wanted}
    return found
