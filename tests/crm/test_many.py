"""Fields of one's own, kept views, and changing many records with undo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from paceline.crm import actions
from paceline.crm.models import (
    Batch,
    Company,
    Contact,
    ContributorKind,
    CustomField,
    Deal,
    DealContributor,
    FieldKind,
    Merge,
    SavedView,
    Tagging,
)
from tests.crm.conftest import Sales
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
HALF = Decimal("0.5")


def at(name: str, *args: object) -> str:
    return reverse(f"crm:{name}", args=args)


def many(world: World, count: int) -> list[Company]:
    rows = [actions.NewCustomer({"name": f"C{n:03}"}, owner=world.priya) for n in range(count)]
    return actions.add_companies(team=world.north, rows=rows, by=world.priya, at=NOW)


def test_a_field_of_ones_own_outlives_its_name(world: World, sales: Sales, client_for) -> None:
    lead: Client = client_for(world.marco)
    new = {"team": world.north.pk, "of": "contact", "label": "Cup size", "kind": "choice"}
    assert lead.post(at("fields"), new).status_code == 422  # no words to choose from
    assert lead.post(at("fields"), {**new, "options": "Small\nLarge\nSmall"}).status_code == 303
    field = CustomField.objects.get()
    assert field.options == ["Small", "Large"]
    assert lead.post(at("fields"), {**new, "label": "CUP SIZE", "options": "x"}).status_code == 422
    client: Client = client_for(world.priya)
    page = at("edit", "contact", sales.contact.pk)
    typed = {"version": 1, "name": "王小明", "lifecycle": "prospect", "reach": "team",
             f"custom-{field.pk}": "Large"}  # fmt: skip
    assert client.post(page, {**typed, f"custom-{field.pk}": "Huge"}).status_code == 422
    assert client.post(page, typed).status_code == 303
    assert Contact.objects.get(pk=sales.contact.pk).custom == {field.key: "Large"}
    # A kept view names the field by its id: the field may be called otherwise.
    query = f"contacts-is-own{field.pk}=Large"
    client.post(at("view_save", "contact"), {"name": "Large cups", "query": query})
    address = f"{at('contacts')}?contacts-is-own{field.pk}="
    texts = {word: client.get(address + word).content.decode() for word in field.options}
    found = {word: "王小明" in text for word, text in texts.items()}
    assert found == {"Large": True, "Small": False}
    actions.change_custom_field(
        field=field, label="Mug", options=["Small", "Large"], is_required=False, by=world.marco,
        at=LATER,
    )  # fmt: skip
    body = client.get(f"{at('contacts')}?{query}").content.decode()
    assert "Mug" in body
    assert "王小明" in body
    actions.change_custom_field(
        field=field, label="Mug", options=["Small"], is_required=False, by=world.marco, at=LATER
    )
    view = SavedView.objects.get()
    body = client.get(f"{at('contacts')}?{query}&view={view.pk}").content.decode()
    assert "Mug: Large (no longer on the list)" in body
    assert "Large cups" in body
    assert "王小明" in body  # who still bears the word, and nobody else
    actions.change_custom_field(
        field=field, label="Mug", options=["Small"], is_required=False, in_use=False,
        by=world.marco, at=LATER,
    )  # fmt: skip
    body = client.get(f"{at('contacts')}?{query}&view={view.pk}").content.decode()
    assert "Mug (out of use): Large (no longer on the list)" in body
    assert "王小明" in body
    actions.change_custom_field(
        field=field, label="Mug", options=["Small"], is_required=False, by=world.marco, at=LATER
    )
    shown = client.get(at("contact", sales.contact.pk)).content.decode()
    assert "Mug" in shown
    assert "Large" in shown  # the word is off the list and stays where it was chosen
    other = f"{at('contacts')}?{query.replace('Large', 'Small')}"
    assert "王小明" not in client.get(other).content.decode()
    again = {**typed, "version": Contact.objects.get(pk=sales.contact.pk).version}
    assert client.post(page, again).status_code == 303
    assert client_for(world.omar).get(at("fields")).status_code == 403
    assert client_for(world.sofia).get(at("field", field.pk)).status_code == 404


def test_views_are_private_or_shared(world: World, sales: Sales, client_for) -> None:
    client: Client = client_for(world.priya)
    query = "deals-is-flag=without&deals-sort=-amount&deals-page=3"
    client.post(at("view_save", "deal"), {"name": "No step", "query": query})
    client.post(at("view_save", "deal"), {"name": "Ours", "query": "", "team": world.north.pk})
    mine = SavedView.objects.get(name="No step")
    assert mine.choices == {"deals-is-flag": "without", "deals-sort": "-amount"}
    assert "No step" in client.get(at("deals")).content.decode()
    theirs = client_for(world.marco).get(at("deals")).content.decode()
    assert "Ours" in theirs
    assert "No step" not in theirs.replace(">No next step", "")
    assert "Ours" not in client_for(world.omar).get(at("deals")).content.decode()
    assert client_for(world.marco).post(at("view_delete", mine.pk)).status_code == 404
    assert client.post(at("view_delete", mine.pk)).status_code == 303
    assert SavedView.objects.count() == 1


def test_a_view_of_what_is_gone_shows_nobody_and_says_so(
    world: World, sales: Sales, client_for, run_jobs: Callable[[], int]
) -> None:
    segment = actions.save_segment(
        of="contact", name="Quiet", rule={}, team=None, by=world.priya, at=NOW
    )
    client: Client = client_for(world.priya)
    query = f"contacts-is-segment={segment.pk}"
    assert "王小明" in client.get(f"{at('contacts')}?{query}").content.decode()
    actions.delete_segment(segment=segment, by=world.priya, at=NOW)
    body = client.get(f"{at('contacts')}?{query}").content.decode()
    assert "A segment that was deleted, or is not yours to use" in body
    assert "王小明" not in body
    # What would be changed is what was shown: nobody.
    change = {"what": "tag", "tag": "autumn", "all": "1", "query": query}
    answer = client.post(at("change_many", "contact"), change)
    assert answer.headers["Location"] == at("contacts")
    assert not Batch.objects.exists()
    stage = sales.stage("Offer")
    body = client.get(f"{at('deals')}?deals-is-stage={stage.pk}&deals-is-tag=gone").content.decode()
    assert "Tag: gone" in body
    assert "Stage: Offer" not in body


def test_many_records_change_at_once_and_back(
    world: World, sales: Sales, client_for, run_jobs: Callable[[], int]
) -> None:
    companies = many(world, 25)
    assert all(one.name_keys for one in companies), "duplicates are found by them"
    foreign = actions.add_company(
        team=world.south, facts={"name": "Foreign"}, owner=world.omar, by=None, at=NOW
    )
    client: Client = client_for(world.priya)
    chosen = [companies[0].pk, companies[1].pk, foreign.pk, 999_999]
    page = client.post(
        at("change_many", "company"), {"what": "lifecycle=regular", "chosen": chosen}
    )
    batch = Batch.objects.get()
    assert page.headers["Location"] == at("batch", batch.pk)
    assert run_jobs() == 1
    batch.refresh_from_db()
    assert (batch.count, batch.skipped) == (2, 2)
    assert Company.objects.filter(lifecycle="regular").count() == 2
    assert Company.objects.get(pk=foreign.pk).lifecycle == "prospect"
    told = client.get(at("batch", batch.pk)).content.decode()
    assert "2 records were changed." in told
    assert client_for(world.marco).get(at("batch", batch.pk)).status_code == 404
    # Somebody changes one of them since: that one stays as it is.
    actions.change(record=companies[0], facts={"lifecycle": "lapsed"}, by=world.marco, at=LATER)
    client.post(at("batch_undo", batch.pk))
    assert [Company.objects.get(pk=one.pk).lifecycle for one in companies[:2]] == [
        "lapsed", "prospect",
    ]  # fmt: skip
    with pytest.raises(actions.BatchUndone):
        actions.undo_batch(batch=batch, by=world.priya, at=LATER)


def test_all_that_the_list_finds(
    world: World, sales: Sales, client_for, run_jobs: Callable[[], int]
) -> None:
    many(world, 12)
    client: Client = client_for(world.priya)
    data = {"what": "tag", "tag": "autumn", "all": "1", "query": "companies-q=C00"}
    client.post(at("change_many", "company"), data)
    run_jobs()
    assert Tagging.objects.filter(tag__name="autumn").count() == 10  # C000 … C009
    empty = client.post(at("change_many", "company"), {**data, "tag": " "})
    assert empty.headers["Location"] == at("companies")
    assert Batch.objects.count() == 1
    client.post(at("batch_undo", Batch.objects.get().pk))
    assert not Tagging.objects.exists()
    with pytest.raises(actions.TooManyRecords):
        actions.request_batch(
            of="company", ids=range(20_001), what={"tag": "x"}, by=world.priya, at=NOW
        )


def test_deals_are_given_with_their_shares(
    world: World, sales: Sales, client_for, run_jobs: Callable[[], int]
) -> None:
    shared = actions.add_deal(
        pipeline=sales.north, facts={"title": "Shared"}, owner=world.priya, by=None, at=NOW
    )
    halves = [
        actions.Share(world.priya, ContributorKind.OWNER, HALF),
        actions.Share(world.marco, ContributorKind.CO_SELLER, HALF),
    ]
    actions.agree_shares(deal=shared, shares=halves, by=None, at=NOW)
    client: Client = client_for(world.priya)
    data = {"what": "owner", "owner": world.marco.pk, "chosen": [shared.pk, sales.deal.pk]}
    client.post(at("change_many", "deal"), data)
    run_jobs()
    batch = Batch.objects.get()
    assert (batch.count, batch.skipped) == (1, 1)  # Marco shares in one of them already
    assert Deal.objects.get(pk=sales.deal.pk).owner == world.marco
    assert DealContributor.objects.get(deal=sales.deal).person == world.marco
    actions.undo_batch(batch=batch, by=world.priya, at=LATER)
    assert DealContributor.objects.get(deal=sales.deal).person == world.priya
    client.post(at("change_many", "deal"), {"what": "archive", "chosen": [sales.deal.pk]})
    run_jobs()
    assert Deal.objects.get(pk=sales.deal.pk).archived_at is not None
    actions.undo_batch(batch=Batch.objects.order_by("pk").last(), by=world.priya, at=LATER)
    assert Deal.objects.get(pk=sales.deal.pk).archived_at is None


def test_values_of_every_kind_are_kept(world: World, sales: Sales, client_for) -> None:
    kinds = {
        FieldKind.TEXT: "a", FieldKind.LONG_TEXT: "b\nc", FieldKind.NUMBER: "1.50",
        FieldKind.MONEY: "12.30", FieldKind.DAY: "2026-07-20", FieldKind.YES_NO: "on",
        FieldKind.CHOICES: ["x", "y"], FieldKind.LINK: "https://example.com/",
    }  # fmt: skip
    fields = {
        kind: actions.add_custom_field(
            team=world.north,
            of="company",
            label=str(kind),
            kind=kind,
            options=["x", "y", "z"],
            by=world.marco,
            at=NOW,
        )
        for kind in kinds
    }
    typed = {"version": 1, "name": "Aurora Ltd", "lifecycle": "prospect", "reach": "team"}
    typed |= {f"custom-{fields[kind].pk}": value for kind, value in kinds.items()}
    client: Client = client_for(world.priya)
    assert client.post(at("edit", "company", sales.company.pk), typed).status_code == 303
    kept = Company.objects.get(pk=sales.company.pk).custom
    assert {kind: kept[field.key] for kind, field in fields.items()} == {
        FieldKind.TEXT: "a", FieldKind.LONG_TEXT: "b\nc", FieldKind.NUMBER: "1.5",
        FieldKind.MONEY: "12.3", FieldKind.DAY: "2026-07-20", FieldKind.YES_NO: True,
        FieldKind.CHOICES: ["x", "y"], FieldKind.LINK: "https://example.com/",
    }  # fmt: skip
    body = client.get(at("company", sales.company.pk)).content.decode()
    assert "x, y" in body
    assert client.get(at("companies")).status_code == 200


def test_those_chosen_are_compared_before_they_are_merged(
    world: World, sales: Sales, client_for
) -> None:
    """The list leads to the comparison; alone, or with too many, nobody is merged."""
    told = {"team": world.north, "owner": world.priya, "by": world.priya, "at": NOW}
    ids = [actions.add_company(facts={"name": f"Same {n}"}, **told).pk for n in range(11)]
    priya = client_for(world.priya)
    answer = priya.post("/crm/companies/change", {"what": "merge", "chosen": ids[:3]})
    assert answer["Location"] == f"/crm/companies/merge/{ids[0]},{ids[1]},{ids[2]}"
    assert priya.get(answer["Location"]).status_code == 200
    for chosen in (ids[:1], ids):
        answer = priya.post("/crm/companies/change", {"what": "merge", "chosen": chosen})
        assert answer["Location"] == "/crm/companies"
    assert not Merge.objects.exists()
