"""Questions on lines: asked, answered, resolved, opened again, and read by nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from paceline.incentives.actions import threads
from paceline.incentives.models import (
    LineComment,
    LineThread,
    StatementComponent,
    ThreadResolution,
)
from paceline.incentives.queries.pay_attention import attention
from paceline.kernel.waiting import worded
from paceline.notifications.models import Notification
from tests.incentives.pay.conftest import Quarter, build_quarter
from tests.keeping import once
from tests.world import World

LINE = "shop/A2/1"


@pytest.fixture
def released(world: World) -> tuple[Quarter, StatementComponent]:
    return once(_release, world)


@pytest.fixture
def quarter(released: tuple[Quarter, StatementComponent]) -> Quarter:
    return released[0]


@pytest.fixture
def component(released: tuple[Quarter, StatementComponent]) -> StatementComponent:
    return released[1]


def _release(world: World) -> tuple[Quarter, StatementComponent]:
    quarter = build_quarter(world)
    return quarter, quarter.release(quarter.run(), "priya")[0].components.get()


def ask(quarter: Quarter, component: StatementComponent, body: str = "Why two rates?"):
    world = quarter.world
    return threads.ask_about_line(
        component=component, line_id=LINE, body=body, by=world.priya, at=world.now
    )


def told(kind: str) -> set[str]:
    return {one.recipient.name for one in Notification.objects.filter(kind=kind)}


def test_a_question_reaches_compensation_and_its_answer_the_payee(
    quarter: Quarter, component: StatementComponent
) -> None:
    world = quarter.world
    thread = ask(quarter, component)
    assert told("question_asked") == {world.dana.name, world.wen.name}
    threads.write_comment(thread=thread, body="It crosses.", by=world.dana, at=world.now)
    assert told("question_answered") == {world.priya.name}
    threads.resolve_thread(thread=thread, by=world.dana, at=world.now)
    assert ThreadResolution.objects.get().resolved_by == world.dana
    threads.write_comment(thread=thread, body="And the return?", by=world.priya, at=world.now)
    assert not ThreadResolution.objects.exists()
    assert Notification.objects.filter(recipient=world.wen, kind="question_asked").count() == 1
    assert Notification.objects.filter(recipient=world.dana, kind="question_asked").count() == 2


def test_there_is_one_thread_for_a_line(quarter: Quarter, component: StatementComponent) -> None:
    assert ask(quarter, component) == ask(quarter, component, "And again")
    assert LineThread.objects.count() == 1
    assert LineComment.objects.count() == 2


def test_a_line_of_nobody_cannot_be_asked_about(
    quarter: Quarter, component: StatementComponent
) -> None:
    world = quarter.world
    for line in ("shop/B1/1", "shop/none/1"):
        with pytest.raises(threads.LineNotOnStatement):
            threads.ask_about_line(
                component=component, line_id=line, body="Mine?", by=world.priya, at=world.now
            )
    assert not LineThread.objects.exists()


@pytest.mark.parametrize("body", ["", "   ", "x" * 4001])
def test_an_unusable_comment_keeps_nothing(
    quarter: Quarter, component: StatementComponent, body: str
) -> None:
    with pytest.raises(threads.CommentUnusable):
        ask(quarter, component, body)
    assert not LineThread.objects.exists()
    assert not Notification.objects.filter(kind="question_asked").exists()


def test_only_the_payee_and_the_pay_desk_read_it(
    quarter: Quarter, component: StatementComponent, client_for: Callable[..., object]
) -> None:
    thread = ask(quarter, component)
    address = reverse("incentives:thread", args=[thread.pk])
    for name, person in quarter.world.cast.items():
        if name == "fred":
            continue
        wanted = 200 if name in {"priya", "dana", "wen", "ines"} else 404
        assert client_for(person).get(address).status_code == wanted, name


def test_a_question_is_asked_answered_and_closed_by_pages(
    quarter: Quarter, component: StatementComponent, client_for: Callable[..., object]
) -> None:
    world = quarter.world
    priya, dana = client_for(world.priya), client_for(world.dana)
    address = reverse("incentives:thread-create", args=[component.statement_id, component.pk])
    page = priya.get(address, {"line": LINE})
    assert "$50,000.00" in page.content.decode()
    empty = priya.post(address, {"line": LINE, "body": " "})
    assert empty.status_code == 422
    assert not LineThread.objects.exists()
    asked = priya.post(address, {"line": LINE, "body": "Why <b>two</b> rates?"})
    thread = LineThread.objects.get()
    assert asked["Location"] == reverse("incentives:thread", args=[thread.pk])
    assert "1 question waits" in [one.text for one in worded(attention(world.dana, world.today))]
    shown = dana.get(asked["Location"]).content.decode()
    assert "Why &lt;b&gt;two&lt;/b&gt; rates?" in shown
    dana.post(reverse("incentives:thread-comment", args=[thread.pk]), {"body": "It crosses."})
    dana.post(reverse("incentives:thread-resolve", args=[thread.pk]))
    assert hasattr(LineThread.objects.get(), "resolution")
    priya.post(reverse("incentives:thread-reopen", args=[thread.pk]))
    assert not ThreadResolution.objects.exists()
    assert thread.comments.count() == 2


def test_the_list_calls_a_component_what_its_reader_calls_it(
    quarter: Quarter, component: StatementComponent, client_for: Callable[..., object]
) -> None:
    priya = client_for(quarter.world.priya)
    address = reverse("incentives:thread-create", args=[component.statement_id, component.pk])
    priya.post(address, {"body": "Why so little?"})
    table = priya.get(reverse("incentives:threads")).context["table"]
    assert [row.cells[2].text for row in table.body] == ["Commission"]
    assert component.component == "commission"
