"""Customers and leads: who sees them, how they change, convert and are forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from paceline.crm import access, actions
from paceline.crm.actions import ChangedMeanwhile, FactsInvalid, Into, On, Point
from paceline.crm.models import (
    Activity,
    ActivityKind,
    Company,
    Consent,
    ConsentChannel,
    Contact,
    ContactPoint,
    Deal,
    Erasure,
    Lead,
    LeadStatus,
    PointKind,
    Reach,
    RecordChange,
)
from paceline.crm.points import normalise
from paceline.kernel.models import AuditEntry
from paceline.notifications.models import Notification
from paceline.org.actions import grant_role, move_to_team
from paceline.org.models import Role
from paceline.search.queries import find
from tests.crm.conftest import Sales
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("country", "written", "expected"),
    [
        ("TW", "0912-345-678", "+886912345678"),
        ("TW", "+886 (0)912 345 678", "+886912345678"),
        ("TW", "０９１２３４５６７８", "+886912345678"),
        ("CN", "138 0013 8000", "+8613800138000"),
        ("CN", "0086-138-0013-8000", "+8613800138000"),
        ("CN", "8613800138000", "+8613800138000"),
        ("JP", "090-1234-5678", "+819012345678"),
        ("US", "(415) 555-2671 ext. 12", "+14155552671"),
        ("US", "1-415-555-2671", "+14155552671"),
        ("GB", "+44 (0)20 7946 0958", "+442079460958"),
        ("DE", "030 901820", "+4930901820"),
        ("HK", "9123 4567", "+85291234567"),
        ("", "0912345678", "0912345678"),
        ("TW", "\u202a+886912345678\u202c", "+886912345678"),
    ],
)
def test_a_phone_written_in_several_ways_is_one(country: str, written: str, expected: str) -> None:
    assert normalise(PointKind.MOBILE, written, country) == expected


def join_north(world: World) -> None:
    """Omar becomes a colleague of Priya's."""
    move_to_team(person=world.omar, team=world.north, starts_on=TODAY, by=world.ada, at=NOW)
    world.omar.__dict__.pop("_crm_scope", None)


def test_everyone_sees_what_is_theirs_to_see(world: World, sales: Sales) -> None:
    seeing = {
        name: (
            Company.objects.visible_to(person).count(),
            Contact.objects.visible_to(person).count(),
            sorted(Deal.objects.visible_to(person).values_list("title", flat=True)),
        )
        for name, person in world.cast.items()
    }
    north, south = ["Spring order"], ["Canary of South"]
    assert seeing == {
        "priya": (1, 1, north),
        "marco": (1, 1, north),
        "fred": (0, 0, []),  # left
        "omar": (0, 0, south),
        "sofia": (0, 0, south),
        "erik": (1, 1, south + north),
        **dict.fromkeys(("dana", "wen", "ines", "hana", "ada"), (0, 0, [])),
    }
    assert [access.may_change(one, sales.deal) for one in (world.priya, world.marco)] == [True] * 2
    assert not access.may_change(world.omar, sales.deal)
    assert not access.may_change(world.erik, sales.deal)
    # What nobody shares is the owner's and of those above.
    join_north(world)
    assert Company.objects.visible_to(world.omar).exists()
    actions.change(record=sales.company, facts={"reach": Reach.OWN}, by=world.priya, at=NOW)
    assert not Company.objects.visible_to(world.omar).exists()
    assert Company.objects.visible_to(world.marco).exists()
    actions.change(record=sales.company, facts={"reach": Reach.ALL}, by=world.priya, at=NOW)
    assert Company.objects.visible_to(world.sofia).exists()
    assert not access.may_change(world.sofia, Company.objects.get())
    assert not Company.objects.visible_to(world.hana).exists()


def test_a_team_decides_how_far_its_records_reach(world: World, sales: Sales) -> None:
    actions.set_team_reach(
        team=world.north, reach=Reach.OWN, also_known=True, by=world.marco, at=NOW
    )
    assert set(Deal.objects.values_list("title", "reach")) == {
        ("Spring order", "own"), ("Canary of South", "team"),
    }  # fmt: skip
    new = actions.add_lead(team=world.north, facts={"name": "Ivy"}, by=None, at=NOW)
    assert new.reach == Reach.OWN
    # What waits for an owner is seen by the team all the same, or nobody could take it.
    join_north(world)
    assert Lead.objects.visible_to(world.omar).get() == new
    assert not Deal.objects.visible_to(world.omar).filter(pk=sales.deal.pk).exists()
    assert access.may_arrange(world.marco, world.north)
    assert not access.may_arrange(world.priya, world.north)
    assert not access.may_arrange(world.marco, world.south)


