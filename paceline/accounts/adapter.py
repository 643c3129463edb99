"""How allauth behaves here: accounts are given, never taken; what it does is kept in the trail."""

from __future__ import annotations

import base64
import hashlib
import logging
from datetime import datetime
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.accounts.limits import minutes_left
from paceline.accounts.models import User
from paceline.accounts.notices import NOTICES
from paceline.kernel import audit, formats

logger = logging.getLogger(__name__)

# What allauth tells by mail, in the words of the trail.
EVENTS = {
    "account/email/password_changed": "password_changed",
    "account/email/password_reset": "password_changed",
    "account/email/password_set": "password_changed",
    "mfa/email/totp_activated": "authenticator_app_added",
    "mfa/email/totp_deactivated": "authenticator_app_removed",
    "mfa/email/webauthn_added": "passkey_added",
    "mfa/email/webauthn_removed": "passkey_removed",
    "mfa/email/recovery_codes_generated": "recovery_codes_made",
}

# Ways to prove again who one is, as allauth names them.
PASSKEY_METHOD = "mfa_reauthenticate:webauthn"
CODE_METHOD = "mfa_reauthenticate"


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """No sign-up: an administrator opens accounts. Sign-ins and changed proofs are audited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - given signature
        return False

    def post_login(self, request: HttpRequest, user: User, **details: Any) -> HttpResponse:
        self._record("signed_in", user, request)
        answer: HttpResponse = super().post_login(request, user, **details)
        return answer

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as refused:
            key = self._get_login_attempts_cache_key(request, **credentials)
            now = timezone.now()  # noqa: TID251 - called by the library in place of a view
            minutes = minutes_left(request, now, action="login_failed", key=key)
            if minutes is None:
                raise
            told = ngettext(
                "Too many failed login attempts. Try again in %(count)s minute.",
                "Too many failed login attempts. Try again in %(count)s minutes.",
                minutes,
            )
            raise ValidationError(told % {"count": minutes}, code=refused.code) from refused

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Only for a known account: what strangers type is nobody's business to keep."""
        user = User.objects.filter(email__iexact=str(credentials.get("email") or "")).first()
        if user is not None:
            self._record("sign_in_failed", user, request)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """The passkey first, where there is one; a code is called what the account has.

        The library asks three times for a page, each time by four queries: the answer is kept on
        the account, which a request brings anew.
        """
        kept: list[dict[str, Any]] | None = getattr(user, "_proofs", None)
        if kept is None:
            kept = user._proofs = self._proofs_of(user)  # type: ignore[attr-defined]
        return kept

    def _proofs_of(self, user: User) -> list[dict[str, Any]]:
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        has_app = (
            user.is_authenticated
            and Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
        )
        for method in methods:
            if method["id"] == PASSKEY_METHOD:
                method["description"] = _("Use your passkey")
            elif method["id"] == CODE_METHOD and not has_app:
                method["description"] = _("Use a recovery code")
        return sorted(methods, key=lambda method: method["id"] != PASSKEY_METHOD)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> bool:
        """A mail server that does not answer is told to the reader, not thrown at them.

        Returns whether the mail went out.
        """
        went_out = self._send(template_prefix, email, context)
        if not went_out:
            told = _("The mail could not be sent. Ask an administrator for a link instead.")
            messages.error(self.request, told)
        return went_out

    def _send(self, template_prefix: str, email: str, context: dict[str, Any]) -> bool:
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, SMTPException):
            logger.exception("mail %s could not be sent", template_prefix)
            return False
        return True

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,  # noqa: ARG002 - given signature
        email: str | None = None,
    ) -> None:
        """What changed a way into an account is kept, and told to its owner in their language."""
        event = EVENTS.get(template_prefix)
        if event is None:
            return
        now = self._record(event, user, self.request)
        with translation.override(user.language), timezone.override(user.time_zone):
            subject, what = NOTICES[event]
            said = {"subject": subject, "what": what, "when": formats.moment(now)}
            said["address"] = self.get_client_ip(self.request)
            self._send("account/email/account_notice", email or user.email, said)

    def _record(self, action: str, user: User, request: HttpRequest) -> datetime:
        now = timezone.now()  # noqa: TID251 - called by the library in place of a view
        person = getattr(user, "person", None)
        address = self.get_client_ip(request)
        audit.record(action, subject=user, by=person, at=now, after={"address": address})
        return now


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """Shared secrets of authenticator apps lie encrypted in the database."""

    def encrypt(self, text: str) -> str:
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _vault().decrypt(encrypted_text.encode()).decode()


def _vault() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(str(key))) for key in keys])


def _derived(secret: str) -> bytes:
    digest = hashlib.sha256(b"paceline second factors:" + secret.encode()).digest()
    return base64.urlsafe_b64encode(digest)
