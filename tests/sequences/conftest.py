"""A sequence of North with three steps, and a customer of Priya's."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from paceline.crm import actions as crm
from paceline.crm.models import Contact
from paceline.sequences import actions
from paceline.sequences.actions import NewStep
from paceline.sequences.models import Act, Enrolment, Sequence, Stop
from tests.world import NOW, World

TAIPEI = ZoneInfo("Asia/Taipei")
BERLIN = ZoneInfo("Europe/Berlin")
CALL = {
    "en": {"subject": "Ask {name} how it works", "body": "Hello {name}, this is {me}."},
    "zh-Hant": {"subject": "詢問 {name} 的使用心得", "body": "{name} 您好，我是 {me}。"},
}
CHAT = {"en": {"subject": "Send the care guide", "body": ""}}


def usual_steps(**more: Any) -> list[NewStep]:
    return [
        NewStep(Act.CALL, days=2, texts=CALL, **more),
        NewStep(Act.CHAT, days=3, counting="days", texts=CHAT, **more),
    ]


def make_sequence(
    world: World, steps: list[NewStep] | None = None, *, stops: Any = tuple(Stop), **more: Any
) -> Sequence:
    told = {"by": world.marco, "at": NOW}
    made = actions.add_sequence(
        team=world.north, **({"of": "contact", "name": "After buying"} | more), **told
    )
    actions.write_version(
        sequence=made, steps=usual_steps() if steps is None else steps, stops=stops, **told
    )
    return actions.switch_sequence(sequence=made, on=True, **told)


def make_customer(world: World, name: str = "Ming", **more: Any) -> Contact:
    given = {"team": world.north, "owner": world.priya, "by": world.priya, "at": NOW}
    return crm.add_contact(facts={"name": name, **more.pop("facts", {})}, **(given | more))


def at(day: str, hour: int = 9, minute: int = 0, zone: ZoneInfo = TAIPEI) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=zone)


def trace(enrolment: Enrolment) -> list[tuple[str, str]]:
    return list(enrolment.lines.values_list("what", "why"))


def begin(world: World, sequence: Any = None, **more: Any) -> Enrolment:
    sequence = make_sequence(world) if sequence is None else sequence
    contact = more.pop("contact", None) or make_customer(world, **more)
    return actions.begin(sequence=sequence, record=contact, by=world.priya, at=NOW)
