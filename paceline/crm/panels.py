"""What apps above show on the page of a record and do with the records chosen on a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise

from paceline.org.models import Person


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a record's page: a template and what it is given as ``panel``."""

    template: str
    panel: Mapping[str, Any] = field(default_factory=dict)


# The reader, the kind of the record, the record, whether the reader may change it, and now.
Offer = Callable[[Person, str, Any, bool, datetime], Panel | None]


@dataclass(frozen=True, slots=True)
class ManyAct:
    """Something to begin with many records. ``begin`` is given the kind, the ids as they were
    chosen (the act itself asks what the person may do with each), the person and the moment, and
    returns the address where it goes on."""

    key: str
    label: str | Promise
    kinds: frozenset[str]
    may: Callable[[Person], bool]
    begin: Callable[[str, Sequence[int], Person, datetime], str]


_offers: list[Offer] = []
_acts: dict[str, ManyAct] = {}
_annotations: dict[str, dict[str, Callable[[Person], Any]]] = {}


def annotate(kind: str, name: str, expression: Callable[[Person], Any]) -> None:
    """Let an app above ask something for a reader in the query that finds a record of a kind, so
    that its panel asks nothing more."""
    _annotations.setdefault(kind, {})[name] = expression


def annotations_of(kind: str, person: Person) -> dict[str, Any]:
    return {name: expression(person) for name, expression in _annotations.get(kind, {}).items()}


def offer(panel: Offer) -> None:
    """Let an app above show something beside a record."""
    _offers.append(panel)


def panels_of(
    person: Person, kind: str, record: Any, *, may_change: bool, at: datetime
) -> list[Panel]:
    """What the apps above show of a record to a person."""
    found = (one(person, kind, record, may_change, at) for one in _offers)
    return [one for one in found if one is not None]


def offer_act(act: ManyAct) -> None:
    """Let an app above begin something with many records."""
    _acts[act.key] = act


def acts_for(person: Person, kind: str) -> list[ManyAct]:
    return [one for one in _acts.values() if kind in one.kinds and one.may(person)]
