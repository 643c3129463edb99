"""Named hierarchies and who stands below whom in them, for programs."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_noop as noop
from ninja import Query
from pydantic import Field

from paceline.kernel.interface import Asked, Page, Problem, Record, answer_one, answer_page
from paceline.kernel.interface.days import Day
from paceline.org import access, actions, queries
from paceline.org.api.area import ENDS_BEFORE, NUMBER, Sent, person_of, router, written
from paceline.org.models import Hierarchy, HierarchyLine, Person
from paceline.org.requests import TokenRequest


class HierarchyRecord(Record):
    """A tree of people beside the reporting line; plans know it by its code."""

    id: int
    code: str
    name: str


class PlaceRecord(Record):
    """Who stands below whom in a hierarchy on which days."""

    id: int
    hierarchy: str = Field("", description=noop("Code of the hierarchy."))
    person: str = Field("", description=NUMBER)
    manager: str = Field("", description=NUMBER)
    starts_on: date
    ends_before: date | None = Field(None, description=ENDS_BEFORE)

    @staticmethod
    def resolve_hierarchy(row: HierarchyLine) -> str:
        return row.hierarchy.code

    @staticmethod
    def resolve_person(row: HierarchyLine) -> str:
        return row.person.number

    @staticmethod
    def resolve_manager(row: HierarchyLine) -> str:
        return row.manager.number


class HierarchyIn(Sent):
    """A new hierarchy; its code never changes."""

    code: str = Field(min_length=1, max_length=60, pattern="^[a-z][a-z0-9_]*$")
    name: str = Field(min_length=1, max_length=120)


class NameIn(Sent):
    """What a hierarchy is called from now on."""

    name: str = Field(min_length=1, max_length=120)


class PlacesAsked(Asked):
    """Which places are wanted."""

    on: Day | None = Field(None, description=noop("Those that count on this day."))
    person: str = Field("", max_length=40, description=NUMBER)


class PlaceIn(Sent):
    """A place from a day on; the one before ends there."""

    person: str = Field(min_length=1, max_length=40, description=NUMBER)
    manager: str = Field(min_length=1, max_length=40, description=NUMBER)
    starts_on: Day
    ends_before: Day | None = Field(None, description=ENDS_BEFORE)
    reason: str = Field("", max_length=500)


class EndIn(Sent):
    """When something ends."""

    ends_before: Day = Field(description=noop("The first day on which it does not count."))
    reason: str = Field("", max_length=500)


def _refuse_others(request: TokenRequest, *concerned: Person) -> None:
    if not access.may_change_hierarchies(request.person, *concerned):
        raise Problem("forbidden")


@router.get("/hierarchies", response=Page[HierarchyRecord], summary=noop("List hierarchies"))
def list_hierarchies(request: TokenRequest, asked: Query[Asked]) -> HttpResponse:
    return answer_page(request, Hierarchy.objects.all(), asked, HierarchyRecord)


@router.post("/hierarchies", response=HierarchyRecord, summary=noop("Name a hierarchy"))
def add_hierarchy(request: TokenRequest, sent: HierarchyIn) -> HttpResponse:
    _refuse_others(request)
    made = written(
        lambda: actions.add_hierarchy(
            code=sent.code, name=sent.name, by=request.person, at=request.now
        )
    )
    return answer_one(request, made, HierarchyRecord)


@router.patch("/hierarchies/{int:pk}", response=HierarchyRecord, summary=noop("Rename a hierarchy"))
def rename_hierarchy(request: TokenRequest, pk: int, sent: NameIn) -> HttpResponse:
    hierarchy = get_object_or_404(Hierarchy, pk=pk)
    _refuse_others(request)
    made = actions.rename_hierarchy(
        hierarchy=hierarchy, name=sent.name, by=request.person, at=request.now
    )
    return answer_one(request, made, HierarchyRecord)


@router.get("/hierarchies/{int:pk}/places", response=Page[PlaceRecord], summary=noop("List places"))
def list_places(request: TokenRequest, pk: int, asked: Query[PlacesAsked]) -> HttpResponse:
    hierarchy = get_object_or_404(Hierarchy, pk=pk)
    rows: Any = queries.lines_of(hierarchy).select_related("hierarchy", "person", "manager")
    if asked.on is not None:
        rows = rows.on(asked.on)
    if asked.person:
        rows = rows.filter(person__number=asked.person)
    return answer_page(request, rows, asked, PlaceRecord)


@router.post(
    "/hierarchies/{int:pk}/places", response=PlaceRecord, summary=noop("Give somebody a place")
)
def add_place(request: TokenRequest, pk: int, sent: PlaceIn) -> HttpResponse:
    hierarchy = get_object_or_404(Hierarchy, pk=pk)
    _refuse_others(request)
    person = person_of(request, sent.person, "person")
    manager = person_of(request, sent.manager, "manager")
    _refuse_others(request, person, manager)
    made = written(
        lambda: actions.place_below(
            hierarchy=hierarchy,
            person=person,
            manager=manager,
            starts_on=sent.starts_on,
            ends_before=sent.ends_before,
            reason=sent.reason,
            by=request.person,
            at=request.now,
        )
    )
    return answer_one(request, made, PlaceRecord)


@router.put(
    "/hierarchies/places/{int:pk}/end", response=HierarchyRecord, summary=noop("End a place")
)
def end_place(request: TokenRequest, pk: int, sent: EndIn) -> HttpResponse:
    lines = HierarchyLine.objects.select_related("hierarchy", "person", "manager")
    line = get_object_or_404(lines, pk=pk)
    _refuse_others(request, line.person, line.manager)
    written(
        lambda: actions.end_place(
            line=line, ends_before=sent.ends_before, reason=sent.reason,
            by=request.person, at=request.now,
        )
    )  # fmt: skip
    return answer_one(request, line.hierarchy, HierarchyRecord)
