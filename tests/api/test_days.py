"""Days that programs send are taken as far as calendars count, and refused beyond."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from ninja import Schema
from pydantic import TypeAdapter, ValidationError

from paceline.kernel.interface import Record
from paceline.urls import urlpatterns
from tests.api.calling import program_for
from tests.world import World

# Rows of files and their like: an import looks at them, and says which line is wrong.
LOOKED_AT_LATER = {"LineIn", "ReturnIn", "RateIn"}
ANSWERS = {"CellRecord", "SoldLine"}


def _schemas(top: type[Schema] = Schema) -> Iterator[type[Schema]]:
    for one in top.__subclasses__():
        yield one
        yield from _schemas(one)


def _has_days(kind: Any) -> bool:
    if get_origin(kind) in {Annotated, Union, types.UnionType, list}:
        return any(map(_has_days, get_args(kind)))
    return isinstance(kind, type) and issubclass(kind, date) and not issubclass(kind, datetime)


def test_every_day_that_is_sent_is_near_enough_to_count_from() -> None:
    assert urlpatterns  # all interfaces are mounted
    looked_at = 0
    for schema in {one for one in _schemas() if not issubclass(one, Record)}:
        if schema.__name__ in LOOKED_AT_LATER | ANSWERS:
            continue
        for name, field in schema.model_fields.items():
            if not _has_days(field.annotation):
                continue
            said = field.annotation
            kind = TypeAdapter(Annotated[said, *field.metadata] if field.metadata else said)
            is_list = get_origin(field.annotation) is list
            for day in ("0001-01-01", "9999-12-31"):
                with pytest.raises(ValidationError):
                    kind.validate_python([day] if is_list else day)
                looked_at += 1
            assert kind.validate_python(["2026-07-31"] if is_list else "2026-07-31"), name
    assert looked_at > 40


@pytest.mark.django_db
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_far_off_day_is_refused_by_its_name(world: World, day: str) -> None:
    program = program_for(world.hana, ["org:write"])
    leave = {"person": "E001", "kind": "unpaid", "starts_on": day}
    answer = program.ask("POST", "/leaves", leave)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "starts_on"
