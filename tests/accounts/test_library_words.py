"""The sign-in library and the forms speak this product's words."""

from __future__ import annotations

import re
from gettext import GNUTranslations
from pathlib import Path

import allauth
import django
import pytest
from django import forms
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.translation import gettext, override

from paceline.accounts.library_words import WORDS

CATALOGUES = (
    Path(allauth.__file__).parent / "locale",
    Path(django.__file__).parent / "conf/locale",
    Path(django.__file__).parent / "contrib/auth/locale",
)


def test_each_is_a_word_of_a_library() -> None:
    known: set[str] = set()
    for folder in CATALOGUES:
        with (folder / "zh_Hant/LC_MESSAGES/django.mo").open("rb") as file:
            known |= set(GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    assert set(WORDS) - known == set()


@pytest.mark.parametrize(
    ("language", "required", "too_short", "reset"),
    [
        ("zh-hant", "請填寫此欄位。", "密碼太短，至少要 12 個字元。", "重設密碼"),
        ("zh-hans", "请填写此项。", "密码太短，至少需要 12 个字符。", "重置密码"),
    ],
)
def test_ours_go_before_theirs(language: str, required: str, too_short: str, reset: str) -> None:
    with override(language):
        with pytest.raises(ValidationError) as refused:
            forms.CharField().clean("")
        assert refused.value.messages == [required]
        with pytest.raises(ValidationError) as refused:
            MinimumLengthValidator(12).validate("short")
        assert refused.value.messages == [too_short]
        assert gettext("Password Reset") == reset


@pytest.mark.parametrize(
    ("language", "address"), [("zh-hant", "IP 位址："), ("zh-hans", "IP 地址：")]
)
def test_mails_about_the_account_are_punctuated_as_chinese_is(language: str, address: str) -> None:
    with override(language):
        mails = [
            render_to_string(
                f"{name}_message.txt",
                {"ip": "10.0.0.1", "user_agent": "Firefox", "username": "wei", "timestamp": "8:00"},
            )
            for name in ("mfa/email/webauthn_removed", "account/email/password_reset_key")
        ]
    assert f"{address}10.0.0.1" in mails[0]
    for mail in mails:
        told = mail.replace("http://", "")
        assert not re.search(r"[:,;!?] |[a-z]\.$", told, re.MULTILINE), told
