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
from paceline.org.models import Person

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
class Record:
    """One thing behind a figure, as a reader may see it; what they may not see has no words.

    ``amount`` is what it brings to the figure, money in ``currency``; ``figure`` says in a word how
    it counts (on time, won).
    """

    person_id: int | None
    on: date
    text: str = ""
    url: str = ""
    detail: str = ""
    figure: str = ""
    amount: Decimal | None = None
    currency: str = ""
    is_seen: bool = True


RECORDS_MAX = 2_000  # so many of the newest a page looks at
FILE_RECORDS_MAX = 100_000  # and a file

# The things behind the facts of some days, as a reader sees them: of everyone when people is None,
# the newest first, at most so many as the last argument says, in one or two queries.
Records = Callable[[Person, date, date, People, int], Iterable[Record]]


@dataclass(frozen=True, slots=True)
class Source:
    """Something that a goal can be measured by.

    ``daily(starts_on, ends_before, people)`` gives the facts of the half-open days, of everyone
    when ``people`` is None, in one or two queries. ``value`` makes the value of the summed parts,
    None where there is nothing to tell. ``money`` says which parts are money. A source is a
    ``level`` when its value does not grow with the days, as rates and averages.
    ``lowered_by``: sources that, raised alone, are apt to bring this one down. ``records`` opens
    the figure. ``is_named_to`` says who may read its label; others read ``veiled``.
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
    records: Records | None = None
    is_named_to: Callable[[Person], bool] | None = None
    veiled: str | Promise = ""

    def label_for(self, reader: Person) -> str:
        """Its name, or what somebody reads of it who may not know that."""
        is_named = self.is_named_to is None or self.is_named_to(reader)
        return str(self.label if is_named else self.veiled)


@dataclass(frozen=True, slots=True)
class Family:
    """Sources that come and go with rows: their keys are ``prefix:ref``.

    ``find(refs)`` gives those of some refs that there are, ``offered(reader)`` those that a reader
    may choose; each in a fixed number of queries. ``is_level`` says of a unit whether its sources
    are levels: that is all that the standing of a goal asks of them.
    """

    prefix: str
    find: Callable[[Collection[str]], list[Source]]
    offered: Callable[[Person], list[Source]]
    is_level: Callable[[str], bool] = lambda _unit: False


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
    return known([key]).get(key)


def word_of(name: str) -> str:
    """What a reader calls the measure of a quota. Plans look quotas up by a word of their own; one
    that is also a source of goals has a name in every language, and another is read as words."""
    source = _sources.get(name)
    return name.replace("_", " ").replace("-", " ") if source is None else str(source.label)


def is_level(key: str, unit: str) -> bool:
    """Whether what is measured does not grow with the days; asks nothing of the database."""
    if key in _sources:
        return _sources[key].is_level
    prefix, _, ref = key.partition(":")
    return bool(ref) and prefix in _families and _families[prefix].is_level(unit)


def offered(reader: Person) -> list[Source]:
    """Every source that a reader may choose now, those of rows last."""
    found = list(_sources.values())
    for family in _families.values():
        found += family.offered(reader)
    return found


def known(keys: Iterable[str]) -> dict[str, Source]:
    """The sources of some keys that there are; families are asked once."""
    wanted = set(keys)
    found = {key: _sources[key] for key in wanted if key in _sources}
    refs: dict[str, set[str]] = {}
    for key in wanted:
        prefix, _, ref = key.partition(":")
        if ref and prefix in _families:
            refs.setdefault(prefix, set()).add(ref)
    for prefix, some in refs.items():
        found |= {one.key: one for one in _families[prefix].find(some)}
    return found
