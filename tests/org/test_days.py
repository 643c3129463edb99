"""Days begin where the person is: zones, month ends, and rights that end at midnight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from paceline.accounts import actions as accounts
from paceline.kernel.formats import moment
from paceline.org import actions
from tests.world import World

ClientFor = Callable[..., Client]
# Half past four in the afternoon of July 31 in UTC: already August 1 in Taipei and Tokyo.
MONTH_END = datetime(2026, 7, 31, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "today", "shown"),
    [
        ("Asia/Taipei", date(2026, 8, 1), "Aug 1, 2026 00:30"),
        ("UTC", date(2026, 7, 31), "Jul 31, 2026 16:30"),
        ("America/Sao_Paulo", date(2026, 7, 31), "Jul 31, 2026 13:30"),
        ("Asia/Tokyo", date(2026, 8, 1), "Aug 1, 2026 01:30"),
    ],
)
def test_a_moment_is_a_day_in_a_zone(zone: str, today: date, shown: str) -> None:
    with timezone.override(zone):
        assert timezone.localdate(MONTH_END) == today
        assert moment(MONTH_END) == shown


def test_a_role_ends_with_its_last_day_where_one_is_employed(
    world: World, client_for: ClientFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Taipei, whatever the zone in which they read times."""
    actions.end_role(
        person=world.ines,
        role="finance",
        ends_before=date(2026, 8, 1),
        by=world.ada,
        at=world.now,
    )
    user = world.ines.user
    assert user is not None
    accounts.change_preferences(user=user, time_zone="America/Sao_Paulo", at=world.now)
    for moment_, answer in ((MONTH_END - timedelta(hours=1), 200), (MONTH_END, 403)):
        monkeypatch.setattr("django.utils.timezone.now", lambda moment_=moment_: moment_)
        assert client_for(world.ines).get("/org/audit").status_code == answer


def test_the_language_follows_the_account(world: World, client_for: ClientFor) -> None:
    user = world.priya.user
    assert user is not None
    accounts.change_preferences(user=user, language="zh-hant", at=world.now)
    answer = client_for(world.priya).get("/org/teams")
    assert answer["Content-Language"] == "zh-hant"
    assert '<html lang="zh-Hant' in answer.content.decode()


def test_before_sign_in_the_language_is_a_cookie(db: None, client: Client) -> None:
    answer = client.post("/account/preferences", {"language": "zh-hans", "next": "/account/login/"})
    assert answer["Location"] == "/account/login/"
    assert '<html lang="zh-Hans' in client.get("/account/login/").content.decode()
    client.post("/account/preferences", {"language": "klingon"})
    assert '<html lang="zh-Hans' in client.get("/account/login/").content.decode()
    away = client.post("/account/preferences", {"language": "en", "next": "https://evil.example/"})
    assert away["Location"] == "/"