def test_search_finds_by_rights_in_either_script(world: World, sales: Sales) -> None:
    assert find(world.priya, "Wang Xiaoming") == {
        "contact": [sales.contact.pk], "deal": [sales.deal.pk],
    }  # fmt: skip
    assert find(world.priya, "王小明")["contact"] == [sales.contact.pk]
    assert find(world.marco, "aurora") == {
        "company": [sales.company.pk], "contact": [sales.contact.pk], "deal": [sales.deal.pk],
    }  # fmt: skip
    for stranger in (world.omar, world.hana, world.dana, world.ada):
        assert not {"company", "contact", "deal"} & set(find(stranger, "aurora"))
    actions.change(record=sales.company, facts={"name": "Borealis"}, by=world.priya, at=LATER)
    assert find(world.priya, "aurora") == {"contact": [sales.contact.pk]}  # by the mail
    assert find(world.priya, "borealis")["deal"] == [sales.deal.pk]


def test_two_change_one_record(world: World, sales: Sales) -> None:
    seen = sales.company.version
    told = {"record": sales.company, "seen": seen, "at": LATER}
    actions.change(facts={"industry": "Tea", "website": "a.tw"}, by=world.priya, **told)
    # Other fields meet: both stay. A field that only she changed keeps what she said.
    kept = actions.change(facts={"territory": "Asia", "website": ""}, by=world.marco, **told)
    assert (kept.industry, kept.territory, kept.website) == ("Tea", "Asia", "a.tw")
    with pytest.raises(ChangedMeanwhile) as clash:
        actions.change(facts={"industry": "Coffee", "rating": 3}, by=world.marco, **told)
    (conflict,) = clash.value.conflicts
    assert (conflict.field, conflict.theirs, conflict.mine, conflict.by) == (
        "industry", "Tea", "Coffee", "Priya Nair",
    )  # fmt: skip
    now = Company.objects.get()
    assert (now.industry, now.rating, now.version) == ("Tea", None, seen + 2)
    assert list(RecordChange.objects.order_by("id").values_list("version", "after")) == [
        (2, {"industry": "Tea", "website": "a.tw"}), (3, {"territory": "Asia"}),
    ]  # fmt: skip
    same = actions.change(facts={"industry": "Tea"}, by=world.marco, **told)
    assert same.version == seen + 2


def test_points_are_kept_in_order_and_once(world: World, sales: Sales) -> None:
    points = [
        Point("mobile", "0912 345 678"),
        Point("mobile", "+886912345678"),
        Point("email", " "),
    ]
    actions.change(record=sales.contact, facts={}, points=points, by=world.priya, at=LATER)
    assert list(ContactPoint.objects.values_list("kind", "value", "normalised")) == [
        ("mobile", "0912 345 678", "+886912345678")
    ]
    with pytest.raises(ChangedMeanwhile):
        actions.change(
            record=sales.contact, facts={}, points=[Point("email", "other@x.tw")], seen=1,
            by=world.marco, at=LATER,
        )  # fmt: skip
    assert ContactPoint.objects.count() == 1
    with pytest.raises(actions.TooManyPoints):
        actions.change(
            record=sales.contact, facts={}, by=world.priya, at=LATER,
            points=[Point("email", f"{n}@x.tw") for n in range(51)],
        )  # fmt: skip


def test_what_cannot_be_is_refused(world: World, sales: Sales) -> None:
    told = {"team": world.north, "by": world.priya, "at": NOW}
    for facts in ({"name": ""}, {"name": "x", "lifecycle": "king"}, {"name": "x" * 201}):
        with pytest.raises(FactsInvalid):
            actions.add_company(facts=facts, **told)
    with pytest.raises(FactsInvalid):
        actions.add_contact(facts={"latin_name": "Nobody"}, **told)
    with pytest.raises(actions.FieldUnknown):
        actions.add_company(facts={"name": "x", "version": 7}, **told)
    name = "\u202eمطعم النخيل 🌴\u202c"
    kept = actions.add_contact(facts={"name": name}, **told)
    assert Contact.objects.get(pk=kept.pk).name == name
    with pytest.raises(actions.TextTooLong):
        actions.add_activity(
            on=On.record(kept), kind=ActivityKind.NOTE, facts={"text": "x" * 5_000_000},
            by=world.priya, at=NOW,
        )  # fmt: skip
    assert not Activity.objects.exists()


