"""Segments by rule, what they count, and cohorts: exact, and of nobody whom one may not see."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paceline.crm import actions
from paceline.crm.actions.timeline import set_tags
from paceline.crm.models import (
    ActivityKind,
    Batch,
    BuyingRules,
    ConsentChannel,
    Contact,
    LeadStatus,
    Purchases,
    Segment,
)
from paceline.crm.queries.cohorts import Cohort, cohorts
from paceline.crm.queries.segments import members, summed
from paceline.crm.views.segments import _cell, _share
from paceline.kernel import jobs
from tests.api.calling import program_for
from tests.crm.orders import a_contact, line
from tests.keeping import once
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.django_db


def buyer(world: World, name: str, *days: str, amount: str = "100", **more: Any) -> Any:
    made = a_contact(world, name, facts={"number": name, **more.pop("facts", {})}, **more)
    channel = "live" if name == "Cara" else "web"
    for on in days:
        line(f"{name}/{on}", amount, customer=name, channel=channel,
             ordered_on=date.fromisoformat(on))  # fmt: skip
    return made


@pytest.fixture
def buyers(world: World) -> dict[str, Any]:
    """Ann is a regular who went quiet, Ben is fresh, Cara bought once long ago, Dan never did; Eve
    is of South."""
    return once(_buy, world)


def _buy(world: World) -> dict[str, Any]:
    made = {
        "Ann": buyer(world, "Ann", "2026-03-01", "2026-03-11", "2026-03-21", "2026-04-01",
                     facts={"languages": ["zh-Hant"], "country": "TW"}),
        "Ben": buyer(world, "Ben", "2026-06-20", "2026-07-10", amount="40"),
        "Cara": buyer(world, "Cara", "2025-11-05", amount="900"),
        "Dan": a_contact(world, "Dan", facts={"country": "JP", "lifecycle": "lapsed"}),
        "Eve": buyer(world, "Eve", "2026-07-01", team=world.south, owner=world.omar,
                     by=world.omar),
    }  # fmt: skip
    BuyingRules.objects.create(currency="USD", decided_at=NOW)
    actions.follow_orders(at=NOW)
    actions.measure_again(at=NOW)
    actions.record_consent(
        holder=made["Ben"], channel=ConsentChannel.EMAIL, purpose="News", source="form",
        given_at=NOW, by=world.priya, at=NOW,
    )  # fmt: skip
    set_tags(record=made["Cara"], names=["vip"], by=world.priya, at=NOW)
    return made


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ({}, "Ann Ben Cara Dan"),
        ({"has_bought": True}, "Ann Ben Cara"),
        ({"has_bought": False}, "Dan"),
        ({"bought_within": 30}, "Ben"),
        ({"not_bought_for": 30}, "Ann Cara"),
        ({"first_within": 60}, "Ben"),
        ({"orders_min": 2}, "Ann Ben"),
        ({"orders_max": 1}, "Cara"),
        ({"value_min": "400"}, "Ann Cara"),
        ({"value_max": "400"}, "Ann Ben Dan"),
        ({"is_quiet": True}, "Ann"),
        ({"recency_min": 4}, "Ben"),
        ({"recency_max": 1}, "Cara"),
        ({"frequency_min": 4}, "Ann"),
        ({"value_score_min": 4}, "Cara"),
        ({"channel": ["live", "fair"]}, "Cara"),
        ({"language": ["zh-Hant"]}, "Ann"),
        ({"country": ["JP"]}, "Dan"),
        ({"lifecycle": ["lapsed"]}, "Dan"),
        ({"tag": ["vip"]}, "Cara"),
        ({"without_tag": ["vip"], "has_bought": True}, "Ann Ben"),
        ({"consent": ["email"]}, "Ben"),
        ({"is_mine": True, "orders_min": 4}, "Ann"),
    ],
)  # fmt: skip
def test_who_belongs(
    world: World, buyers: dict[str, Any], rule: dict[str, Any], names: str
) -> None:
    found = members(rule, "contact", world.priya, TODAY)
    assert " ".join(found.order_by("name").values_list("name", flat=True)) == names


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ({}, "Early Hot Late"),
        ({"status": ["unqualified"]}, "Gone"),
        ({"status": ["new", "nurturing"]}, "Early Hot Late"),
        ({"came_within": 5}, "Hot Late"),
        ({"came_before": 10}, "Early"),
        ({"silent_for": 7}, ""),
        ({"silent_for": 2}, "Early Hot"),
        ({"silent_for": 4}, "Early"),
        ({"rating_min": 4}, "Hot"),
        ({"country": ["JP"], "source": ["event"]}, "Late"),
        ({"language": ["ja"]}, "Late"),
        ({"tag": ["fair"]}, "Early"),
        ({"without_tag": ["fair"], "is_mine": True}, "Hot"),
        ({"consent": ["email"]}, "Late"),
        ({"has_bought": True, "value_min": "400"}, "Early Hot Late"),  # of customers: not asked
    ],
)  # fmt: skip
def test_which_leads_belong(world: World, rule: dict[str, Any], names: str) -> None:
    def lead(name: str, days: int, **facts: Any) -> Any:
        owner = world.priya if name == "Hot" else world.marco
        return actions.add_lead(
            team=world.north, facts={"name": name, **facts}, owner=owner, by=world.priya,
            at=NOW - timedelta(days=days),
        )  # fmt: skip

    early = lead("Early", 20)
    lead("Hot", 3, rating=5)
    late = lead("Late", 1, country="JP", source="event", languages=["ja"])
    gone = lead("Gone", 9, rating=5)
    told: dict[str, Any] = {"by": world.priya, "at": NOW}
    actions.set_status(lead=gone, status=LeadStatus.UNQUALIFIED, why_not="No money", **told)
    actions.add_lead(team=world.south, facts={"name": "Canary", "country": "JP", "rating": 5},
                     owner=world.omar, by=world.omar, at=NOW)  # fmt: skip
    set_tags(record=early, names=["fair"], **told)
    actions.add_activity(on=actions.On.record(early), kind=ActivityKind.CALL, facts={"text": "Hi"},
                         by=world.marco, at=NOW - timedelta(days=5))  # fmt: skip
    actions.record_consent(holder=late, channel=ConsentChannel.EMAIL, purpose="News",
                           source="form", given_at=NOW, **told)  # fmt: skip
    found = members(rule, "lead", world.priya, TODAY)
    assert " ".join(found.order_by("name").values_list("name", flat=True)) == names


def test_a_segment_of_leads_has_its_page(world: World, client_for: Any) -> None:
    for name in ("Ivy", "Max"):
        actions.add_lead(team=world.north, facts={"name": name, "rating": 5}, owner=world.priya,
                         by=world.priya, at=NOW)  # fmt: skip
    actions.add_lead(team=world.south, facts={"name": "Canary", "rating": 5}, owner=world.omar,
                     by=world.omar, at=NOW)  # fmt: skip
    priya, omar = client_for(world.priya), client_for(world.omar)
    form = priya.get("/crm/segments/new?of=lead").content.decode()
    assert "came_within" in form
    assert "has_bought" not in form
    sent = {"name": "Warm", "of": "lead", "rating_min": "4", "has_bought": "1"}
    answer = priya.post("/crm/segments/new", sent | {"team": world.north.pk})
    assert answer.status_code == 303
    address = answer["Location"]
    assert Segment.objects.get().rule == {"rating_min": 4}
    with CaptureQueriesContext(connection) as asked:
        text = priya.get(address).content.decode()
    assert len(asked) <= 15
    assert "Ivy" in text
    assert "Canary" not in text
    assert "Lifetime value" not in text
    assert omar.get(address).status_code == 404
    pk = address.rsplit("/", 1)[1]
    listed = priya.get(f"/crm/leads?leads-is-segment={pk}").content.decode()
    assert "Max" in listed
    assert "Canary" not in listed
    assert "Warm" in priya.get("/crm/segments").content.decode()
    assert "Leads" not in priya.get("/crm/cohorts").content.decode().split("<main")[1]
    program = program_for(world.priya)
    made = program.ask(
        "POST", "/segments", {"name": "New", "of": "lead", "rule": {"status": ["new"]}}
    )
    members_of = program.rows(f"/segments/{made.json()['id']}/members")
    assert [(one["name"], one["status"], one["orders"]) for one in members_of] == [
        ("Ivy", "new", None), ("Max", "new", None),
    ]  # fmt: skip
    other = {"name": "Wrong", "of": "lead", "rule": {"is_quiet": True}}
    refused = program.ask("POST", "/segments", other)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "rule.is_quiet"


def test_a_segment_counts_exports_and_changes_its_members(
    world: World, buyers: dict[str, Any], client_for: Any
) -> None:
    everyone = members({}, "contact", world.priya, TODAY)
    assert summed(everyone, TODAY) == type(summed(everyone, TODAY))(4, 3, Decimal("1380"), 1)
    # Quiet since 31 March: four purchases in a row, ten or eleven days apart, three times ten.
    assert Purchases.objects.get(contact=buyers["Ann"]).quiet_after == date(2026, 5, 1)
    priya, omar = client_for(world.priya), client_for(world.omar)
    answer = priya.post("/crm/segments/new", {
        "name": "Quiet", "of": "contact", "is_quiet": "1", "team": world.north.pk,
    })  # fmt: skip
    assert answer.status_code == 303
    address = answer["Location"]
    with CaptureQueriesContext(connection) as asked:
        text = priya.get(address).content.decode()
    assert len(asked) <= 15
    assert "Ann" in text
    assert "Cara" not in text
    assert "longer than 3 times" in text
    assert omar.get(address).status_code == 404
    assert client_for(world.marco).get(address).status_code == 200
    assert client_for(world.marco).post(f"{address}/delete").status_code == 403
    exported = b"".join(priya.get(f"{address}?members-contacts-export=csv").streaming_content)
    assert b"Ann" in exported
    assert b"Ben" not in exported
    # As the filter of a list, and of a change of many.
    pk = address.rsplit("/", 1)[1]
    listed = priya.get(f"/crm/contacts?contacts-is-segment={pk}").content.decode()
    assert "Ann" in listed
    assert "Cara" not in listed
    priya.post("/crm/contacts/change", {
        "all": "1", "query": f"contacts-is-segment={pk}", "what": "lifecycle=lapsed",
    })  # fmt: skip
    jobs.run_waiting()
    assert Batch.objects.get().count == 1
    lapsed = Contact.objects.filter(lifecycle="lapsed").order_by("name")
    assert list(lapsed.values_list("name", flat=True)) == ["Ann", "Dan"]
    # Whoever comes to meet the rule belongs; nobody is kept.
    line("again", customer="Ann", ordered_on=TODAY)
    actions.follow_orders(at=NOW)
    assert not members({"is_quiet": True}, "contact", world.priya, TODAY).exists()
    assert priya.post(f"{address}/delete").status_code == 303
    assert priya.post("/crm/segments/new", {"name": "", "of": "contact"}).status_code == 422


def test_lists_and_pages_say_what_was_bought(
    world: World, buyers: dict[str, Any], client_for: Any
) -> None:
    priya = client_for(world.priya)

    def listed(**asked: str) -> list[str]:
        text = priya.get(
            "/crm/contacts",
            {f"contacts-{key.replace('_', '-')}": value for key, value in asked.items()},
        ).content.decode()
        found = {text.index(f">{name}<"): name for name in buyers if f">{name}<" in text}
        return [found[place] for place in sorted(found)]

    assert listed(sort="-value") == ["Cara", "Ann", "Ben", "Dan"]
    assert listed(sort="last_on") == ["Cara", "Ann", "Ben", "Dan"]
    for chosen, names in (
        ("again", ["Ann", "Ben"]), ("once", ["Cara"]), ("quiet", ["Ann"]),
        ("never", ["Dan"]),
    ):  # fmt: skip
        assert listed(is_bought=chosen, sort="name") == names, chosen
    assert listed(sort="-value")[0] == "Cara"
    with CaptureQueriesContext(connection) as asked:
        text = priya.get("/crm/contacts?contacts-sort=-value").content.decode()
    assert len(asked) <= 15
    assert "$900.00" in text
    answer = priya.get("/crm/contacts?contacts-export=csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    ann = next(one for one in lines if one.startswith("Ann,"))
    assert "2026-03-01" in ann
    assert "2026-04-01" in ann
    # Every figure of a record's page is defined there, with the rules that are in force.
    text = priya.get(f"/crm/contacts/{buyers['Ann'].pk}").content.decode()
    assert "in USD: each order at the latest" in text
    assert "/crm/cohorts/customers?of=contact&amp;month=2026-03" in text
    assert text.count(" of 5</dd>") == 3
    assert " of 5</dd>" not in priya.get(f"/crm/contacts/{buyers['Dan'].pk}").content.decode()
    # The same for programs.
    program = program_for(world.priya)
    months = program.get("/cohorts", Accept="text/csv").content.decode("utf-8-sig").splitlines()
    assert months[0] == "id,customers,bought"
    told = program.ask("GET", f"/contacts/{buyers['Ann'].pk}/purchases")
    assert told.status_code == 200
    assert told.json() == {
        "orders": 4, "value": "400.0000", "currency": "USD", "unvalued": 0,
        "first_on": "2026-03-01", "last_on": "2026-04-01", "usual_gap": 10,
        "quiet_after": "2026-05-01", "channels": ["web"],
        "scores": {"recency": 2, "frequency": 4, "value_score": 3},
    }  # fmt: skip
    nothing = program.ask("GET", f"/contacts/{buyers['Dan'].pk}/purchases")
    assert (nothing.json()["orders"], nothing.json()["value"]) == (0, "0")
    foreign = program.ask("GET", f"/contacts/{buyers['Eve'].pk}/purchases")
    assert foreign.status_code == 404


@pytest.mark.parametrize(
    ("part", "whole", "share", "depth"),
    [
        (0, 12, "0", 0), (2, 12, "0.167", 3), (1, 60, "0.017", 1), (5, 100, "0.05", 2),
        (39, 100, "0.39", 4), (1, 1, "1", 5),
    ],
)  # fmt: skip
def test_a_share_of_a_cohort_is_rounded_and_shaded(
    part: int, whole: int, share: str, depth: int
) -> None:
    assert _share(part, whole) == Decimal(share)
    cell = _cell("contact", Cohort(date(2026, 3, 1), whole, [whole, part]), 1)
    assert cell is not None
    assert (cell["count"], cell["depth"]) == (part, depth)


def test_cohorts_open_their_customers(
    world: World, buyers: dict[str, Any], client_for: Any
) -> None:
    found = {one.month: one for one in cohorts("contact", world.priya, TODAY)}
    assert len(found) == 12
    march = found[date(2026, 3, 1)]
    assert (march.customers, march.bought) == (1, [1, 1, 0, 0, 0, *[None] * 7])
    assert found[date(2026, 6, 1)].bought[:2] == [1, 1]
    assert found[date(2026, 7, 1)].customers == 0
    assert {one.month: one.customers for one in cohorts("contact", world.erik, TODAY)}[
        date(2026, 7, 1)
    ] == 1
    priya = client_for(world.priya)
    with CaptureQueriesContext(connection) as asked:
        text = priya.get("/crm/cohorts").content.decode()
    assert len(asked) <= 15
    assert "month=2026-03&amp;after=1" in text
    assert '"labels": ["+1", "+2"' in text, "in their first month all of them bought"
    text = priya.get("/crm/cohorts/customers?of=contact&month=2026-03&after=1").content.decode()
    assert "Ann" in text
    assert "Ben" not in text
    assert "Eve" not in priya.get("/crm/cohorts/customers?month=2026-07").content.decode()
    assert priya.get("/crm/cohorts/customers?month=x").status_code == 404


def test_the_rules_of_counting_are_an_executives(world: World, client_for: Any) -> None:
    contact = buyer(world, "Ann", "2026-03-01", "2026-03-11", "2026-03-21")
    actions.follow_orders(at=NOW)
    assert Purchases.objects.get(contact=contact).quiet_after == date(2026, 4, 20)
    asked = {"currency": "EUR", "quiet_times": "5", "quiet_days": "14"}
    assert client_for(world.marco).post("/crm/segments/rules", asked).status_code == 403
    assert client_for(world.erik).post("/crm/segments/rules", asked).status_code == 303
    jobs.run_waiting()
    found = Purchases.objects.get(contact=contact)
    assert found.quiet_after == date(2026, 5, 10)
    # Without a rate nothing is guessed.
    assert (found.value, found.unvalued) == (Decimal(0), 3)
