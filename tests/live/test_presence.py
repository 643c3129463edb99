"""Who else has a record open: only among those who may see it, and gone when the page is."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.urls import reverse

from paceline.live import actions, presence, topics
from paceline.live.models import Doing, LiveEvent, Presence
from paceline.org.models import Person
from tests.incentives.pay.conftest import Quarter, build_quarter
from tests.world import NOW, World, sign_in

TAB = UUID("5ed3d66e-7b0e-4ae5-bf2c-47b0a1f8a8c6")


@pytest.fixture
def quarter(world: World) -> Quarter:
    return build_quarter(world)


def address(statement_id: int) -> str:
    return reverse("live:presence", args=["statement", str(statement_id)])


def opens(client: Client, url: str, doing: str = "viewing", page: UUID = TAB) -> str:
    answer = client.post(url, {"page": str(page), "doing": doing})
    assert answer.status_code == 200
    return answer.content.decode()


def come(
    person: Person, doing: Doing = Doing.VIEWING, *, seconds: int = 0, page: UUID = TAB
) -> None:
    actions.be_present(
        kind="lesson", ref="1", page=page, doing=doing, by=person,
        at=NOW + timedelta(seconds=seconds),
    )  # fmt: skip


def seen_by(person: Person, *, seconds: int = 0) -> list[tuple[str, bool]]:
    found = presence.others(person, "lesson", "1", NOW + timedelta(seconds=seconds))
    return [(one.name, one.is_editing) for one in found]


def test_people_at_one_statement_see_one_another(quarter: Quarter, world: World) -> None:
    statement = quarter.release(quarter.run(), "priya")[0]
    url = address(statement.pk)
    dana, priya = sign_in(world.dana), sign_in(world.priya)
    assert "is viewing" not in opens(dana, url), "nobody but oneself is there"
    assert f"{world.dana.name} is viewing" in opens(priya, url)
    assert f"{world.priya.name} is viewing" in dana.get(url).content.decode()
    opens(priya, url, "editing")
    assert f"{world.priya.name} is editing" in dana.get(url).content.decode()
    assert priya.post(url, {"page": str(TAB), "doing": "closing"}).status_code == 204
    assert world.priya.name not in dana.get(url).content.decode()


def test_who_may_not_see_the_statement_neither_sees_nor_is_seen(
    quarter: Quarter, world: World
) -> None:
    run = quarter.run()
    statement = run.statements.get(payee=world.priya)
    url = address(statement.pk)
    opens(sign_in(world.dana), url)
    for name in ("priya", "marco", "omar"):
        stranger = sign_in(getattr(world, name))
        assert stranger.get(url).status_code == 404
        answer = stranger.post(url, {"page": str(TAB), "doing": "viewing"})
        assert answer.status_code == 404
        assert world.dana.name not in answer.content.decode()
    assert set(Presence.objects.values_list("person", flat=True)) == {world.dana.pk}
    topic = f"presence:statement:{statement.pk}"
    assert topics.followed_by(world.priya, [topic]) == []
    assert topics.followed_by(world.dana, [topic]) == [topic]


@pytest.mark.parametrize(
    "thing", [("nothing", "1"), ("statement", "0"), ("run", "x"), ("run", "٣")]
)
def test_what_is_not_there_is_not_found(world: World, thing: tuple[str, str]) -> None:
    assert sign_in(world.dana).get(reverse("live:presence", args=thing)).status_code == 404


def test_a_page_that_names_itself_badly_is_refused(quarter: Quarter, world: World) -> None:
    statement = quarter.release(quarter.run(), "priya")[0]
    answer = sign_in(world.dana).post(address(statement.pk), {"page": "7", "doing": "viewing"})
    assert answer.status_code == 400
    assert not Presence.objects.exists()


def test_who_left_without_a_word_is_forgotten(world: World) -> None:
    come(world.dana)
    assert seen_by(world.wen, seconds=44) == [(world.dana.name, False)]
    assert seen_by(world.wen, seconds=46) == []
    come(world.dana, seconds=30)
    assert seen_by(world.wen, seconds=46) == [(world.dana.name, False)]
    assert actions.forget_absent(at=NOW + timedelta(seconds=100)) == 1
    assert not Presence.objects.exists()


def test_two_pages_of_one_person_are_one_person(world: World) -> None:
    other = uuid4()
    come(world.dana, Doing.EDITING)
    come(world.dana, page=other)
    come(world.ines)
    assert seen_by(world.wen) == [(world.dana.name, True), (world.ines.name, False)]
    actions.be_gone(kind="lesson", ref="1", page=TAB, by=world.dana, at=NOW)
    assert seen_by(world.wen) == sorted([(world.dana.name, False), (world.ines.name, False)])


@pytest.mark.django_db(transaction=True)
def test_others_are_told_when_something_changes_and_only_then() -> None:
    lin = Person.objects.create(number="L1", name="Lin")
    said = LiveEvent.objects.filter(topic="presence:lesson:1")
    come(lin)
    come(lin, seconds=20)
    assert said.count() == 1
    come(lin, Doing.EDITING, seconds=40)
    assert said.count() == 2
    actions.be_gone(kind="lesson", ref="1", page=TAB, by=lin, at=NOW)
    actions.be_gone(kind="lesson", ref="1", page=TAB, by=lin, at=NOW)
    assert said.count() == 3


def test_a_flood_of_pages_is_stopped(world: World) -> None:
    for _page in range(actions.PAGES_MAX):
        come(world.dana, page=uuid4())
    with pytest.raises(actions.TooManyPages):
        come(world.dana, page=uuid4())
    come(world.dana, seconds=60, page=uuid4())
    assert Presence.objects.count() == 1, "pages long closed make room"


def test_the_bell_tells_how_many_are_unread(quarter: Quarter, world: World) -> None:
    quarter.release(quarter.run(), "priya")
    client = sign_in(world.priya)
    page = client.get(reverse("notifications:bell")).content.decode()
    assert 'data-live="person:' in page
    assert "1 unread" in page
    client.post(reverse("notifications:read_all"))
    assert "unread" not in client.get(reverse("notifications:bell")).content.decode()