def test_a_lead_converts_and_nothing_is_lost(world: World, sales: Sales) -> None:
    lead = actions.add_lead(
        team=world.north, owner=world.priya, by=None, at=NOW,
        facts={"name": "Ivy Chen", "company_name": "Ivy Café", "message": "500 cups?",
               "source": "form", "source_detail": "landing page", "country": "TW", "rating": 4,
               "languages": ["zh-Hant"]},
        points=[Point("email", "ivy@cafe.tw"), Point("line", "ivy")],
    )  # fmt: skip
    actions.record_consent(
        holder=lead, channel=ConsentChannel.EMAIL, purpose="Offers", source="form",
        given_at=NOW, by=None, at=NOW,
    )  # fmt: skip
    actions.set_tags(record=lead, names=["Café", "vip", "VIP"], by=world.priya, at=NOW)
    actions.follow(record=lead, follows=True, by=world.marco, at=NOW)
    call = actions.add_activity(
        on=On.record(lead), kind=ActivityKind.CALL, facts={"text": "wants samples"},
        by=world.priya, at=NOW,
    )  # fmt: skip
    done = actions.convert_lead(
        lead=lead, by=world.priya, at=LATER,
        into=Into(company_name="Ivy Café", pipeline=sales.north, deal_facts={"title": "500 cups"}),
    )  # fmt: skip
    lead.refresh_from_db()
    call.refresh_from_db()
    contact, company, deal = done.contact, done.company, done.deal
    assert (lead.status, lead.name, lead.message) == ("converted", "Ivy Chen", "500 cups?")
    assert (contact.name, contact.company, contact.rating, contact.languages, contact.source) == (
        "Ivy Chen", company, 4, ["zh-Hant"], "form",
    )  # fmt: skip
    assert contact.source_detail == "landing page"
    assert company.name == "Ivy Café"
    assert (deal.title, deal.contact, deal.company, deal.owner) == (
        "500 cups", contact, company, world.priya,
    )  # fmt: skip
    points = list(contact.points.values_list("value", flat=True))
    assert points == list(lead.points.values_list("value", flat=True)) == ["ivy@cafe.tw", "ivy"]
    assert (call.lead, call.contact, call.company, call.deal) == (lead, contact, company, deal)
    for one in (lead, contact, deal):
        assert sorted(row.tag.name for row in one.taggings.all()) == ["Café", "VIP"]
        assert one.followings.get().person == world.marco
    assert contact.consents.get().source == "form"
    with pytest.raises(actions.LeadIsConverted):
        actions.convert_lead(lead=lead, into=Into(), by=world.priya, at=LATER)
    with pytest.raises(actions.LeadIsConverted):
        actions.set_status(lead=lead, status=LeadStatus.NEW, by=world.priya, at=LATER)
    assert Contact.objects.filter(name="Ivy Chen").count() == 1


def test_a_lead_completes_a_contact_that_was_known(world: World, sales: Sales) -> None:
    lead = actions.add_lead(
        team=world.north, by=None, at=NOW, points=[Point("wechat", "ming-wx")],
        facts={"name": "Ming", "country": "CN", "territory": "North"},
    )  # fmt: skip
    done = actions.convert_lead(
        lead=lead, into=Into(contact=sales.contact), by=world.priya, at=LATER
    )
    contact = Contact.objects.get(pk=done.contact.pk)
    assert (contact.name, contact.country, contact.territory) == ("王小明", "TW", "North")
    assert contact.points.filter(value="ming-wx").exists()
    assert contact.points.count() == 4


def test_consent_is_given_and_withdrawn_with_who_and_where(world: World, sales: Sales) -> None:
    given = {
        "holder": sales.contact, "channel": ConsentChannel.EMAIL, "source": "trade fair",
        "given_at": NOW, "by": world.priya, "at": NOW,
    }  # fmt: skip
    consent = actions.record_consent(purpose="Newsletter", **given)
    with pytest.raises(actions.ConsentStands):
        actions.record_consent(purpose="NEWSLETTER", **given)
    actions.withdraw_consent(consent=consent, source="unsubscribe link", by=world.marco, at=LATER)
    with pytest.raises(actions.ConsentIsWithdrawn):
        actions.withdraw_consent(consent=consent, source="again", by=world.marco, at=LATER)
    row = Consent.objects.get()
    assert (row.recorded_by, row.withdrawn_by, row.withdrawn_at, row.withdrawn_source) == (
        world.priya, world.marco, LATER, "unsubscribe link",
    )  # fmt: skip
    actions.record_consent(purpose="Newsletter", **given)
    assert Consent.objects.count() == 2


