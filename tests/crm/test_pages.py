"""The pages: what each reader finds, how forms answer, and how few queries they ask."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from paceline.crm import actions
from paceline.crm.actions import On, Point
from paceline.crm.models import (
    Activity,
    ActivityKind,
    Company,
    Contact,
    Deal,
    DealContributor,
    FeedbackKind,
    Lead,
    Stage,
    StageChange,
)
from tests.crm.conftest import Sales
from tests.world import NOW, World

pytestmark = pytest.mark.django_db
CANARY = "Kanarienvogel-7731"


def at(name: str, *args: object) -> str:
    return reverse(f"crm:{name}", args=args)


def fill(world: World, sales: Sales) -> None:
    """Enough of everything that no page stays empty."""
    told = {"by": world.priya, "at": NOW}
    for number in range(30):
        company = actions.add_company(
            team=world.north, owner=world.priya, facts={"name": f"Company {number}"}, **told
        )
        contact = actions.add_contact(
            team=world.north, owner=world.priya, **told, points=[Point("email", f"{number}@x.tw")],
            facts={"name": f"Contact {number}", "company": sales.company},
        )  # fmt: skip
        actions.add_lead(team=world.north, facts={"name": f"Lead {number}"}, **told)
        actions.add_deal(
            pipeline=sales.north, owner=world.priya, **told,
            facts={"title": f"Deal {number}", "company": sales.company, "contact": contact,
                   "amount": Decimal(number)},
        )  # fmt: skip
        actions.add_activity(
            on=On.record(sales.deal), kind=ActivityKind.CALL, facts={"text": f"call {number}"},
            **told,
        )  # fmt: skip
        if number % 10 == 0:
            actions.set_tags(record=company, names=["gold"], **told)
    actions.add_feedback(
        on=On.record(sales.deal), kind=FeedbackKind.COMPLAINT, text="Late parcel", **told
    )
    actions.attach_file(record=sales.deal, content=b"x", name="offer.pdf", media_type="", **told)


def test_each_page_asks_few_queries(
    world: World, sales: Sales, client_for, django_assert_max_num_queries
) -> None:
    fill(world, sales)
    lead = Lead.objects.first()
    pages = [
        at("companies"), at("contacts"), at("leads"), at("deals"), at("tasks"),
        at("board", sales.north.pk), at("company", sales.company.pk),
        at("contact", sales.contact.pk), at("lead", lead.pk), at("deal", sales.deal.pk),
        at("deal_new"), at("edit", "contact", sales.contact.pk),
        at("suggest", "contact") + "?c=Con",
        at("deal_lines", sales.deal.pk), at("deal_shares", sales.deal.pk),
        at("process", sales.north.pk),
    ]  # fmt: skip
    client = client_for(world.priya)
    client.get(pages[0])
    asked = {}
    for page in pages:
        client.get(page)
        with django_assert_max_num_queries(40) as queries:
            answer = client.get(page)
        assert answer.status_code == 200, page
        asked[page] = len(queries)
    # Sorted anew, the order is remembered as well.
    for page in ("companies", "contacts", "leads", "deals"):
        sort = "title" if page == "deals" else "name"
        with django_assert_max_num_queries(40) as queries:
            client.get(f"{at(page)}?{page}-sort={sort}")
        asked[f"{page} sorted"] = len(queries)
    assert {page: count for page, count in asked.items() if count > 15} == {}


def test_a_record_of_another_team_is_in_nobodys_bytes(
    world: World, sales: Sales, client_for
) -> None:
    told = {"by": world.omar, "at": NOW}
    company = actions.add_company(
        team=world.south, owner=world.omar, facts={"name": CANARY, "industry": CANARY}, **told
    )
    contact = actions.add_contact(
        team=world.south, owner=world.omar, facts={"name": CANARY, "company": company},
        points=[Point("email", f"{CANARY}@x.jp")], **told,
    )  # fmt: skip
    lead = actions.add_lead(team=world.south, facts={"name": CANARY, "message": CANARY}, **told)
    deal = actions.add_deal(
        pipeline=sales.south, owner=world.omar, **told,
        facts={"title": CANARY, "company": company, "contact": contact},
    )  # fmt: skip
    for record in (company, contact, lead, deal):
        actions.set_tags(record=record, names=[CANARY], **told)
        actions.add_activity(
            on=On.record(record), kind=ActivityKind.NOTE, facts={"text": CANARY}, **told
        )
    pages = [at(name) for name in ("companies", "contacts", "leads", "deals", "tasks", "boards")]
    pages += [at("board", sales.north.pk), at("board", sales.south.pk), at("deal_new")]
    pages += [f"{at('companies')}?companies-export=csv", f"{at('deals')}?deals-export=csv"]
    pages += [f"{at('suggest', kind)}?q={CANARY[:6]}" for kind in ("company", "contact", "deal")]
    pages += [at("company", company.pk), at("contact", contact.pk), at("lead", lead.pk),
              at("deal", deal.pk), at("company", sales.company.pk), at("deal", sales.deal.pk),
              reverse("web:palette") + f"?q={CANARY}"]  # fmt: skip
    for name in ("priya", "marco", "dana", "ines", "hana", "ada"):
        client = client_for(world.cast[name])
        for page in pages:
            answer = client.get(page, follow=True)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            asked = page.startswith(reverse("web:palette"))
            assert body.count(CANARY.encode()) == 0 or asked, (name, page)
            if page != at("deal", deal.pk):  # a refusal knows its own address
                assert f"/crm/deals/{deal.pk}".encode() not in body, (name, page)
    seen = client_for(world.omar).get(at("deal", deal.pk)).content.decode()
    assert seen.count(CANARY) > 3


def test_a_form_adds_and_says_what_is_wrong(world: World, sales: Sales, client_for) -> None:
    client: Client = client_for(world.priya)
    typed = {
        "team": world.north.pk, "owner": world.priya.pk, "name": "Ana", "lifecycle": "prospect",
        "company": "Aurora Ltd", "languages": ["en"], "country": "JP", "rating": "4",
        "point-0-kind": "mobile", "point-0-value": "090-1234-5678",
    }  # fmt: skip
    wrong = client.post(at("contact_new"), {**typed, "company": "Nobody & Co"})
    assert wrong.status_code == 422
    assert "choose one of the suggestions" in wrong.content.decode()
    assert "090-1234-5678" in wrong.content.decode()
    assert not Contact.objects.filter(name="Ana").exists()
    assert client.post(at("contact_new"), typed).status_code == 303
    made = Contact.objects.get(name="Ana")
    assert (made.company, made.rating, made.country, made.languages) == (
        sales.company, 4, "JP", ["en"],
    )  # fmt: skip
    assert made.points.get().normalised == "+819012345678"
    deal = {
        "pipeline": sales.north.pk,
        "owner": world.priya.pk,
        "title": "Cups",
        "amount": "10.005",
    }
    refused = client.post(at("deal_new"), deal)
    assert refused.status_code == 422
    assert "USD has 2 decimals." in refused.content.decode()
    done = client.post(at("deal_new"), {**deal, "amount": "10.05", "contact": f"Ana #{made.pk}"})
    assert done.status_code == 303
    assert Deal.objects.get(title="Cups").contact == made
    south = {"team": world.south.pk, "name": "Spy", "lifecycle": "prospect"}
    assert client.post(at("contact_new"), south).status_code == 422


def test_a_conflict_is_shown_field_by_field(world: World, sales: Sales, client_for) -> None:
    client: Client = client_for(world.priya)
    page = at("edit", "company", sales.company.pk)
    mine = {"version": 1, "name": "Aurora Ltd", "lifecycle": "prospect", "reach": "team",
            "industry": "Coffee", "territory": "North"}  # fmt: skip
    actions.change(
        record=sales.company, facts={"industry": "Tea", "website": "aurora.tw"}, by=world.marco,
        at=NOW,
    )  # fmt: skip
    clash = client.post(page, mine)
    body = clash.content.decode()
    assert clash.status_code == 409
    for said in ("Tea", "Coffee", "Marco Bianchi", "keep-industry", 'value="aurora.tw"'):
        assert said in body
    assert Company.objects.get(pk=sales.company.pk).industry == "Tea"
    again = {**mine, "version": 2, "website": "aurora.tw"}
    assert client.post(page, {**again, "keep-industry": "theirs"}).status_code == 303
    now = Company.objects.get(pk=sales.company.pk)
    assert (now.industry, now.territory, now.website) == ("Tea", "North", "aurora.tw")
    final = {**again, "version": now.version, "keep-industry": "mine"}
    assert client.post(page, final).status_code == 303
    assert Company.objects.get(pk=sales.company.pk).industry == "Coffee"


def test_the_board_moves_and_answers_with_its_columns(
    world: World, sales: Sales, client_for
) -> None:
    client: Client = client_for(world.priya)
    new, offer = sales.stage("New"), sales.stage("Offer")
    other = actions.add_deal(
        pipeline=sales.north, facts={"title": "Second"}, owner=world.priya, by=None, at=NOW
    )
    page = client.get(at("board", sales.north.pk)).content.decode()
    assert page.index("Second") < page.index("Spring order")
    assert "1,200.50" in page
    asked = {"board": 1, "seen": new.pk, "to": offer.pk}
    htmx = {"headers": {"HX-Request": "true"}}
    moved = client.post(at("deal_move", sales.deal.pk), asked, **htmx)
    assert moved.status_code == 200
    assert "“Spring order” is now in “Offer”." in moved.content.decode()
    assert "<html" not in moved.content.decode()
    late = client.post(
        at("deal_move", sales.deal.pk), {**asked, "to": sales.stage("Won").pk}, **htmx
    )
    assert "Priya Nair moved this deal to “Offer”" in late.content.decode()
    unmet = {"board": 1, "seen": offer.pk, "to": sales.stage("Won").pk}
    refused = client.post(at("deal_move", sales.deal.pk), unmet, **htmx).content.decode()
    assert refused.count("Offer: Tick off every required item of the checklist.") == 1
    assert Deal.objects.get(pk=sales.deal.pk).stage == offer
    back = {"board": 1, "seen": offer.pk, "to": new.pk, "after": other.pk}
    client.post(at("deal_move", sales.deal.pk), back, **htmx)
    up = {"board": 1, "seen": new.pk, "to": new.pk, "step": -1}
    client.post(at("deal_move", sales.deal.pk), up, **htmx)
    order = Deal.objects.filter(stage=new).order_by("board_rank").values_list("title", flat=True)
    assert list(order) == ["Spring order", "Second"]
    lost = client.post(at("deal_move", other.pk), {"to": sales.stage("Lost").pk, "seen": new.pk})
    assert lost.headers["Location"].startswith(at("deal_lose", other.pk))
    assert client.post(at("deal_lose", other.pk), {"note": "no money"}).status_code == 303
    assert Deal.objects.get(pk=other.pk).lost_note == "no money"
    assert Stage.objects.get(pk=new.pk).version > new.version
    assert StageChange.objects.filter(deal=sales.deal).count() == 3


def test_one_timeline_holds_everything(world: World, sales: Sales, client_for) -> None:
    client: Client = client_for(world.priya)
    deal, contact = sales.deal.pk, sales.contact.pk
    writes = [
        (at("activity_new", "deal", deal), {"kind": "call", "text": "wants <script>alert(1)"}),
        (at("activity_new", "deal", deal), {"kind": "task", "subject": "Send price list",
                                            "due_on": "2026-07-20", "assignee": world.marco.pk}),
        (at("deal_step", deal), {"next_step": "Visit", "next_step_on": "2026-07-22", "done": "0"}),
        (at("feedback_new", "contact", contact), {"kind": "complaint", "severity": "high",
                                                  "text": "Box was wet"}),
        (at("tags", "deal", deal), {"tags": "vip, 春季"}),
        (at("follow", "deal", deal), {"follows": "1"}),
        (at("deal_lines", deal), {"version": "", "row-0-product": "Tea", "row-0-quantity": "3",
                                  "row-0-price": "19.99", "row-0-discount": "5"}),
        (at("deal_shares", deal), {"row-0-person": world.priya.pk, "row-0-kind": "owner",
                                   "row-0-share": "70", "row-1-person": world.marco.pk,
                                   "row-1-kind": "co_seller", "row-1-share": "30"}),
    ]  # fmt: skip
    for page, data in writes:
        assert client.post(page, data).status_code == 303, page
    body = client.get(at("deal", deal)).content.decode()
    for said in ("wants &lt;script&gt;", "Send price list", "Visit", "vip", "春季", "56.97",
                 "Marco Bianchi", "Began in “New”", "Unfollow", "Shares"):  # fmt: skip
        assert said in body, said
    about = client.get(at("contact", contact)).content.decode()
    for said in ("Box was wet", "Send price list", "Spring order", "0912-345-678"):
        assert said in about, said
    seventy = {"row-0-person": world.priya.pk, "row-0-kind": "owner", "row-0-share": "70"}
    wrong = client.post(at("deal_shares", deal), seventy)
    assert wrong.status_code == 422
    assert DealContributor.objects.filter(deal=deal).count() == 2
    empty = client.post(at("activity_new", "deal", deal), {"kind": "note", "text": " "})
    assert empty.status_code == 422
    long = client.post(at("activity_new", "deal", deal), {"kind": "note", "text": "x" * 20_001})
    assert long.status_code == 422
    assert "20,001 letters" in long.content.decode()
    assert Activity.objects.filter(deal=deal).count() == 2
    task = Activity.objects.get(kind="task")
    assert client_for(world.marco).post(at("task_done", task.pk), {}).status_code == 303
    assert Activity.objects.get(kind="task").done_by == world.marco
    tasks = client_for(world.marco).get(at("tasks")).content.decode()
    assert "Nothing waits for you." in tasks


def test_a_lead_becomes_a_deal_on_its_page(world: World, sales: Sales, client_for) -> None:
    client: Client = client_for(world.priya)
    lead = actions.add_lead(
        team=world.north, facts={"name": "Ivy", "company_name": "Ivy Café"}, owner=world.priya,
        by=None, at=NOW,
    )  # fmt: skip
    data = {
        "company_name": "Ivy Café",
        "pipeline": sales.north.pk,
        "title": "Cups",
        "amount": "5.005",
    }
    assert client.post(at("lead_convert", lead.pk), data).status_code == 422
    done = client.post(at("lead_convert", lead.pk), {**data, "amount": "5"})
    deal = Deal.objects.get(title="Cups")
    assert done.headers["Location"] == at("deal", deal.pk)
    assert (deal.company.name, deal.contact.name, deal.owner) == ("Ivy Café", "Ivy", world.priya)
    page = client.get(at("lead", lead.pk)).content.decode()
    assert "Ivy Café" in page
    assert at("lead_convert", lead.pk) not in page


def test_the_pay_desk_sees_a_won_deal_without_its_talk(
    world: World, sales: Sales, client_for
) -> None:
    actions.add_activity(
        on=On.record(sales.deal), kind=ActivityKind.NOTE, facts={"text": "secret talk"},
        by=world.priya, at=NOW,
    )  # fmt: skip
    client: Client = client_for(world.dana)
    assert client.get(at("deal", sales.deal.pk)).status_code == 404
    plain = actions.add_pipeline(
        team=world.north, name="Quick", currency="USD", by=None, at=NOW,
        stages=[actions.NewStage("a"), actions.NewStage("w", kind="won"),
                actions.NewStage("l", kind="lost")],
    )  # fmt: skip
    deal = actions.add_deal(
        pipeline=plain, owner=world.priya, by=None, at=NOW,
        facts={"title": "Quick one", "amount": Decimal(5), "contact": sales.contact},
    )  # fmt: skip
    actions.add_activity(
        on=On.record(deal), kind=ActivityKind.NOTE, facts={"text": "secret talk"}, by=world.priya,
        at=NOW,
    )  # fmt: skip
    actions.move_deal(
        deal=deal, to=plain.stages.get(name="w"), on=NOW.date(), by=world.priya,
        at=NOW + timedelta(hours=1),
    )  # fmt: skip
    page = client.get(at("deal", deal.pk)).content.decode()
    assert "Quick one" in page
    assert "Priya Nair" in page
    for hidden in ("secret talk", "0912", "ming88"):
        assert hidden not in page
    assert client.get(at("contact", sales.contact.pk)).status_code == 404
    assert client.post(at("deal_step", deal.pk), {}).status_code == 403


def test_a_second_tab_is_told_what_became_of_the_record(world: World, sales: Sales, client_for):
    client: Client = client_for(world.priya)
    assert (
        client.get(at("company", sales.company.pk), {"before": "2026-02-30T25:00"}).status_code
        == 200
    )
    put_away = at("archive", "company", sales.company.pk)
    assert client.post(put_away).status_code == 303
    again = client.post(put_away)
    assert again.status_code == 403
    assert "It was put away meanwhile." in again.content.decode()
    told = {"by": None, "at": NOW}
    gone, stays = (
        actions.add_company(team=world.north, owner=world.priya, facts={"name": name}, **told)
        for name in ("Gone", "Stays")
    )
    seen = {one.pk: one.version for one in (gone, stays)}
    actions.merge(survivor=stays, others=[gone], choices={}, seen=seen, by=world.priya, at=NOW)
    late = client.post(at("edit", "company", gone.pk), {"name": "Mine"})
    assert "It was merged with another one meanwhile." in late.content.decode()
    elsewhere = client_for(world.dana).post(at("edit", "company", gone.pk), {"name": "Mine"})
    assert "meanwhile" not in elsewhere.content.decode()


def test_a_change_is_told_in_the_words_of_its_fields(
    world: World, sales: Sales, client_for
) -> None:
    def change(**facts: Any) -> str:
        contact = Contact.objects.get(pk=sales.contact.pk)
        actions.change(record=contact, facts=facts, by=world.priya, at=timezone.now())
        page = client_for(world.priya).get(at("contact", contact.pk)).content.decode()
        return page.split("crm-timeline")[1].split("</li>")[0]

    assert "Prospect → Regular customer" in change(lifecycle="regular")
    both = change(country="JP", languages=["ja", "en"], rating=3)
    for told in (
        ": Taiwan → Japan",
        "Languages: Chinese (Traditional), English → Japanese, English",
        "Rating: – → ★★★",
    ):
        assert told in both, told
