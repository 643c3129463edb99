"""Copies that tests are given are what was made: every row, and the answer."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.db import transaction

from paceline.org import actions
from paceline.org.models import Person, Team
from tests import keeping
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


@dataclass
class Made:
    team: Team
    lead: Person


class _TakenBack(Exception):
    pass


def test_a_copy_is_what_was_made(world: World) -> None:
    calls = []

    def build(cast: World) -> Made:
        calls.append(cast)
        team = actions.create_team(code="east", name="East", parent=cast.company, by=None, at=NOW)
        actions.move_to_team(
            person=cast.omar, team=team, starts_on=cast.today, by=cast.hana, at=NOW
        )
        return Made(team, cast.sofia)

    found = []
    cast_alone = keeping.rows()
    for _ in range(3):
        with pytest.raises(_TakenBack), transaction.atomic():
            made = keeping.once(build, world)
            found.append(keeping.rows())
            assert (made.team.name, made.team.parent, made.lead) == (
                "East",
                world.company,
                world.sofia,
            )
            assert made.lead is world.sofia, "the cast is named, not copied"
            raise _TakenBack
        assert keeping.rows() == cast_alone
    first, *copies = found
    # The move ended a membership: a row that was there before is another.
    ended = cast_alone["org_teammembership"] - first["org_teammembership"]
    assert len(ended) == 1
    assert copies == [first, first]
    assert len(calls) == (1 if keeping.may_copy() else 3)


def test_on_other_ground_it_is_made_anew(world: World) -> None:
    calls = []

    def build(cast: World) -> Team:
        calls.append(cast)
        return actions.create_team(
            code=f"east{len(calls)}", name="East", parent=cast.company, by=None, at=NOW
        )

    actions.add_position(code="more", title="More", job_family="Sales", by=None, at=NOW)
    assert keeping.once(build, world) != keeping.once(build, world)
    assert len(calls) == 2
