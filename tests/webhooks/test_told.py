"""What other systems are told of customers, cards and goals: ids, in the change's transaction."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from paceline.boards.actions import finish_card, move_card
from paceline.crm import actions as crm
from paceline.crm.actions import NewCustomer
from paceline.crm.models import Batch, Company, ContributorKind, Lead
from paceline.goals.actions import Said, check_in
from paceline.goals.models import Confidence
from paceline.imports import actions as imports
from paceline.sequences import actions as sequences
from paceline.webhooks import actions
from paceline.webhooks.kinds import kinds
from paceline.webhooks.models import Endpoint, Message
from tests.boards.conftest import make_work
from tests.crm.conftest import make_sales
from tests.crm.test_intake import brought
from tests.goals.conftest import agree_both, make_aims
from tests.sequences.conftest import make_customer, make_sequence
from tests.world import World

CANARY = "canary7f3"


@pytest.fixture
def endpoint(world: World) -> Endpoint:
    return actions.add_endpoint(
        url="https://books.example.com", description="", kinds=[name for name, _word in kinds()],
        by=world.ada, at=world.now,
    )[0]  # fmt: skip


def told() -> list[tuple[str, dict[str, Any]]]:
    """What was told since this was asked last."""
    rows = Message.objects.order_by("pk")
    found = [(one.kind, json.loads(one.body)["data"]) for one in rows]
    Message.objects.all().delete()
    return found


def test_customers_are_told_by_ids_and_fields(world: World, endpoint: Endpoint) -> None:
    make_sales(world)
    kinds_told = [kind for kind, _data in told()]
    assert kinds_told == [
        "customer.created", "customer.created", "deal.created", "deal.created",
    ]  # fmt: skip
    given: dict[str, Any] = {"by": world.priya, "at": world.now}
    facts = {"name": CANARY, "address": CANARY}
    one, two = (
        crm.add_contact(team=world.north, facts=facts, owner=world.priya, **given) for _n in "12"
    )
    crm.change(record=one, facts={"title": CANARY}, points=[crm.Point("line", CANARY)], **given)
    crm.change(record=one, facts={"title": CANARY}, **given)  # nothing changed, nothing told
    one.refresh_from_db()
    merged = crm.merge(
        survivor=one, others=[two], choices={}, seen={one.pk: one.version, two.pk: two.version},
        **given,
    )  # fmt: skip
    crm.undo_merge(merged=merged, **given)
    crm.erase_contact(contact=one, reason=CANARY, by=world.marco, at=world.now)
    of = {"of": "contact"}
    assert told() == [
        ("customer.created", {**of, "ids": [one.pk]}),
        ("customer.created", {**of, "ids": [two.pk]}),
        ("customer.changed", {**of, "ids": [one.pk], "fields": ["title"]}),
        ("customer.changed", {**of, "ids": [one.pk], "fields": ["points"]}),
        ("customer.merged", {**of, "ids": [one.pk], "merged": [two.pk]}),
        ("customer.unmerged", {**of, "ids": [one.pk], "merged": [two.pk]}),
        ("customer.erased", {**of, "ids": [one.pk]}),
    ]
    rows = [NewCustomer({"name": f"{CANARY} {n}"}) for n in range(501)]
    made = crm.add_companies(team=world.north, rows=rows, by=world.priya, at=world.now)
    assert [len(data["ids"]) for _kind, data in told()] == [500, 1]
    # Many records changed at once are one message, and what is taken back was never told.
    batch = crm.request_batch(
        of="company", what={"set": {"industry": CANARY}}, ids=[one.pk for one in made[:3]],
        by=world.priya, at=world.now,
    )  # fmt: skip
    crm.run_batch(batch=Batch.objects.get(pk=batch.pk), at=world.now)
    ids = [one.pk for one in made[:3]]
    assert told() == [("customer.changed", {"of": "company", "ids": ids, "fields": ["industry"]})]
    with transaction.atomic():
        crm.change(record=made[0], facts={"industry": "x"}, by=world.priya, at=world.now)
        transaction.set_rollback(True)
    assert told() == []


def test_deals_and_leads_are_told_as_they_go(world: World, endpoint: Endpoint) -> None:
    sales = make_sales(world)
    given: dict[str, Any] = {"by": world.marco, "at": world.now}
    lead: Lead = crm.add_lead(team=world.north, facts={"name": CANARY}, **given)
    told()
    into = crm.Into(pipeline=sales.north, deal_facts={"amount": Decimal(5)})
    done = crm.convert_lead(lead=lead, into=into, **given)
    deal = done.deal
    assert deal is not None
    became = {"contact": done.contact_id, "company": None, "deal": deal.pk}
    assert told() == [
        ("customer.created", {"of": "contact", "ids": [done.contact_id]}),
        ("deal.created", {"of": "deal", "ids": [deal.pk]}),
        ("lead.changed", {"of": "lead", "ids": [lead.pk], "fields": ["status"]}),
        ("lead.converted", {"of": "lead", "ids": [lead.pk], **became}),
    ]
    offer, lost, new = sales.stage("Offer"), sales.stage("Lost"), sales.stage("New")
    crm.move_deal(deal=deal, to=offer, on=world.today, **given)
    why = crm.Lost(note=CANARY)
    crm.move_deal(deal=deal, to=lost, lost=why, on=world.today, **given)
    crm.move_deal(deal=deal, to=new, on=world.today, **given)
    half = Decimal("0.5")
    shares = [crm.Share(world.marco, ContributorKind.OWNER, half),
              crm.Share(world.priya, ContributorKind.ASSIST, half)]  # fmt: skip
    crm.agree_shares(deal=deal, shares=shares, **given)
    crm.set_lines(deal=deal, lines=[crm.Line(CANARY, Decimal(1), Decimal(2))], **given)
    ids = {"of": "deal", "ids": [deal.pk]}
    assert told() == [
        ("deal.moved", {**ids, "stage": offer.pk}),
        ("deal.moved", {**ids, "stage": lost.pk}),
        ("deal.lost", {**ids, "stage": lost.pk}),
        ("deal.moved", {**ids, "stage": new.pk}),
        ("deal.shares_changed", ids),
        ("deal.changed", {**ids, "fields": ["amount", "lines"]}),
    ]


def test_many_changed_alike_are_one_message(world: World, endpoint: Endpoint) -> None:
    """Tags, putting away and their undo, files taken back: in parts of 500, none one by one."""
    make_sales(world)
    given: dict[str, Any] = {"by": world.priya, "at": world.now}
    rows = [NewCustomer({"name": f"{CANARY} {n}"}) for n in range(503)]
    ids = [one.pk for one in crm.add_companies(team=world.north, rows=rows, **given)]
    told()
    of = {"of": "company"}
    for what, field in (({"tag": CANARY}, "tags"), ({"archive": True}, "archived")):
        chosen = ids if field == "tags" else ids[:7]
        batch = crm.request_batch(of="company", what=what, ids=chosen, **given)
        crm.run_batch(batch=Batch.objects.get(pk=batch.pk), at=world.now)
        changed = [
            ("customer.changed", {**of, "ids": part, "fields": [field]})
            for part in (chosen[:500], chosen[500:]) if part
        ]  # fmt: skip
        assert told() == changed
        assert crm.undo_batch(batch=Batch.objects.get(pk=batch.pk), **given)[0] == len(chosen)
        assert told() == changed
    # The same tag again changes nothing, and nothing is told.
    crm.set_tags(record=Company.objects.get(pk=ids[0]), names=["x"], **given)
    told()
    batch = crm.request_batch(of="company", what={"tag": "x"}, ids=ids[:1], **given)
    crm.run_batch(batch=Batch.objects.get(pk=batch.pk), at=world.now)
    assert told() == []
    source = brought("crm_company", f"Name,Number\n{CANARY} A,K-1\n{CANARY} B,K-2\n", world.priya)
    (_file, made), *_rest = [one for one in told() if one[0] == "customer.created"]
    imports.undo(source=source, reason=CANARY, **given)
    assert told() == [
        ("customer.removed", {**of, "ids": made["ids"]}),
        ("import.undone", {"id": source.pk, "kind": "crm_company"}),
    ]


def test_sequences_are_told_by_who_begins_and_ends(world: World, endpoint: Endpoint) -> None:
    sequence = make_sequence(world)
    one, two = (make_customer(world, CANARY) for _n in "12")
    told()
    given: dict[str, Any] = {"by": world.priya, "at": world.now}
    with_them = {"of": "contact", "sequence": sequence.pk}
    begun = sequences.begin(sequence=sequence, record=one, **given)
    sequences.stop(enrolment=begun, **given)
    assert told() == [
        ("sequence.begun", {**with_them, "ids": [one.pk]}),
        ("sequence.ended", {**with_them, "ids": [one.pk], "why": "hand"}),
    ]
    start = sequences.draft_start(of="contact", ids=[one.pk, two.pk], **given)
    start = sequences.begin_start(start=start, sequence=sequence, **given)
    sequences.run_start(start=start, at=world.now)
    sequences.undo_start(start=start, **given)
    both = {**with_them, "ids": [one.pk, two.pk]}
    assert told() == [
        ("sequence.begun", both), ("sequence.ended", {**both, "why": "taken_back"}),
    ]  # fmt: skip


def test_cards_and_goals_are_told(world: World, endpoint: Endpoint) -> None:
    work, aims = make_work(world), make_aims(world)
    told()
    given: dict[str, Any] = {"by": world.priya, "at": world.now}
    doing, done = work.list("Doing"), work.list("Done")
    move_card(card=work.card, to=doing, **given)
    finish_card(card=work.card, **given)
    finish_card(card=work.card, done=False, **given)
    move_card(card=work.card, to=done, **given)
    place = {"ids": [work.card.pk], "project": work.campaign.pk}
    assert told() == [
        ("card.moved", {**place, "list": doing.pk}),
        ("card.done", {**place, "list": doing.pk}),
        ("card.moved", {**place, "list": done.pk}),
        ("card.done", {**place, "list": done.pk}),
    ]
    agree_both(aims.priya, world.priya, world.marco)
    said = Said(world.today, Decimal(5), Confidence.HIGH, CANARY)
    check_in(goal=aims.priya, said=said, today=world.today, **given)
    assert told() == [
        ("goal.agreed", {"ids": [aims.priya.pk]}),
        ("goal.checked_in", {"ids": [aims.priya.pk], "on": world.today.isoformat()}),
    ]
