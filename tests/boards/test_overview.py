"""What a board says of its cards at a glance: swimlanes with their numbers, and the archive."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from paceline.boards import actions
from paceline.boards.models import Card
from tests.boards.conftest import Work
from tests.world import NOW, World


def bare(text: str) -> str:
    """The words of a page without its marks."""
    for mark in {part.partition(">")[0] for part in text.split("<")[1:]}:
        text = text.replace(f"<{mark}>", "")
    return text


def heads(client: Client, work: Work, lanes: str) -> list[str]:
    """The names of the lanes and of their lists, each with its number, from above."""
    address = reverse("boards:board", args=[work.campaign.pk])
    text = client.get(address, {"lanes": lanes}).content.decode().partition('id="board"')[2]
    parts = [part.partition(">")[2].partition("</h2>")[0] for part in text.split("<h2")[1:]]
    return [" ".join(bare(part).split()) for part in parts]


def test_a_lane_counts_its_own_cards(world: World, work: Work, client_for) -> None:
    client: Client = client_for(world.priya)
    work.add("Nobody's", world.priya)
    work.add("Hers too", world.priya, executor=world.priya)
    work.add("At work", world.priya, "Doing", executor=world.priya)
    work.add("Also at work", world.priya, "Doing")
    assert heads(client, work, "") == ["To do 3", "Doing 2/3", "Done 0"]
    assert heads(client, work, "executor") == [
        world.priya.name, "To do 2", "Doing 1 · 2/3 in all", "Done 0",
        "Nobody yet", "To do 1", "Doing 1 · 2/3 in all", "Done 0",
    ]  # fmt: skip


def test_every_archived_card_is_reached(world: World, work: Work, client_for) -> None:
    client: Client = client_for(world.priya)
    titles = [f"Idea {number:03}" for number in range(120)]
    actions.add_cards(cards=work.list("To do"), titles=titles, by=world.priya, at=NOW)
    for card in Card.objects.filter(title__in=titles).order_by("title"):
        actions.archive_card(card=card, by=world.priya, at=NOW)
    archive = reverse("boards:archived", args=[work.campaign.pk])
    first = client.get(archive).content.decode()
    assert "1–100 of 120" in bare(first)
    assert ("Idea 119" in first, "Idea 019" in first) == (True, False)
    second = client.get(archive, {"page": "2"}, headers={"HX-Request": "true"}).content.decode()
    assert "101–120 of 120" in bare(second)
    assert ("Idea 019" in second, "Idea 020" in second, "<html" in second) == (True, False, False)
    last = client.get(archive, {"page": "999"}).content.decode()
    assert "101–120 of 120" in bare(last)
