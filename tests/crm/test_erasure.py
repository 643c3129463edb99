"""Somebody who is erased is found in no table, no file and no index."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from paceline.crm import actions
from paceline.crm.actions import Into, Point
from paceline.crm.models import ActivityKind, Contact, FeedbackKind, ImportedRecord, OrderLink
from paceline.files.actions import store_file
from paceline.files.queries import damaged_files
from paceline.imports.actions import forget_old_files
from paceline.imports.models import Import, ImportProblem
from paceline.orders.actions import close_days
from paceline.orders.models import OrderLine
from paceline.orders.shops.actions import empty_old_messages
from paceline.orders.shops.models import Delivery, ShopOrder
from tests.crm.orders import a_contact
from tests.shops.conftest import Teller, an_order
from tests.shops.conftest import teller as teller_of_tea  # noqa: F401 - a fixture
from tests.world import NOW, World

LATER = NOW + timedelta(hours=1)
CANARY = "Zyxwvu"
PHONE = "912345987"


def places(*words: str) -> list[str]:
    """Every table and file in which one of the words stands, in whatever case."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        columns: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for table, column, kind in cursor.fetchall():
            text = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            columns[table] += [(column, text)]
        for table, texts in columns.items():
            asked = [(column, text, word) for column, text in texts for word in words]
            counts = ", ".join(f"count(*) FILTER (WHERE {text} ILIKE %s)" for _, text, _ in asked)
            cursor.execute(
                f'SELECT {counts} FROM "{table}"',  # noqa: S608
                [f"%{word}%" for _, _, word in asked],
            )
            of_table = zip(asked, cursor.fetchone(), strict=True)
            found += [f"{table}.{column}: {word}" for (column, _, word), rows in of_table if rows]
    for path in Path(settings.MEDIA_ROOT).rglob("*"):
        if path.is_file():
            content = path.read_bytes().lower()
            found += [str(path) for word in words if word.lower().encode() in content]
    return found


def everywhere(world: World, teller: Teller) -> Contact:
    """A person who is spoken of wherever one can be."""
    name, mail = f"{CANARY} Lin", f"{CANARY}@example.com"
    lead = actions.add_lead(
        team=world.north, owner=world.priya, by=world.priya, at=NOW, points=[Point("email", mail)],
        facts={"name": name, "message": f"Call {CANARY}"},
    )  # fmt: skip
    contact = actions.convert_lead(lead=lead, into=Into(), by=world.priya, at=NOW).contact
    other = a_contact(
        world, f"{CANARY} L.", Point("mobile", f"+886 {PHONE}"), Point("shop", CANARY)
    )
    text = f"name,phone,e-mail\n{name},+886{PHONE},{mail}\n"
    file = store_file(text.encode(), name=f"{CANARY}.csv", media_type="text/csv", by=None, at=NOW)
    brought = Import.objects.create(
        kind="contacts", file=file, name=f"{CANARY}.csv", state="committed", committed_at=NOW,
        uploaded_by=world.priya, uploaded_at=NOW,
    )  # fmt: skip
    ImportProblem.objects.create(source=brought, row=2, code="x", params={"value": name})
    ImportedRecord.objects.create(source_import=brought, contact=other, row=1, version=1,
                                  is_new=True)  # fmt: skip
    actions.merge(
        survivor=contact, others=[other], choices={}, by=world.priya, at=NOW,
        seen={one.pk: Contact.objects.get(pk=one.pk).version for one in (contact, other)},
    )  # fmt: skip
    contact = Contact.objects.get(pk=contact.pk)
    actions.add_activity(on=actions.On.record(contact), kind=ActivityKind.NOTE, by=world.priya,
                         facts={"text": f"{CANARY} likes tea"}, at=NOW)  # fmt: skip
    actions.add_feedback(on=actions.On.record(contact), kind=FeedbackKind.COMPLAINT, by=world.priya,
                         text=f"{CANARY} waited", at=NOW)  # fmt: skip
    actions.attach_file(record=contact, content=CANARY.encode(), name=f"{CANARY}.txt",
                        media_type="text/plain", by=world.priya, at=NOW)  # fmt: skip
    buyers = [
        {"id": "c7", "name": name, "email": mail},
        {"name": name, "phone": f"0{PHONE}"},
        {"id": CANARY, "name": "x"},
    ]
    for n, buyer in enumerate(buyers, start=1):
        teller.order(an_order(id=f"o{n}", number=f"{n}", customer=buyer))
    # A message that nobody can take in, and an order line of a file on a day that is closed.
    assert teller.tell({"type": "order.updated", "data": {"note": CANARY}}).status_code == 200
    OrderLine.objects.create(source="file", order_number="F1", line_number="1", customer=mail,
                             ordered_on=date(2026, 1, 5), quantity=1, amount=Decimal(70),
                             currency="USD", person=world.priya)  # fmt: skip
    close_days(starts_on=date(2026, 1, 1), ends_before=date(2026, 2, 1), by=None, at=NOW)
    actions.follow_orders(at=NOW)
    return contact


