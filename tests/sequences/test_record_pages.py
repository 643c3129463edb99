"""The pages of customers ask few queries, whatever every app shows on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paceline.crm import actions as crm
from paceline.crm.kinds import address
from paceline.crm.models import ActivityKind, ConsentChannel, FeedbackKind, FieldKind
from paceline.leads.models import Inquiry
from paceline.mail import actions as mail
from paceline.sequences import actions
from tests.crm.conftest import Sales, make_sales
from tests.crm.orders import follow, line
from tests.mail.permissions import make_server
from tests.sequences.conftest import at, make_sequence
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
MOST = 15


def records(sales: Sales, lead: Any) -> Iterator[tuple[str, Any]]:
    yield from (("contact", sales.contact), ("company", sales.company))
    yield from (("lead", lead), ("deal", sales.deal))


def fill(world: World) -> tuple[Sales, Any]:
    """One customer of each kind with all that the demonstration company knows of any."""
    told: dict[str, Any] = {"by": world.priya, "at": NOW}
    sales = make_sales(world)
    make_server(world)
    lead = crm.add_lead(
        team=world.north, owner=world.priya, facts={"name": "Ivy", "message": "How much?"},
        points=[crm.Point("email", "ivy@x.tw")], **told,
    )  # fmt: skip
    for kind, record in records(sales, lead):
        field = crm.add_custom_field(
            team=world.north, of=kind, label="Shoe size", kind=FieldKind.TEXT, by=world.marco,
            at=NOW,
        )  # fmt: skip
        facts = {"custom": {field.key: "forty two"}}
        record.refresh_from_db()
        change = crm.change_deal if kind == "deal" else crm.change
        named = {"deal" if kind == "deal" else "record": record}
        change(**named, facts=facts, seen=record.version, **told)
        crm.set_tags(record=record, names=["gold", "spring"], **told)
        on = crm.On.record(record)
        crm.add_activity(on=on, kind=ActivityKind.CALL, facts={"text": "They called"}, **told)
        crm.attach_file(record=record, content=b"x", name="offer.pdf", media_type="", **told)
        if kind in {"contact", "company"}:
            crm.add_feedback(on=on, kind=FeedbackKind.COMPLAINT, text="Late parcel", **told)
        if kind == "company":
            continue
        words = mail.Words(f"News for the {kind}", "Hello")
        mail.write(addressed=mail.Addressed.of(record, "a@x.tw"), words=words, **told)
    for channel in (ConsentChannel.EMAIL, ConsentChannel.PHONE):
        crm.record_consent(
            holder=sales.contact, channel=channel, purpose="News", source="Form", given_at=NOW,
            **told,
        )  # fmt: skip
    sales.contact.refresh_from_db()
    crm.change(record=sales.contact, facts={"number": "M-1"}, seen=sales.contact.version, **told)
    for number, (amount, currency) in enumerate((("100", "USD"), ("70", "USD"), ("9000", "JPY"))):
        line(f"O{number}", amount, customer="M-1", currency=currency, person=world.priya)
    follow()
    for kind, record in (("contact", sales.contact), ("lead", lead)):
        for name in ("First", "Second", "Third"):
            sequence = make_sequence(world, of=kind, name=f"{name} of a {kind}", stops=())
            if name != "Third":
                actions.begin(sequence=sequence, record=record, **told)
        Inquiry.objects.create(
            team=world.north, **{kind: record}, arrived_at=NOW, target_minutes=60
        )
    actions.walk(at=at("2026-07-17"))
    return sales, lead


def test_what_every_app_shows_of_a_customer_is_asked_at_once(world: World, client_for: Any) -> None:
    sales, lead = fill(world)
    said = {
        "contact": (
            "forty two", "gold", "Late parcel", "offer.pdf", "News for the contact", "Spring order",
            "First of a contact", "Third of a contact", "ming88", "Frequency", "¥9,000", "$170.00",
            "reply+", "tel:+886912345678",
        ),
        "company": ("forty two", "gold", "Late parcel", "offer.pdf", "Spring order", "王小明"),
        "lead": (
            "forty two", "gold", "offer.pdf", "News for the lead", "Second of a lead",
            "Third of a lead", "ivy@x.tw", "How much?",
        ),
        "deal": ("forty two", "gold", "offer.pdf", "News for the deal", "Priya"),
    }  # fmt: skip
    for reader in (world.priya, world.marco):
        client = client_for(reader)
        for kind, record in records(sales, lead):
            where = address(kind, record.pk)
            client.get(where)
            with CaptureQueriesContext(connection) as asked:
                text = client.get(where).content.decode()
            assert len(asked) <= MOST, (kind, [one["sql"][:150] for one in asked])
            assert [one for one in said[kind] if one not in text] == [], kind
            if kind in {"contact", "lead"}:
                started = text.split('name="sequence"')[1].split("</select>")[0]
                assert "Third" in started
                assert "First" not in started, "it is under way"
