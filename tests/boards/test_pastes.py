"""Lines that become cards: a few at once, thousands in a job; refused whole; taken back as one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from paceline.boards import actions
from paceline.boards.actions import NewList
from paceline.boards.models import Batch, Card, CardChange, CardList, Paste
from paceline.kernel.audit import AuditEntry
from paceline.live.actions import request_cancel
from paceline.notifications.models import Notification
from tests.boards.conftest import Work
from tests.world import NOW, World

LATER = NOW + timedelta(hours=1)


def order(cards: CardList) -> list[str]:
    kept = Card.objects.kept().filter(list=cards)
    return list(kept.order_by("rank").values_list("title", flat=True))


def test_a_few_are_made_at_once_or_none(world: World, work: Work) -> None:
    todo = work.list("To do")
    told: dict[str, Any] = {"cards": todo, "by": world.priya, "at": NOW}
    with pytest.raises(actions.TooManyLines) as many:
        actions.add_cards(titles=["x"] * 10_000, **told)
    # One card is in the project already.
    assert (many.value.count, many.value.room, many.value.most) == (10_000, 9_999, 10_000)
    with pytest.raises(actions.LineTooLong) as long:
        actions.add_cards(titles=["a", "b" * 301], **told)
    assert long.value.number == 2
    assert len(order(todo)) == 1
    assert not Batch.objects.exists()
    lines = AuditEntry.objects.count()
    made = actions.add_cards(titles=[f"Card {n}" for n in range(500)], **told)
    assert order(todo)[1:] == [f"Card {n}" for n in range(500)]
    assert AuditEntry.objects.count() == lines + 1
    assert {one.changes.get().act for one in made[:3]} == {"card_added"}


def test_thousands_come_in_their_order_and_go_as_one(
    world: World, work: Work, client_for, run_jobs: Callable[[], int]
) -> None:
    client: Client = client_for(world.priya)
    todo = work.list("To do")
    lines = [f"Zeile {n} {'長' * 60}" for n in range(9_999)]
    # The browser sends a long text as a file; blank lines are no cards.
    post = {
        "list": todo.pk,
        "titles": SimpleUploadedFile("titles.txt", "\n\n".join(lines).encode()),
    }
    answer = client.post(reverse("boards:cards_new", args=[work.campaign.pk]), post)
    paste = Paste.objects.get()
    url = reverse("boards:paste", args=[paste.pk])
    assert answer["Location"] == url
    assert (paste.count, Card.objects.filter(project=work.campaign).count()) == (9_999, 1)
    assert "Making the cards" in client.get(url).content.decode()
    assert client_for(world.marco).get(url).status_code == 404  # another's text
    run_jobs()
    assert order(todo) == ["Write the banner", *lines]
    paste.refresh_from_db()
    assert (paste.text, paste.failure, paste.progress.state) == ("", "", "done")
    text = client.get(url).content.decode()
    assert "They stand in “To do” in the order of the lines." in text
    assert Notification.objects.filter(recipient=world.priya, kind="cards_pasted").count() == 1
    run_jobs()  # nothing twice
    # Somebody took one of them up: it stays, and all others go.
    kept = Card.objects.get(title=lines[7])
    actions.change_card(card=kept, facts={"executor": world.marco}, by=world.marco, at=LATER)
    undo = reverse("boards:undo_many", args=[paste.batch_id])
    assert client_for(world.marco).post(undo).status_code == 404
    answer = client.post(undo, follow=True)
    assert "Taken back on 9,998 cards. 1 was changed since and stays." in answer.content.decode()
    assert order(todo) == ["Write the banner", lines[7]]
    gone = Card.objects.get(title=lines[8])
    assert gone.archived_at is not None
    acts = CardChange.objects.filter(card=gone).order_by("version").values_list("act", flat=True)
    assert list(acts) == ["card_added", "card_archived"]
    actions.restore_card(card=gone, by=world.priya, at=LATER)
    assert order(todo) == ["Write the banner", lines[7], lines[8]]
    assert "They were taken back." in client.get(url).content.decode()


def test_what_cannot_be_is_said_and_the_text_stays(
    world: World, work: Work, client_for, run_jobs: Callable[[], int]
) -> None:
    client: Client = client_for(world.priya)
    add = reverse("boards:cards_new", args=[work.campaign.pk])
    todo, doing = work.list("To do"), work.list("Doing")
    text = "\n".join(f"Line {n}" for n in range(10_000))
    answer = client.post(add, {"list": todo.pk, "titles": text})
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "These are 10,000 lines. The project has room for 9,999 more cards" in said
    assert "Line 9999" in said
    text = "\n".join(f"Line {n}" for n in range(600))
    answer = client.post(add, {"list": doing.pk, "titles": text})  # it takes three at once
    assert answer.status_code == 422
    assert "Line 599" in answer.content.decode()
    assert not Paste.objects.exists()
    assert Card.objects.filter(project=work.campaign).count() == 1
    # The list is put away before the job comes to it.
    spare = actions.add_list(project=work.campaign, new=NewList("Spare"), by=world.marco, at=NOW)
    client.post(add, {"list": spare.pk, "titles": text})
    actions.archive_list(cards=spare, by=world.marco, at=LATER)
    run_jobs()
    paste = Paste.objects.get()
    page = client.get(reverse("boards:paste", args=[paste.pk])).content.decode()
    assert "This list is not in use any more." in page
    assert "Line 599" in page
    assert Card.objects.filter(project=work.campaign).count() == 1
    assert Notification.objects.filter(recipient=world.priya, kind="cards_not_pasted").count() == 1


def test_a_paste_is_cancelled(
    world: World, work: Work, client_for, run_jobs: Callable[[], int]
) -> None:
    titles = [f"Line {n}" for n in range(600)]
    paste = actions.request_paste(cards=work.list("To do"), titles=titles, by=world.priya, at=NOW)
    assert request_cancel(progress=paste.progress, by=world.priya, at=NOW)
    run_jobs()
    assert Card.objects.filter(project=work.campaign).count() == 1
    page = client_for(world.priya).get(reverse("boards:paste", args=[paste.pk])).content.decode()
    assert "It was cancelled. No card was made, and your text is still here." in page
    assert "Line 599" in page


def test_what_was_just_added_is_taken_back_from_the_board(
    world: World, work: Work, client_for
) -> None:
    client: Client = client_for(world.priya)
    post = {"list": work.list("To do").pk, "titles": "one\r\n\r\n two \r\n"}
    answer = client.post(reverse("boards:cards_new", args=[work.campaign.pk]), post, follow=True)
    said = answer.content.decode()
    assert "2 cards were added." in said
    batch = Batch.objects.get()
    assert reverse("boards:undo_many", args=[batch.pk]) in said
    # The same address offers nothing to somebody else, and nothing once it was taken back.
    (url, _status), *_others = answer.redirect_chain
    assert "2 cards were added." not in client_for(world.marco).get(url).content.decode()
    client.post(reverse("boards:undo_many", args=[batch.pk]))
    assert order(work.list("To do")) == ["Write the banner"]
    assert "2 cards were added." not in client.get(url).content.decode()