@pytest.mark.django_db
def test_a_canary_is_found_nowhere_afterwards(
    world: World, request: Any, settings: Any, tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    settings.MEDIA_ROOT = tmp_path
    teller: Teller = request.getfixturevalue("teller_of_tea")
    contact = everywhere(world, teller)
    # Nothing of a buyer is in the lines of a shop, from which pay runs take their inputs.
    said = set(OrderLine.objects.exclude(source="file").values_list("customer", flat=True))
    assert "c7" in said
    assert not any("Lin" in one or "@" in one for one in said)
    assert OrderLink.objects.filter(contact=contact).count() == 4
    facts = ("pk", "amount", "person_id", "ordered_on")
    before = list(OrderLine.objects.order_by("pk").values(*facts))
    tables = {one.split(".")[0] for one in places(CANARY, PHONE)}
    assert tables >= {"shops_delivery", "shops_shoporder", "crm_contact", "orders_orderline",
                      "imports_importproblem", "files_storedfile"}  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        erasure = actions.erase_contact(
            contact=contact, reason="They asked.", by=world.marco, at=LATER
        )
    assert places(CANARY, PHONE) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert not list(damaged_files())
    assert erasure.removed["shop_orders"] == 3
    assert erasure.removed["messages"] == 4
    # Books stand: amounts, days, sellers; the customer of the closed line is a pseudonym.
    after = list(OrderLine.objects.order_by("pk").values(*facts))
    assert after == before
    assert OrderLine.objects.get(source="file").customer == f"erased-{contact.pk}"
    with pytest.raises(DatabaseError), transaction.atomic():
        OrderLine.objects.filter(source="file").update(amount=1)
    # What the shop says later of the same order is kept without its buyer.
    tea = {"id": "1", "product": "Tea", "quantity": 1, "amount": "9"}
    again = {"id": "c7", "name": CANARY, "email": f"{CANARY}@x.com"}
    later = {"updated_at": "2026-07-02T00:30:00+08:00", "lines": [tea], "customer": again}
    teller.order(an_order(id="o1", number="1", **later))
    assert ShopOrder.objects.get(number="1").amount == 9
    actions.follow_orders(at=LATER)
    assert places(CANARY) == []
    # Nobody changes what a shop said; it is only emptied.
    with pytest.raises(DatabaseError), transaction.atomic():
        Delivery.objects.update(topic="x")


@pytest.mark.django_db
def test_raw_bytes_go_when_nothing_needs_them(
    world: World, request: Any, settings: Any, tmp_path: Path,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    settings.MEDIA_ROOT = tmp_path
    teller: Teller = request.getfixturevalue("teller_of_tea")
    teller.order(an_order())
    text = b"name,email\nAnn,ann@example.com\n"
    stored = store_file(text, name="ann.csv", media_type="text/csv", by=world.priya, at=NOW)
    shared = store_file(b"both", name="both.csv", media_type="text/csv", by=world.priya, at=NOW)
    for file in (stored, shared):
        Import.objects.create(
            kind="contacts", file=file, name=file.name, state="committed", committed_at=NOW,
            uploaded_by=world.priya, uploaded_at=NOW,
        )  # fmt: skip
    actions.attach_file(record=a_contact(world), content=b"both", name="both.txt",
                        media_type="text/plain", by=world.priya, at=NOW)  # fmt: skip
    day = Delivery.objects.get().received_at
    assert empty_old_messages(at=day + timedelta(days=89)) == 0
    assert empty_old_messages(at=day + timedelta(days=91)) == 1
    assert bytes(Delivery.objects.get().body) == b""
    assert ShopOrder.objects.get().buyer == "Aster"
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_old_files(at=NOW + timedelta(days=29)) == 0
        assert forget_old_files(at=NOW + timedelta(days=31)) == 1
        assert forget_old_files(at=NOW + timedelta(days=31)) == 0
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] == [b"both"]
    assert not list(damaged_files())
    # The same bytes, brought again, are there again.
    again = store_file(text, name="ann.csv", media_type="text/csv", by=world.priya, at=NOW)
    assert (again.pk, again.removed_at, again.name) == (stored.pk, None, "ann.csv")
    assert not list(damaged_files())
