"""Owners of accounts are told by mail, in their language, what changed of the ways into them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from django.conf import LazySettings
from django.core.mail import EmailMessage
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone, translation

from paceline.accounts.adapter import EVENTS
from paceline.accounts.models import User
from paceline.accounts.notices import NOTICES
from paceline.kernel.audit import AuditEntry
from tests.world import World

ClientFor = Callable[..., Client]

# Subject and what happened, in the three languages.
TOLD = {
    "authenticator_app_added": {
        "en": (
            "An authenticator app was set up",
            "An authenticator app was set up as the second step of your sign-in to Paceline.",
        ),
        "zh-hant": ("已設定驗證器 App", "已設定以驗證器 App 作為您登入 Paceline 的第二步驟。"),
        "zh-hans": ("已设置验证器应用", "已设置用验证器应用作为您登录 Paceline 的第二步验证。"),
    },
    "authenticator_app_removed": {
        "en": (
            "Your authenticator app was removed",
            "The authenticator app is no longer a second step of your sign-in to Paceline.",
        ),
        "zh-hant": ("您的驗證器 App 已被移除", "驗證器 App 不再是您登入 Paceline 的第二步驟。"),
        "zh-hans": ("您的验证器应用已被移除", "验证器应用不再是您登录 Paceline 的第二步验证。"),
    },
    "passkey_added": {
        "en": (
            "A passkey was added",
            "A passkey was added with which you can sign in to Paceline.",
        ),
        "zh-hant": ("已新增通行密鑰", "已新增一組可用來登入 Paceline 的通行密鑰。"),
        "zh-hans": ("已添加通行密钥", "已添加一个可用于登录 Paceline 的通行密钥。"),
    },
    "passkey_removed": {
        "en": (
            "A passkey was removed",
            "One of the passkeys with which you signed in to Paceline no longer works.",
        ),
        "zh-hant": ("通行密鑰已被移除", "您用來登入 Paceline 的其中一組通行密鑰已失效。"),
        "zh-hans": ("通行密钥已被移除", "您用于登录 Paceline 的其中一个通行密钥已失效。"),
    },
    "password_changed": {
        "en": (
            "Your password was changed",
            "The password with which you sign in to Paceline was changed.",
        ),
        "zh-hant": ("您的密碼已變更", "您登入 Paceline 的密碼已變更。"),
        "zh-hans": ("您的密码已更改", "您登录 Paceline 的密码已更改。"),
    },
    "recovery_codes_made": {
        "en": (
            "New recovery codes were made",
            "New recovery codes were made for your sign-in to Paceline; earlier ones are void.",
        ),
        "zh-hant": (
            "已產生新的復原碼",
            "已為您的 Paceline 登入產生新的復原碼；先前的復原碼已失效。",
        ),
        "zh-hans": (
            "已生成新的恢复码",
            "已为您的 Paceline 登录生成新的恢复码；之前的恢复码已失效。",
        ),
    },
}
# When and from where, and what to do.
AROUND = {
    "en": (
        "Changed Jul 15, 2026 18:30 from 127.0.0.1.",
        "If it was not you, tell an administrator at once.",
    ),
    "zh-hant": (
        "變更時間：2026年7月15日 18:30，來源 IP：127.0.0.1。",
        "若非您本人所為，請立即通知管理員。",
    ),
    "zh-hans": (
        "更改时间：2026年7月15日 18:30，来源 IP：127.0.0.1。",
        "如非您本人操作，请立即告知管理员。",
    ),
}


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
@pytest.mark.parametrize("prefix", EVENTS)
def test_every_change_is_told_in_the_language_of_the_account(
    world: World,
    mailoutbox: list[EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
    prefix: str,
    language: str,
) -> None:
    user = world.priya.user
    assert user is not None
    user.language, user.time_zone = language, "Asia/Taipei"
    request = RequestFactory().get("/")
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 7, 15, 10, 30, tzinfo=UTC))
    # Whoever changes it may read another language, such as in a browser that nobody signed in on.
    with translation.override("en"), request_context(request):
        get_adapter(request).send_notification_mail(prefix, user)
    (mail,) = mailoutbox
    subject, what = TOLD[EVENTS[prefix]][language]
    when, advice = AROUND[language]
    assert mail.to == ["priya@example.com"]
    assert mail.subject == f"[Paceline] {subject}"
    assert mail.body == f"{what}\n\n{when}\n\n{advice}"


def test_each_change_has_its_words() -> None:
    assert set(NOTICES) == set(TOLD) == set(EVENTS.values())


def test_setting_up_and_removing_second_steps_is_told(
    world: World,
    client_for: ClientFor,
    mailoutbox: list[EmailMessage],
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    user = world.dana.user
    assert user is not None
    browser = client_for(world.dana)
    one = Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Laptop", "credential": {}}
    )
    browser.post(reverse("accounts:passkey_remove", args=[one.pk]))
    # A test's transaction ends only after the request, of which the mail needs the host.
    request = RequestFactory().get("/")
    with request_context(request), django_capture_on_commit_callbacks(execute=True):
        browser.post(reverse("mfa_generate_recovery_codes"))
    browser.post(reverse("accounts:app_remove"))
    told = [mail.subject.removeprefix("[Paceline] ") for mail in mailoutbox]
    assert told == [
        "A passkey was removed",
        "New recovery codes were made",
        "Your authenticator app was removed",
    ]
    assert {address for mail in mailoutbox for address in mail.to} == {"dana@example.com"}


def test_a_changed_password_is_told_once(
    world: World, client_for: ClientFor, mailoutbox: list[EmailMessage]
) -> None:
    browser = client_for(world.priya)
    new = "ein anderes Kennwort 5"
    given = {"oldpassword": world.password, "password1": new, "password2": new}
    browser.post("/account/password/change/", {**given, "oldpassword": "wrong"})
    assert mailoutbox == [], "nothing was changed"
    browser.post("/account/password/change/", given)
    assert [mail.subject for mail in mailoutbox] == ["[Paceline] Your password was changed"]


def test_a_mail_server_that_does_not_answer_keeps_nobody_from_changing_it(
    world: World, client_for: ClientFor, settings: LazySettings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    browser = client_for(world.priya)
    new = "ein anderes Kennwort 5"
    given = {"oldpassword": world.password, "password1": new, "password2": new}
    done = browser.post("/account/password/change/", given, follow=True).content.decode()
    assert "could not be sent" not in done, "there is nothing that the reader could do"
    assert User.objects.get(email="priya@example.com").check_password(new)
    assert AuditEntry.objects.filter(action="password_changed").count() == 1
