"""Tokens: shown once, kept as a hash, never beyond their person, their scopes and their end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from paceline.accounts import actions as accounts
from paceline.accounts.models import ApiToken, User
from paceline.accounts.tokens import TOKENS_MAX, digest_of
from paceline.kernel.audit import AuditEntry
from paceline.org import actions
from tests.api.calling import Program, program_for
from tests.world import World, sign_in

NEW = "/account/tokens/new"


def _make(client: Client, **changes: object) -> tuple[int, str]:
    data = {"name": "Shop", "days": "90", "reads": ["org:read"], **changes}
    answer = client.post(NEW, data)
    text = answer.content.decode()
    secret = text.partition("pcl_")[2].partition("<")[0] if answer.status_code == 200 else ""
    return answer.status_code, f"pcl_{secret}"


def test_a_token_is_shown_once_and_kept_as_a_keyed_hash(world: World) -> None:
    client = sign_in(world.priya)
    status, secret = _make(client)
    assert (status, len(secret)) == (200, 47)
    token = ApiToken.objects.get()
    assert token.digest == digest_of(secret)
    assert secret not in str(ApiToken.objects.values().get())
    page = client.get("/account/tokens").content.decode()
    assert secret[:12] in page
    assert secret not in page
    lines = AuditEntry.objects.filter(action="token_made")
    assert [(line.actor_id, secret in str(line.after)) for line in lines] == [
        (world.priya.pk, False)
    ]
    me = Program(secret).get("/me")
    assert me.json()["number"] == "E001"
    assert me.json()["scopes"] == ["org:read"]
    assert me["Cache-Control"] == "no-store"
    token.refresh_from_db()
    assert token.last_used_at is not None


def test_a_form_that_asks_for_nothing_or_too_much_makes_no_token(world: World) -> None:
    client = sign_in(world.priya)
    for wrong in ({"reads": []}, {"reads": ["pay:all"]}, {"days": "3650"}, {"name": ""}):
        assert _make(client, **wrong)[0] == 422
    assert not ApiToken.objects.exists()
    for _turn in range(TOKENS_MAX):
        program_for(world.priya, ["org:read"])
    assert _make(client)[0] == 422
    assert ApiToken.objects.count() == TOKENS_MAX
    now = timezone.now()
    assert isinstance(world.priya.user, User)
    with pytest.raises(accounts.TokenLivesTooLong):
        accounts.make_token(
            user=world.omar.user, name="For ever", scopes=["org:read"],  # type: ignore[arg-type]
            expires_at=now + timedelta(days=400), by=None, at=now,
        )  # fmt: skip


def test_making_a_token_asks_again_who_sits_there(world: World) -> None:
    client = sign_in(world.priya, recently=False)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    assert (
        client.post(NEW, {"name": "Shop", "days": "90", "reads": ["org:read"]}).status_code == 302
    )
    assert not ApiToken.objects.exists()


def test_what_opens_nothing(world: World) -> None:
    program = program_for(world.priya, ["org:read"])
    assert program.get("/people").status_code == 200
    for wrong in ("", "pcl_" + "x" * 43, program.secret[:-1], program.secret + "x", "a b"):
        answer = Program(wrong).get("/people")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "not_signed_in"
    basic = Client().get("/api/v1/people", headers={"Authorization": "Basic cHJpeWE6cHJpeWE="})
    assert basic.status_code == 401
    # A browser's session is no token: no other site can use it here.
    assert sign_in(world.priya).get("/api/v1/people").status_code == 401
    for body in (basic, Program("x").get("/nothing/here")):
        assert body["Content-Type"] == "application/problem+json"


def test_revoked_ended_closed_and_left(world: World) -> None:
    now = timezone.now()
    revoked, ended, closed, left = (
        program_for(one) for one in (world.priya, world.omar, world.marco, world.sofia)
    )
    assert sign_in(world.omar).post(f"/account/tokens/{revoked.token.pk}/revoke").status_code == 404  # type: ignore[union-attr]
    assert revoked.get("/me").status_code == 200
    answer = sign_in(world.priya).post(f"/account/tokens/{revoked.token.pk}/revoke")  # type: ignore[union-attr]
    assert answer.status_code == 303
    ApiToken.objects.filter(pk=ended.token.pk).update(  # type: ignore[union-attr]
        made_at=now - timedelta(days=9), expires_at=now - timedelta(seconds=1)
    )
    accounts.close_account(
        user=world.marco.user,
        by=world.ada,
        at=now,
        reason="Lost",  # type: ignore[arg-type]
    )
    actions.end_employment(
        person=world.sofia, ends_before=now.date() - timedelta(days=3), by=world.hana, at=now
    )
    for program in (revoked, ended, closed, left):
        assert program.get("/me").status_code == 401
    assert ApiToken.objects.get(pk=closed.token.pk).revoked_at == now  # type: ignore[union-attr]
    assert actions.revoke_tokens_of_leavers(on=now.date(), at=now) == 1
    assert ApiToken.objects.get(pk=left.token.pk).revoked_at == now  # type: ignore[union-attr]
    assert actions.revoke_tokens_of_leavers(on=now.date(), at=now) == 0
    assert not ApiToken.objects.alive(timezone.now()).exists()


def test_an_administrator_sees_and_revokes_all(world: World) -> None:
    program = program_for(world.priya)
    page = sign_in(world.ada).get("/org/tokens").content.decode()
    assert "Priya Nair" in page
    assert program.secret[:12] in page
    assert program.secret not in page
    path = f"/org/tokens/{program.token.pk}/revoke"  # type: ignore[union-attr]
    assert sign_in(world.dana).post(path, {"reason": "Curious"}).status_code == 403
    assert sign_in(world.ada).post(path, {"reason": ""}).status_code == 422
    assert program.get("/me").status_code == 200
    assert sign_in(world.ada).post(path, {"reason": "Found in a mail"}).status_code == 303
    assert program.get("/me").status_code == 401
    line = AuditEntry.objects.get(action="token_revoked")
    assert (line.actor_id, line.reason) == (world.ada.pk, "Found in a mail")


def test_a_token_reaches_no_further_than_its_scopes(world: World) -> None:
    program = program_for(world.dana, [])
    assert program.get("/me").status_code == 200
    answer = program.get("/people")
    assert answer.status_code == 403
    assert answer.json()["scope"] == "org:read"
    assert "Dana" not in answer.content.decode()


def test_too_many_calls(world: World, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 3
    program = program_for(world.priya)
    # However the minutes fall, five calls in two of them are too many for one.
    seen = [program.get("/me") for _turn in range(7)]
    refused = [answer for answer in seen if answer.status_code == 429]
    assert refused
    assert {answer.status_code for answer in seen[:3]} == {200}
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert refused[0].json()["code"] == "too_many"
    assert refused[0]["RateLimit"].startswith('"token";r=0;')
    assert program_for(world.omar).get("/me").status_code == 200


def test_audit_names_the_token(world: World, client_for: Callable[..., Client]) -> None:
    person = world.priya
    person.acting_through = "pcl_12345678"
    entry = accounts.note_link(user=person.user, by=person, at=timezone.now())  # type: ignore[arg-type, func-returns-value]
    assert entry is None
    assert AuditEntry.objects.latest("pk").actor_name == "Priya Nair · pcl_12345678…"