def test_a_person_is_forgotten_and_the_books_stay(world: World, sales: Sales) -> None:
    actions.add_activity(
        on=On.record(sales.deal), kind=ActivityKind.NOTE, by=world.priya, at=NOW,
        facts={"subject": "Ming", "text": "小明 likes tea"},
    )  # fmt: skip
    actions.change_deal(
        deal=sales.deal, facts={"title": "Order of 王小明", "next_step": "Call Ming",
                                "next_step_on": NOW.date()}, by=world.priya, at=NOW,
    )  # fmt: skip
    actions.change(record=sales.contact, facts={"title": "小明 the boss"}, by=world.priya, at=NOW)
    erased = actions.erase_contact(
        contact=sales.contact, reason="Asked in writing", by=world.marco, at=LATER
    )
    assert {name: count for name, count in erased.removed.items() if count} == {
        "points": 3, "activities": 1, "changes": 2,
    }  # fmt: skip
    deal = Deal.objects.get(pk=sales.deal.pk)
    assert (deal.title, deal.amount, deal.contact_id, deal.next_step) == (
        f"#{deal.pk}", sales.deal.amount, sales.contact.pk, "",
    )  # fmt: skip
    assert find(world.priya, "王小明") == {}
    # Not a byte of the person is left in any table of the product.
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text ~* %s",  # noqa: S608
                           ["小明|ming@|xiaoming|ming88|912345678|u5c0f"])  # fmt: skip
            assert cursor.fetchone()[0] == 0, table
    with pytest.raises(actions.AlreadyErased):
        actions.erase_contact(contact=sales.contact, reason="", by=world.marco, at=LATER)
    # No file brings them back; they themselves may come back.
    again = {"team": world.north, "facts": {"name": "Ming", "country": "TW"},
             "points": [Point("mobile", "+886 912 345 678")], "by": None, "at": LATER}  # fmt: skip
    with pytest.raises(actions.WasErased):
        actions.add_contact(**again)
    assert actions.add_contact(after_erasure=True, **again).pk
    assert Erasure.objects.visible_to(world.marco).count() == 1
    assert not Erasure.objects.visible_to(world.omar).exists()
    assert AuditEntry.objects.get(action="contact_erased").actor_id == world.marco.pk


def test_people_are_told_of_what_they_may_see(world: World, sales: Sales) -> None:
    actions.follow(record=sales.deal, follows=True, by=world.marco, at=NOW)
    actions.follow(record=sales.deal, follows=True, by=world.omar, at=NOW)  # sees it no more
    text = f"Ask @[Marco]({world.marco.pk}) and @[Omar]({world.omar.pk})"
    actions.add_activity(
        on=On.record(sales.deal), kind=ActivityKind.NOTE, facts={"text": text},
        by=world.priya, at=NOW,
    )  # fmt: skip
    told = list(Notification.objects.order_by("id").values_list("recipient__name", "kind"))
    assert told == [("Marco Bianchi", "crm_mentioned"), ("Marco Bianchi", "crm_followed")]
    task = actions.add_activity(
        on=On.record(sales.contact), kind=ActivityKind.TASK, by=world.priya, at=NOW,
        facts={"subject": "Send samples", "due_on": NOW.date(), "assignee": world.marco},
    )  # fmt: skip
    assert task.company == sales.company
    assert Notification.objects.filter(kind="crm_task", recipient=world.marco).count() == 1
    actions.finish_task(activity=task, by=world.marco, at=LATER)
    task.refresh_from_db()
    assert (task.done_at, task.done_by) == (LATER, world.marco)
    with pytest.raises(actions.NotATask):
        note = Activity.objects.get(kind="note")
        actions.finish_task(activity=note, by=world.marco, at=LATER)


def test_the_pay_desk_reads_what_was_won_and_not_what_was_said(world: World, sales: Sales) -> None:
    grant_role(person=world.hana, role=Role.SALESPERSON, starts_on=NOW.date(), by=world.ada, at=NOW)
    world.hana.__dict__.pop("roles", None)
    assert not Deal.objects.visible_to(world.hana).exists()  # sells, but in no team of theirs
    assert access.may_read_deals(world.dana)
    assert not access.may_read_customers(world.dana)
    assert not Activity.objects.visible_to(world.dana).exists()


def test_a_note_of_five_megabytes_is_refused_on_its_page(
    world: World, sales: Sales, client_for: Any
) -> None:
    """Before anything is read of it; what was written before stands."""
    url = reverse("crm:activity_new", args=["contact", sales.contact.pk])
    answer = client_for(world.priya).post(url, {"kind": "note", "text": "x" * 5_000_000})
    assert answer.status_code == 413, answer.status_code
    assert not Activity.objects.filter(contact=sales.contact, kind=ActivityKind.NOTE).exists()
