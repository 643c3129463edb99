"""The pages: what each reader finds, how forms answer, and how few queries they ask."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from paceline.boards import actions
from paceline.boards.models import (
    Card,
    CardChange,
    CardList,
    Dependency,
    KeptView,
    Right,
    Rule,
)
from paceline.kernel.own_fields import FieldKind
from tests.boards.conftest import Work
from tests.crm.conftest import make_sales
from tests.goals.conftest import make_aims
from tests.world import NOW, World

pytestmark = pytest.mark.django_db


def at(name: str, *args: object) -> str:
    return reverse(f"boards:{name}", args=args)


def fill(world: World, work: Work) -> list[Card]:
    """500 cards on one board, with all that hangs on some of them."""
    told: dict[str, Any] = {"by": world.priya, "at": NOW}
    CardList.objects.filter(project=work.campaign).update(limit=None)
    made: list[Card] = []
    for name, count in (("To do", 200), ("Doing", 150), ("Done", 150)):
        titles = [f"{name} {n}" for n in range(count)]
        made += actions.add_cards(cards=work.list(name), titles=titles, **told)
    for card in made[:12]:
        actions.set_labels(card=card, labels=[work.urgent], **told)
        actions.change_card(
            card=card, facts={"executor": world.priya, "due_on": world.today}, **told
        )
        actions.set_participants(card=card, people=[world.marco], **told)
        actions.add_checklist(card=card, name="Steps", items=["a", "b"], **told)
        actions.add_part(card=card, facts={"title": "Part", "executor": world.marco}, **told)
        actions.add_comment(card=card, text="Hello", **told)
        actions.add_time(card=card, on=world.today, minutes=30, **told)
        actions.add_dependency(card=card, on=made[20], **told)
    actions.add_file(card=made[0], content=b"1", name="a.txt", media_type="", **told)
    actions.add_file(card=made[0], content=b"2", name="A.txt", media_type="", **told)
    # All that a card may be about, a field of its own, a move, and somebody who takes part no more.
    sales, aims = make_sales(world), make_aims(world)
    for to in (_order(), sales.deal, sales.company, sales.contact, aims.north):
        actions.link_card(card=made[0], to=to, **told)
    own = actions.add_field(
        project=work.campaign, label="Shop", kind=FieldKind.TEXT, by=world.marco, at=NOW
    )
    actions.change_card(card=made[0], facts={"custom": {own.key: "Taipei"}}, **told)
    actions.set_participants(card=made[0], people=[world.erik], by=world.priya, at=NOW)
    actions.set_participants(card=made[0], people=[world.marco], by=world.priya, at=NOW)
    actions.move_card(card=made[0], to=work.list("Doing"), **told)
    return made


def _order() -> str:
    from paceline.orders.models import OrderLine  # noqa: PLC0415

    OrderLine.objects.create(
        source="shop", order_number="A-7", line_number="1", ordered_on=NOW.date(), currency="USD",
        quantity=1, amount=1,
    )  # fmt: skip
    return "A-7"


def test_each_page_asks_few_queries(
    world: World, work: Work, client_for, django_assert_max_num_queries
) -> None:
    made = fill(world, work)
    board = at("board", work.campaign.pk)
    pages = {
        at("list_of_projects"): 15, board: 15, f"{board}?lanes=executor": 15,
        f"{board}?lanes=label&whose=mine&due=soon&q=do": 15, at("new"): 15,
        at("card", made[0].pk): 15, at("card_move", made[0].pk): 15,
        at("card_edit", made[0].pk): 15, at("arrange", work.campaign.pk): 15,
        at("archived", work.campaign.pk): 15, at("mine"): 15, at("templates"): 15,
        at("recurrence_new", work.campaign.pk): 15, at("rule_new", work.campaign.pk): 15,
        at("begin", "launch"): 15, at("copy", work.campaign.pk): 15, at("feed"): 15,
        **{at(name, work.campaign.pk): 15 for name in ("list", "table", "calendar", "timeline")},
    }  # fmt: skip
    client: Client = client_for(world.marco)
    client.get(board)
    asked = {}
    for page, most in pages.items():
        client.get(page)
        with django_assert_max_num_queries(60) as queries:
            answer = client.get(page)
        assert answer.status_code == 200, page
        if len(queries) > most:
            asked[page] = len(queries)
    assert asked == {}
    text = client.get(board).content.decode()
    assert text.count('class="board-card ') == 120 + 120 + 120
    assert "Blocked" in text
    assert "(has left)" not in text


def test_nobody_reads_what_is_not_open_to_them(world: World, work: Work, client_for) -> None:
    actions.change_card(card=work.secret, facts={"title": "Kanari-77"}, by=world.hana, at=NOW)
    for name in ("marco", "omar", "erik", "dana", "ada"):
        client: Client = client_for(world.cast[name])
        for page in (at("list_of_projects"), reverse("web:palette") + "?q=Kanari"):
            text = client.get(page).content.decode()
            assert "Kanari-77" not in text, (name, page)
            assert "Secret plan" not in text, (name, page)
    found = client_for(world.priya).get(reverse("web:palette") + "?q=kanari")
    assert "Kanari-77" in found.content.decode()


def test_a_card_is_dragged_to_where_it_may_go(world: World, work: Work, client_for) -> None:
    client: Client = client_for(world.priya)
    project, doing = work.campaign.pk, work.list("Doing")
    asks = {"HTTP_HX_REQUEST": "true"}
    drag = {"board": project, "to": doing.pk, "seen": work.list("To do").pk}
    answer = client.post(at("card_move", work.card.pk), drag, **asks)
    text = answer.content.decode()
    assert 'aria-live="polite" id="board-said">“Write the banner” is now in “Doing”.' in text
    assert Card.objects.get(pk=work.card.pk).list == doing
    # Seen in a list where it is no more; archived; deleted: the board as it is now, and why.
    text = client.post(at("card_move", work.card.pk), drag, **asks).content.decode()
    assert "Priya Nair moved this card to “Doing” meanwhile." in text
    told: dict[str, Any] = {"card": work.card, "by": world.marco, "at": NOW}
    actions.archive_card(**told)
    text = client.post(at("card_move", work.card.pk), drag, **asks).content.decode()
    assert "This card was archived meanwhile." in text
    actions.delete_card(**told)
    answer = client.post(at("card_move", work.card.pk), drag, **asks)
    assert answer.status_code == 200
    assert "This card was deleted meanwhile." in answer.content.decode()
    assert client.post(at("card_move", work.secret.pk), drag).status_code != 500
    # By keys within the list: the place is spoken; there is nothing below the last one.
    work.add("first", world.priya)
    last = work.add("last", world.priya)
    step = {"board": project, "to": work.list("To do").pk, "seen": work.list("To do").pk}
    for ways, place in (("1", "2 of 2"), ("-1", "1 of 2"), ("-1", "1 of 2")):
        text = client.post(at("card_move", last.pk), {**step, "step": ways}, **asks)
        assert f"“last” is now {place} in “To do”." in text.content.decode()
    # Swimlanes: dropped into somebody's lane it becomes theirs.
    card = work.add("lane", world.priya)
    client.post(at("card_move", card.pk), {**drag, "lane": world.marco.pk}, **asks)
    assert Card.objects.get(pk=card.pk).executor == world.marco


def test_forms_answer(world: World, work: Work, client_for) -> None:
    client: Client = client_for(world.priya)
    card = work.card
    client.post(at("comment_new", card.pk), {"text": "First"})
    client.post(at("checklist_new", card.pk), {"name": "", "items": "one\ntwo"})
    client.post(at("item", card.checklists.get().items.first().pk), {"done": "1"})
    client.post(at("part_new", card.pk), {"title": "Part", "executor": world.marco.pk})
    client.post(at("time_new", card.pk), {"minutes": "90"})
    client.post(at("time_new", card.pk), {"minutes": "9000"})
    client.post(at("time_new", card.pk), {"minutes": "10", "on": "2026-02-30"})
    text = client.get(at("card", card.pk)).content.decode()
    for said in ("First", "1/2", "Part", "1 h 40 min"):
        assert said in text
    assert {one.minutes for one in card.times.all()} == {10, 90}
    assert len({one.on for one in card.times.all()}) == 1  # a day that is none is today
    listed = client.get(at("list", work.campaign.pk)).content.decode()
    assert card.title in listed
    assert ">Part<" not in listed
    change = CardChange.objects.filter(card=card).order_by("-version")[0]
    assert client.post(at("undo", change.pk)).status_code == 303
    post = {"title": "New", "version": 1, "executor": world.priya.pk}
    actions.change_card(card=card, facts={"title": "Theirs"}, by=world.marco, at=NOW)
    answer = client.post(at("card_edit", card.pk), post)
    assert answer.status_code == 409
    assert "Marco Bianchi changed “Title” meanwhile to: Theirs." in answer.content.decode()
    answer = client.post(
        at("new"), {"name": "Mine", "reach": "members", "open_right": "see", "time_zone": "UTC"}
    )
    assert answer.status_code == 303
    made = CardList.objects.filter(project__name="Mine").order_by("rank")
    assert [(one.name, one.ends_work) for one in made] == [
        ("To do", False), ("Doing", False), ("Done", True),
    ]  # fmt: skip


def test_a_month_says_its_days_and_when_it_has_none(world: World, work: Work, client_for) -> None:
    card = work.add("Fair", world.priya)
    due = {"due_on": date(2026, 8, 30)}
    actions.change_card(card=card, facts=due, by=world.priya, at=NOW)
    priya = client_for(world.priya)
    address = reverse("boards:calendar", args=[work.campaign.pk])
    month = priya.get(address, {"month": "2026-08"}).content.decode()
    # On a phone only these are shown, each with its whole date.
    shown = [cell for cell in month.split("<td ")[1:] if "is-empty" not in cell.split(">")[0]]
    assert len(shown) == 1
    assert '<span class="day-name">Aug 30, 2026</span>' in shown[0]
    assert "Fair" in shown[0]
    none = "No card is due in this month."
    assert none not in month
    # The same day stands at the edge of the month after, which has none of its own.
    after = priya.get(address, {"month": "2026-09"}).content.decode()
    assert none in after


def test_views_are_kept_for_oneself_and_for_the_project(
    world: World, work: Work, client_for
) -> None:
    priya, marco = client_for(world.priya), client_for(world.marco)
    keep = at("view_keep", work.campaign.pk)
    query = f"whose=mine&label={work.urgent.pk}&lanes=executor&cards-sort=-due_on&cards-page=2&x=1"
    assert priya.post(keep, {"kind": "table", "name": " ", "query": query}).status_code == 303
    assert priya.post(keep, {"kind": "nothing", "name": "Mine", "query": query}).status_code == 303
    assert not KeptView.objects.exists()
    priya.post(keep, {"kind": "table", "name": "Mine", "query": query})
    priya.post(keep, {"kind": "table", "name": "mine", "query": query})  # replaces it
    mine = KeptView.objects.get()
    assert mine.choices == {
        "whose": "mine", "label": str(work.urgent.pk), "lanes": "executor",
        "cards-sort": "-due_on",
    }  # fmt: skip
    marco.post(keep, {"kind": "board", "name": "By label", "query": "lanes=label", "shared": "1"})
    shared = KeptView.objects.get(owner=world.marco)
    board = at("board", work.campaign.pk)
    seen = priya.get(board).content.decode()
    assert ">mine</a>" in seen
    assert ">By label</a>" in seen
    assert ">mine</a>" not in marco.get(board).content.decode()
    opened = f"{at('table', work.campaign.pk)}?view={mine.pk}&whose=mine&label={work.urgent.pk}"
    assert 'aria-current="true">mine</a>' in priya.get(opened).content.decode()
    # A label that is gone is left out; the view still opens.
    actions.delete_label(label=work.urgent, by=world.marco, at=NOW)
    assert (
        "label=" not in priya.get(board).content.decode().split(">mine</a>")[0].rsplit("<a", 1)[1]
    )
    # Others' views are not theirs to delete, unless they arrange the project and it is shared.
    delete = at("view_delete", shared.pk)
    assert priya.post(delete).status_code == 403
    assert client_for(world.omar).post(delete).status_code == 404
    assert marco.post(at("view_delete", mine.pk)).status_code == 404
    marco.post(delete)
    assert list(KeptView.objects.all()) == [mine]
    # Who only sees the project keeps views for oneself alone.
    told = {"project": work.campaign, "by": world.marco, "at": NOW}
    actions.set_member(person=world.omar, right=Right.SEE, **told)
    omar = client_for(world.omar)
    assert omar.post(keep, {"kind": "list", "name": "O", "shared": "1"}).status_code == 403
    omar.post(keep, {"kind": "list", "name": "O"})
    assert KeptView.objects.get(owner=world.omar).shared_at is None


def test_a_rule_is_built_as_a_sentence(world: World, work: Work, client_for) -> None:
    client: Client = client_for(world.marco)
    new = at("rule_new", work.campaign.pk)
    page = client.get(new).content.decode()
    assert 'data-triggers="moved created"' in page
    assert page.index('name="assign"') < page.index('name="notify"') < page.index('name="move"')
    done = work.list("Done").pk
    post = {"name": "Late", "trigger": "due", "move": done, "notify": "Hurry"}
    answer = client.post(new, post)
    assert answer.status_code == 422
    assert "Say how many days before." in answer.content.decode()
    assert "Hurry" in answer.content.decode()
    answer = client.post(new, {"name": "Nothing", "trigger": "created"})
    assert "Say what is to be done." in answer.content.decode()
    assert not Rule.objects.exists()
    # What narrows another trigger does not count.
    narrowed = {"days_before": "2", "list": work.list("Doing").pk, "label": work.urgent.pk}
    assert client.post(new, {**post, **narrowed}).status_code == 303
    rule = Rule.objects.get()
    assert (rule.days_before, rule.list, rule.label) == (2, None, None)
    assert rule.steps == [{"do": "notify", "text": "Hurry"}, {"do": "move", "list": done}]


def test_what_is_refused_stays_typed(world: World, work: Work, client_for) -> None:
    """A refusal stands at the field with what was typed, in place of a toast and an empty field."""
    client: Client = client_for(world.priya)
    card = work.card
    other = work.add("Print the flyers", world.priya)
    actions.add_dependency(card=other, on=card, by=world.priya, at=NOW)
    checked = actions.add_checklist(card=card, name="List", items=["One"], by=world.priya, at=NOW)
    refused = {
        "dependency_new": ({"on": f"Print the flyers #{other.pk}"}, "would wait for each other"),
        "part_new": ({"title": "   p" * 200}, "   p" * 200),
        "checklist_new": ({"name": "Many", "items": "kept item\n" * 300}, "kept item"),
    }
    for name, (post, said) in refused.items():
        answer = client.post(at(name, card.pk), post)
        text = answer.content.decode()
        assert answer.status_code == 422, name
        assert said in text
        assert next(iter(post.values())).strip() in text
        assert 'role="alert"' in text
    unknown = client.post(at("dependency_new", card.pk), {"on": "nothing <like> it"})
    assert "No card of this project is called like this." in unknown.content.decode()
    assert 'value="nothing &lt;like&gt; it"' in unknown.content.decode()
    more = client.post(at("checklist", checked.pk), {"items": "kept item\n" * 300})
    assert (more.status_code, b"kept item" in more.content) == (422, True)
    item = checked.items.get()
    said = client.post(at("item", item.pk), {"text": "long" * 200})
    assert (said.status_code, b"longlong" in said.content) == (422, True)
    card.refresh_from_db()
    waits = Dependency.objects.filter(card=card)
    assert (waits.count(), card.parts.count(), card.checklists.count()) == (0, 0, 1)
