"""Writes: once however often they are sent, line by line, and never over somebody else's change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from paceline.accounts import actions as accounts
from paceline.accounts.models import ApiToken, KeptAnswer
from paceline.goals.actions import add_figure_kind
from paceline.goals.models import Figure, Quota, Unit
from paceline.imports.models import Import
from paceline.kernel.audit import AuditEntry
from paceline.orders.models import ExchangeRate, OrderLine
from tests.api.calling import Program, program_for
from tests.world import World

LINE = {
    "source": "shop", "order_number": "A-1", "line_number": "1", "ordered_on": "2026-07-01",
    "payee": "E001", "amount": "1250.50", "currency": "USD",
}  # fmt: skip


@pytest.fixture
def program(world: World) -> Program:
    return program_for(world.dana)


def _line(**changes: Any) -> dict[str, Any]:
    return {**LINE, **changes}


def test_a_write_sent_again_is_done_once(program: Program) -> None:
    body = {"records": [_line()]}
    first = program.ask("POST", "/order-lines", body, Idempotency_Key="k1")
    again = program.ask("POST", "/order-lines", body, Idempotency_Key="k1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert (again["Idempotent-Replayed"], again["ETag"]) == ("true", first["ETag"])
    assert Import.objects.count() == OrderLine.objects.count() == 1
    other = {"records": [_line(amount="9")]}
    refused = program.ask("POST", "/order-lines", other, Idempotency_Key="k1")
    assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
    assert OrderLine.objects.get().amount == Decimal("1250.5")
    KeptAnswer.objects.update(made_at=timezone.now() - timedelta(hours=25))
    after = program.ask("POST", "/order-lines", other, Idempotency_Key="k1")
    assert after.json()["changed"] == 1
    KeptAnswer.objects.update(made_at=timezone.now() - timedelta(hours=25))
    assert accounts.forget_answers(at=timezone.now()) == 1


def test_a_refused_write_uses_no_key_up_and_leaves_nothing(program: Program) -> None:
    wrong = {"records": [_line(), _line(order_number="A-2", payee="Nobody")]}
    refused = program.ask("POST", "/order-lines", wrong, Idempotency_Key="k")
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == ["records.2.payee"]
    assert not OrderLine.objects.exists()
    assert not Import.objects.exists()
    assert not KeptAnswer.objects.exists()
    done = program.ask("POST", "/order-lines", {"records": [_line()]}, Idempotency_Key="k")
    assert done.status_code == 200


def test_every_write_needs_a_key_and_json(program: Program) -> None:
    for key in ("", " ", "x" * 256):
        answer = program.ask("POST", "/order-lines", {"records": [_line()]}, Idempotency_Key=key)
        assert answer.status_code in {400, 422}
    broken = program.ask("POST", "/order-lines", b"{")
    assert (broken.status_code, broken.json()["code"]) == (400, "bad_request")
    null = program.ask("POST", "/order-lines", {"records": [_line(customer="a\0b")]})
    assert null.status_code == 422
    big = program.ask("POST", "/order-lines", b" " * (2 * 1024**2 + 1))
    assert (big.status_code, big.json()["code"]) == (413, "too_large")
    for body in ({}, {"records": []}, {"records": [_line()] * 501}, [], {"records": [_line(a=1)]}):
        assert program.ask("POST", "/order-lines", body).status_code == 422
    assert not OrderLine.objects.exists()


def test_lines_are_told_one_by_one(program: Program, world: World) -> None:
    first = program.ask("POST", "/order-lines", {"records": [_line(), _line(line_number="2")]})
    assert first.json() | {"id": 0} == {
        "id": 0, "accepted": 2, "refused": 0, "new": 2, "changed": 0, "same": 0,
        "records": [
            {"place": 1, "result": "written", "problems": []},
            {"place": 2, "result": "written", "problems": []},
        ],
    }  # fmt: skip
    mixed = [
        _line(),
        _line(line_number="2", amount="7.25", paid_on="2026-07-09"),
        _line(line_number="3", payee="E011"),
        _line(line_number="4", amount="-5"),
        _line(line_number="5", ordered_on="2026-07-02", currency="XXQ"),
    ]
    found = program.ask("POST", "/order-lines", {"records": mixed, "keep_valid": True}).json()
    assert [one["result"] for one in found["records"]] == [
        "written", "written", "refused", "refused", "refused",
    ]  # fmt: skip
    assert (found["new"], found["changed"], found["same"]) == (0, 1, 1)
    codes = [
        one["code"] for row in found["records"] for one in row["problems"] if one["is_refused"]
    ]
    assert codes == ["payee_left", "negative_sale", "currency_unknown"]
    lines = program.rows("/order-lines?sort=ordered_on&payee=E001")
    assert [(one["line_id"], one["amount"], one["paid_on"]) for one in lines] == [
        ("shop/A-1/1", "1250.5000", None), ("shop/A-1/2", "7.2500", "2026-07-09"),
    ]  # fmt: skip
    back = {
        "source": "shop", "order_number": "R-1", "line_number": "1", "ordered_on": "2026-07-05",
        "original_order": "A-1", "original_line": "1", "amount": "50",
    }  # fmt: skip
    assert program.ask("POST", "/returns", {"records": [back]}).status_code == 200
    (returned,) = program.rows("/returns")
    assert (returned["amount"], returned["returns_line"]) == ("-50.0000", lines[0]["id"])
    trail = AuditEntry.objects.filter(action="import_committed").latest("pk")
    assert trail.actor_name == f"Dana Weiss · {program.secret[:12]}…"


def test_rates_are_written_and_read(program: Program) -> None:
    rate = {
        "from_currency": "EUR", "to_currency": "USD", "rate_date": "2026-07-01", "rate": "1.0812",
    }  # fmt: skip
    assert program.ask("POST", "/exchange-rates", {"records": [rate]}).json()["new"] == 1
    assert ExchangeRate.objects.get().rate == Decimal("1.0812")
    assert [one["rate"] for one in program.rows("/exchange-rates?to_currency=USD")] == [
        "1.0812000000"
    ]
    assert (
        program.ask("POST", "/exchange-rates", {"records": [rate | {"rate": 0}]}).status_code == 422
    )


def test_a_quota_is_not_set_over_anothers_change(program: Program, world: World) -> None:
    quota = {
        "payee": "E001", "starts_on": "2026-07-01", "ends_before": "2026-10-01",
        "amount": "367000", "currency": "USD",
    }  # fmt: skip
    first = program.ask("POST", "/quotas", quota, If_None_Match="*")
    assert first.status_code == 200
    assert program.ask("POST", "/quotas", quota, If_None_Match="*").status_code == 412
    tag = first["ETag"]
    second = program.ask("POST", "/quotas", quota | {"amount": "400000"}, If_Match=tag)
    assert second.status_code == 200
    stale = program.ask("POST", "/quotas", quota | {"amount": "1"}, If_Match=tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "changed_since")
    assert Quota.objects.standing().get().amount == Decimal(400000)
    read = program.get(f"/quotas/{second.json()['id']}")
    assert (read["ETag"], read.json()["ends_before"]) == (second["ETag"], "2026-10-01")
    overlap = program.ask("POST", "/quotas", quota | {"starts_on": "2026-08-01"})
    assert overlap.status_code == 409
    assert program.ask("POST", "/quotas", quota | {"payee": "E999"}).status_code == 422
    for person, status in ((world.wen, 200), (world.ines, 403), (world.priya, 403)):
        asked = program_for(person).ask("POST", "/quotas", quota | {"measure": "units"})
        assert asked.status_code == status


def test_a_figure_keeps_what_it_was(program: Program, world: World) -> None:
    add_figure_kind(name="hours", label="Hours", unit=Unit.QUANTITY, by=world.dana, at=world.now)
    figure = {"payee": "E001", "figure": "hours", "on": "2026-07-31", "value": "12.5"}
    first = program.ask("POST", "/figures", figure)
    assert first.json()["value"] == "12.5000000000"
    silent = program.ask("POST", "/figures", figure | {"value": "13"})
    assert (silent.status_code, silent.json()["errors"][0]["field"]) == (422, "reason")
    told = figure | {"value": None, "reason": "Typing error"}
    assert program.ask("POST", "/figures", told, If_Match=first["ETag"]).status_code == 200
    assert [one.value for one in Figure.objects.order_by("pk")] == [Decimal("12.5"), None]
    assert program.ask("POST", "/figures", figure | {"figure": "miles"}).status_code == 422


def test_who_may_write_and_read_lines(world: World) -> None:
    body = {"records": [_line()]}
    readers = program_for(world.dana, ["orders:read"])
    assert readers.ask("POST", "/order-lines", body).json()["code"] == "scope_missing"
    assert program_for(world.ines).ask("POST", "/order-lines", body).json()["code"] == "forbidden"
    assert program_for(world.dana).ask("POST", "/order-lines", body).status_code == 200
    pk = OrderLine.objects.get().pk
    assert program_for(world.ines).get(f"/order-lines/{pk}").status_code == 200
    stranger = program_for(world.priya)
    assert stranger.get(f"/order-lines/{pk}").status_code == 404
    assert stranger.rows("/order-lines") == []


@pytest.mark.django_db(transaction=True)
def test_twins_are_answered_alike_or_told_to_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = program_for(world.dana)
    body = {"records": [_line()]}
    answers: list[tuple[int, bytes]] = []

    def send() -> None:
        try:
            answer = program.ask("POST", "/order-lines", body, Idempotency_Key="twin")
            answers.append((answer.status_code, answer.content))
        finally:
            connections.close_all()

    _together([send] * 4)
    assert {status for status, _content in answers} == {200}
    assert len({content for _status, content in answers}) == 1
    assert Import.objects.count() == 1
    # One that takes too long: the other is told, and nothing happens twice.
    monkeypatch.setattr("paceline.accounts.actions.answers.WAIT_SECONDS", 1)
    token = ApiToken.objects.get()
    with transaction.atomic():
        accounts.claim_key(token=token, key="slow", request_digest="x", at=timezone.now())
        outcome: list[tuple[int, str]] = []

        def late() -> None:
            try:
                answer = program.ask("POST", "/order-lines", body, Idempotency_Key="slow")
                outcome.append((answer.status_code, answer.json()["code"]))
            finally:
                connections.close_all()

        _together([late])
    assert outcome == [(409, "key_in_use")]
    assert connection.is_usable()


def _together(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_days_are_written_as_they_are(program: Program) -> None:
    program.ask("POST", "/order-lines", {"records": [_line(customer="'=1+1", channel="１００％")]})
    line = OrderLine.objects.get()
    assert (line.ordered_on, line.channel) == (date(2026, 7, 1), "１００％")
