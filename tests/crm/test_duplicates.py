"""The same customer twice: found by what they share, merged with all history, and back exactly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from paceline.crm import actions
from paceline.crm.actions import Point
from paceline.crm.models import (
    Activity,
    ActivityKind,
    Company,
    ConsentChannel,
    Contact,
    DuplicatePair,
    Merge,
    OrderLink,
    RecordChange,
)
from paceline.crm.queries import timeline_of
from paceline.search.queries import find
from tests.crm.conftest import Sales
from tests.world import NOW, World, sign_in

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def pairs(kind: str) -> list[tuple[set[int], int, list[str]]]:
    rows = DuplicatePair.objects.filter(kind=kind).order_by("-score", "first", "second")
    return [({one.first, one.second}, one.score, one.reasons) for one in rows]


def company(world: World, name: str, *points: Point, **facts: Any) -> Company:
    return actions.add_company(
        team=world.north, facts={"name": name, "country": "TW", **facts}, points=points,
        owner=world.priya, by=world.priya, at=NOW,
    )  # fmt: skip


def test_pairs_are_found_by_what_they_share(world: World, sales: Sales) -> None:
    one = company(
        world, "極光股份有限公司", Point("phone", "02-2345-6789"), registration="12345678"
    )
    two = company(world, "极光有限公司", Point("phone", "+886 2 2345 6789"))
    three = company(world, "Other", registration="12345678")
    company(world, "Nobody", Point("email", "alone@x.tw"))
    for number in range(30):  # a switchboard that all share says nothing of any two
        company(world, f"Tenant {number}", Point("phone", "02 8888 8888"))
    assert actions.find_duplicates(kind="company", by=None, at=NOW) == 2
    assert pairs("company") == [
        ({one.pk, two.pk}, 95, ["name", "phone"]),
        ({one.pk, three.pk}, 70, ["registration"]),
    ]
    # People who are only called alike are two; with one company or number they may be one.
    same = {"team": world.north, "by": world.priya, "at": NOW, "owner": world.priya}
    actions.add_contact(facts={"name": "Xiaoming Wang"}, **same)
    near = actions.add_contact(facts={"name": "Xiaoming Wang", "company": sales.company}, **same)
    assert actions.find_duplicates(kind="contact", by=None, at=NOW) == 1
    assert pairs("contact") == [({sales.contact.pk, near.pk}, 55, ["company", "name"])]
    # What was said to be two stays two; what no longer looks alike goes.
    pair = DuplicatePair.objects.get(kind="company", reasons=["registration"])
    actions.set_apart(pair=pair, by=world.priya, at=NOW)
    actions.change(record=two, facts={"name": "Borealis"}, points=[], by=world.priya, at=NOW)
    assert actions.find_duplicates(kind="company", by=None, at=LATER) == 1
    assert [one for one, _score, _why in pairs("company")] == [{one.pk, three.pk}]


TABLES = {
    "crm_company": "id, name, latin_name, number, website, custom, owner_id, archived_at,"
    " merged_into_id, name_keys",
    "crm_contact": "id, name, company_id, archived_at, merged_into_id, title, languages",
    "crm_contactpoint": "id, company_id, contact_id, kind, value",
    "crm_deal": "id, company_id, contact_id",
    "crm_activity": "id, company_id, contact_id",
    "crm_orderlink": "id, company_id, contact_id",
    "crm_consent": "id, contact_id, withdrawn_at",
    "crm_tagging": "id, company_id, contact_id",
    "crm_following": "id, company_id, contact_id, person_id",
}  # fmt: skip


def picture() -> dict[str, list[Any]]:
    found = {}
    with connection.cursor() as cursor:
        for table, columns in TABLES.items():
            cursor.execute(f"SELECT {columns} FROM {table} ORDER BY id")  # noqa: S608
            found[table] = cursor.fetchall()
    return found


def test_a_merge_keeps_all_history_and_is_undone_exactly(world: World, sales: Sales) -> None:
    told = {"by": world.priya, "at": NOW}
    other = company(world, "Aurora Limited", Point("phone", "02 2345 6789"),
                    Point("email", "a@x.tw"), number="K-7", website="aurora.tw")  # fmt: skip
    actions.change(record=sales.company, points=[Point("email", "A@x.tw")], facts={}, **told)
    third = company(world, "AURORA", latin_name="Aurora")
    person = actions.add_contact(
        team=world.north, facts={"name": "Lee", "company": other}, owner=world.priya, **told
    )
    deal = actions.add_deal(
        pipeline=sales.north,
        facts={"title": "Old one", "company": other},
        owner=world.priya,
        **told,
    )
    call = actions.add_activity(
        on=actions.On.record(other), kind=ActivityKind.CALL, facts={"subject": "Hello"}, **told
    )
    link = OrderLink.objects.create(source="shop", order_number="1", company=other, linked_at=NOW)
    for one in (other, sales.company):
        actions.set_tags(record=one, names=["vip"], **told)
        actions.follow(record=one, follows=True, by=world.marco, at=NOW)
    actions.set_tags(record=other, names=["vip", "north"], **told)
    before = picture()
    seen = dict(Company.objects.values_list("pk", "version"))
    made = actions.merge(
        survivor=sales.company, others=[other, third], choices={"name": other.pk}, seen=seen,
        by=world.priya, at=LATER,
    )  # fmt: skip
    stays = Company.objects.get(pk=sales.company.pk)
    assert (stays.name, stays.number, stays.website, stays.latin_name) == (
        "Aurora Limited", "K-7", "aurora.tw", "Aurora",
    )  # fmt: skip
    for row in (person, deal, call, link):
        row.refresh_from_db()
        assert row.company_id == stays.pk
    assert sorted(stays.points.values_list("value", flat=True)) == ["02 2345 6789", "A@x.tw"]
    assert sorted(one.tag.name for one in stays.taggings.all()) == ["north", "vip"]
    other.refresh_from_db()
    assert (other.merged_into, other.archived_at) == (stays, LATER)
    assert Company.objects.visible_to(world.priya).kept().filter(name__istartswith="aurora").get()
    assert find(world.priya, "aurora")["company"] == [stays.pk]
    assert {"Hello"} <= {one.title for one in timeline_of(stays, world.priya).entries}
    client = sign_in(world.priya)
    assert client.get(f"/crm/companies/{third.pk}")["Location"] == f"/crm/companies/{stays.pk}"
    page = client.get(f"/crm/companies/{stays.pk}").content.decode()
    assert "Records merged into this one" in page
    # What came since stays with the one that stayed; everything else is as it was.
    note = actions.add_activity(
        on=actions.On.record(stays), kind=ActivityKind.NOTE, facts={"text": "since"}, **told
    )
    actions.undo_merge(merged=made, by=world.priya, at=LATER)
    note.refresh_from_db()
    assert note.company_id == stays.pk
    Activity.objects.filter(pk=note.pk).delete()
    assert picture() == before
    with pytest.raises(actions.MergeIsUndone):
        actions.undo_merge(merged=made, by=world.priya, at=LATER)
    assert set(find(world.priya, "aurora")["company"]) == {stays.pk, other.pk, third.pk}


def test_people_keep_their_consents_and_deals(world: World, sales: Sales) -> None:
    told = {"by": world.priya, "at": NOW}
    twin = actions.add_contact(
        team=world.north, owner=world.priya, **told,
        facts={"name": "Wang Xiaoming", "title": "Buyer", "languages": ["en"]},
        points=[Point("email", "ming@aurora.tw"), Point("wechat", "ming88")],
    )  # fmt: skip
    for one, purpose in ((twin, "Offers"), (sales.contact, "Offers"), (twin, "News")):
        actions.record_consent(
            holder=one, channel=ConsentChannel.EMAIL, purpose=purpose, source="form",
            given_at=NOW, **told,
        )  # fmt: skip
    before = picture()
    seen = dict(Contact.objects.values_list("pk", "version"))
    made = actions.merge(
        survivor=twin, others=[sales.contact], choices={}, seen=seen, by=world.marco, at=LATER
    )
    stays = Contact.objects.get(pk=twin.pk)
    assert (stays.title, stays.company, stays.languages) == ("Buyer", sales.company, ["en"])
    assert sorted(stays.points.values_list("kind", flat=True)) == [
        "email", "line", "mobile", "wechat",
    ]  # fmt: skip
    assert sorted(stays.consents.values_list("purpose", flat=True)) == ["News", "Offers"]
    sales.deal.refresh_from_db()
    assert sales.deal.contact_id == stays.pk
    assert RecordChange.objects.filter(deal=sales.deal).count() == 1
    actions.change(record=stays, facts={"title": "Head"}, by=world.priya, at=LATER)
    actions.undo_merge(merged=made, by=world.priya, at=LATER)
    stays.refresh_from_db()
    assert stays.title == "Head"
    actions.change(record=stays, facts={"title": "Buyer"}, by=world.priya, at=LATER)
    assert picture() == before


def test_a_merge_while_somebody_edits_says_so(world: World, sales: Sales) -> None:
    other = company(world, "Aurora Limited")
    seen = dict(Company.objects.values_list("pk", "version"))
    actions.change(record=other, facts={"website": "aurora.tw"}, by=world.marco, at=NOW)
    before = picture()
    with pytest.raises(actions.ChangedMeanwhile) as refused:
        actions.merge(survivor=sales.company, others=[other], choices={}, seen=seen,
                      by=world.priya, at=LATER)  # fmt: skip
    assert [(one.field, one.by) for one in refused.value.conflicts] == [
        ("website", world.marco.name)
    ]
    assert picture() == before
    seen = dict(Company.objects.values_list("pk", "version"))
    made = actions.merge(survivor=sales.company, others=[other], choices={}, seen=seen,
                         by=world.priya, at=LATER)  # fmt: skip
    # Whoever still has the other one open is told where it went, and nothing is lost.
    with pytest.raises(actions.RecordIsArchived):
        actions.change(record=other, facts={"name": "Mine"}, seen=2, by=world.marco, at=LATER)
    actions.change(record=sales.company, facts={"website": "new.tw"}, by=world.marco, at=LATER)
    with pytest.raises(actions.ChangedSinceMerge):
        actions.undo_merge(merged=made, by=world.priya, at=LATER)
    with pytest.raises(actions.TooManyToMerge):
        actions.merge(survivor=sales.company, others=[], choices={}, seen={}, by=world.priya,
                      at=LATER)  # fmt: skip


def test_pages_show_pairs_to_those_who_see_both(
    world: World, sales: Sales, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        company(world, f"Twin {number} Ltd", Point("phone", f"02 2345 60{number:02}"))
        company(world, f"TWIN {number} Inc", Point("email", f"t{number}@x.tw"))
    canary = actions.add_company(
        team=world.south, facts={"name": "Twin 1 of South GmbH"}, owner=world.omar,
        by=world.omar, at=NOW, points=[Point("phone", "+886 2 2345 6001")],
    )  # fmt: skip
    actions.find_duplicates(kind="company", by=None, at=NOW)
    client = sign_in(world.priya)
    with django_assert_max_num_queries(15):
        text = client.get("/crm/duplicates?kind=company").content.decode()
    assert text.count("Compare and merge") == 12
    assert canary.name not in text
    pair = DuplicatePair.objects.exclude(second=canary.pk).order_by("pk").first()
    assert pair is not None
    hidden = DuplicatePair.objects.get(second=canary.pk)
    assert client.post(f"/crm/duplicates/{hidden.pk}/apart").status_code == 404
    assert client.get(f"/crm/companies/merge/{hidden.first},{hidden.second}").status_code == 404
    address = f"/crm/companies/merge/{pair.first},{pair.second}"
    with django_assert_max_num_queries(15):
        preview = client.get(address).content.decode()
    assert "This one stays" in preview
    stale = {"survivor": pair.first, f"seen-{pair.first}": 1, f"seen-{pair.second}": 0}
    assert client.post(address, stale).status_code == 409
    assert Merge.objects.count() == 0
    done = client.post(address, {**stale, f"seen-{pair.second}": 1,
                                 "choose-name": pair.second})  # fmt: skip
    assert (done.status_code, done["Location"]) == (303, f"/crm/companies/{pair.first}")
    merged = Merge.objects.get()
    assert "Undo the merge" in client.get("/crm/duplicates?kind=company").content.decode()
    assert sign_in(world.omar).post(f"/crm/merges/{merged.pk}/undo").status_code == 404
    assert client.post(f"/crm/merges/{merged.pk}/undo").status_code == 303
    assert Company.objects.kept().filter(pk__in=[pair.first, pair.second]).count() == 2


def test_who_is_there_already_is_told_while_typing(
    world: World, sales: Sales, django_assert_max_num_queries: Any
) -> None:
    """By phone as it is dialled, by mail, by name in another script; never what one may not see."""
    lead = actions.add_lead(
        team=world.north, facts={"name": "Wang Xiaoming"}, owner=world.priya, by=world.priya, at=NOW
    )
    own = {"facts": {"name": "王小明", "country": "TW", "reach": "own"}, "at": NOW}
    actions.add_contact(
        team=world.north, owner=world.marco, by=world.marco, **own,
        points=[Point("mobile", "0912 345 678")],
    )  # fmt: skip
    client = sign_in(world.priya)
    typed = {
        "name": "王小明", "country": "TW", "point-0-kind": "phone", "point-1-kind": "email",
        "point-0-value": "+886 912 345 678", "point-1-value": "MING@aurora.tw",
    }  # fmt: skip
    with django_assert_max_num_queries(15):
        shown = client.post("/crm/contacts/alike", typed).content.decode()
    assert shown.count("<li>") == 1, (
        "the lead is called so in other letters only, and Marco's own is his"
    )
    assert f"/crm/contacts/{sales.contact.pk}" in shown
    assert "e-mail, name, phone" in shown
    latin = client.post("/crm/leads/alike", {"name": "Xiaoming Wang"}).content.decode()
    assert latin.index(f"/crm/leads/{lead.pk}") < latin.index(f"/crm/contacts/{sales.contact.pk}")
    assert (
        client.post("/crm/companies/alike", {"name": "AURORA, Limited"}).content.count(b"<li>") == 1
    )
    assert client.post("/crm/companies/alike", {"name": "Borealis"}).content.strip() == b""
    assert client.post("/crm/deals/alike", {"name": "Spring order"}).status_code == 404
    south = sign_in(world.omar).post("/crm/contacts/alike", typed).content
    assert south.strip() == b"", "not a word of what is of another team"
    assert b"/crm/contacts/alike" in client.get("/crm/contacts/new").content
    assert b"alike" not in client.get(f"/crm/contacts/{sales.contact.pk}/edit").content
