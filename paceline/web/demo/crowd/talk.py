"""What was said with the crowd: calls, notes, mails, tasks and complaints, most of it short."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from paceline.web.demo.crowd import copying
from paceline.web.demo.crowd.customers import Buyer
from paceline.web.demo.crowd.deals import Way

_ACTIVITY = (
    "kind", "company_id", "contact_id", "lead_id", "deal_id", "direction", "subject", "text", "at",
    "minutes", "due_on", "assignee_id", "done_at", "done_by_id", "created_by_id", "created_at",
    "version",
)  # fmt: skip
KINDS = ("call", "note", "mail", "chat", "chat", "meeting")
# With one customer of each desk much was said, with one of all of them most.
LONG, LONGEST = 300, 3_000


def bring_in(buyers: list[Buyer], ways: list[Way], until: datetime, random: Random) -> None:
    copying.write("crm_activity", _ACTIVITY, _all(buyers, ways, until, random))
    columns = ("kind", "severity", "company_id", "contact_id", "text", "at", "created_by_id",
               "order_source", "order_number", "outcome", "assignee_id")  # fmt: skip
    said = ("complaint", "wish", "praise")
    copying.write(
        "crm_feedback",
        columns,
        ((said[one.place % 3], ("low", "normal", "high")[one.place % 7 % 3],
          *((one.pk, None) if one.kind == "company" else (None, one.pk)),
          one.desk.says(one.place), one.came_at, one.desk.lead.pk, "", "", "",
          one.owner if one.place % 3 == 0 else None)
         for one in buyers if one.place % 50 == 7),
    )  # fmt: skip
    copying.take_stock("crm_activity", "crm_feedback")


def _all(
    buyers: list[Buyer], ways: list[Way], until: datetime, random: Random
) -> Iterator[tuple[Any, ...]]:
    for one in buyers:
        for _time in range(int(random.random() * 3)):
            yield _said(one, None, one.came_at, until, random)
        if one.place % 90 == 1:
            yield _task(one, until, random)
    for way in ways:
        if random.random() < 0.6:
            yield _said(way.buyer, way.pk, way.stages[0][1], until, random)
    people = (one for one in buyers if one.kind == "contact")
    for number, one in enumerate(islice(people, len({id(buyer.desk) for buyer in buyers}))):
        for _time in range(LONGEST if number == 0 else LONG):
            yield _said(one, None, one.came_at, until, random)


def _said(
    one: Buyer, deal: int | None, since: datetime, until: datetime, random: Random
) -> tuple[Any, ...]:
    kind = random.choice(KINDS)
    at = since + timedelta(seconds=int((until - since).total_seconds() * random.random()))
    company, contact = one.holder
    direction = "" if kind in {"note", "meeting"} else random.choice(("in", "out"))
    author = one.owner or one.desk.seller(one.place)
    text = one.desk.says(int(random.random() * 1000))
    minutes = 5 + one.place % 40 if kind in {"call", "meeting"} else None
    return (kind, company, contact, None, deal, direction, "", text, at, minutes, None, None, None,
            None, author, at, 1)  # fmt: skip


def _task(one: Buyer, until: datetime, random: Random) -> tuple[Any, ...]:
    """Something to do within two weeks of now; one of three is done."""
    company, contact = one.holder
    person = one.owner or one.desk.seller(one.place)
    due = (until + timedelta(days=int(random.random() * 24) - 10)).date()
    at = until - timedelta(days=12)
    done = until - timedelta(days=1) if random.random() < 0.33 else None
    return ("task", company, contact, None, None, "", one.desk.step(one.place), "", at, None, due,
            person, done, person if done else None, one.desk.lead.pk, at, 1)  # fmt: skip
