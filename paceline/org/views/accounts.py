"""Ways in for other people, kept by administrators."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import cast

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from paceline.accounts import actions as accounts
from paceline.accounts.models import User
from paceline.accounts.verification import needs_mfa, needs_reauthentication
from paceline.kernel.pages import go_to, page
from paceline.org import access, actions, queries
from paceline.org.forms import AccountForm, AddressForm, ReasonForm
from paceline.org.models import Person
from paceline.org.requests import PersonRequest
from paceline.org.views.changes import answer_change, given

log = logging.getLogger(__name__)


def _managed(request: PersonRequest, pk: int) -> Person:
    visible = Person.objects.visible_to(request.person).select_related("user")
    person = get_object_or_404(visible, pk=pk)
    if not access.may_manage_account(request.person, person):
        raise PermissionDenied
    return person


def _user(person: Person) -> User:
    if not isinstance(person.user, User):
        raise Http404
    return person.user


def _was_mailed(user: User, subject: str, text: str) -> bool:
    """Whether the mail server took a mail; where it did not, the sender is told instead."""
    try:
        send_mail(subject, text, None, [user.email])
    except (OSError, SMTPException):
        log.warning("the mail server did not take a mail about an account", exc_info=True)
        return False
    return True


def _back(person: Person) -> str:
    return reverse("org:person", args=[person.pk])


@require_http_methods(["GET", "POST"])
def create(request: PersonRequest, pk: int) -> HttpResponse:
    """Open an account for a person."""
    person = _managed(request, pk)

    def act(valid: AccountForm) -> str:
        now = timezone.now()
        terms = queries.employment(person, request.today)
        with transaction.atomic():
            user = accounts.open_account(
                email=valid.cleaned_data["email"], by=request.person, at=now
            )
            actions.link_user(person=person, user=user, by=request.person, at=now)
            if terms is not None:
                accounts.change_preferences(
                    user=user, language=terms.language, time_zone=terms.time_zone, at=now
                )
        return _("%(name)s has an account. Make them a link to set a password with.") % {
            "name": person.name
        }

    words = {
        "heading": _("Open an account for %(name)s") % {"name": person.name},
        "button": _("Open account"),
    }
    form = AccountForm(given(request), initial={"email": person.email})
    return answer_change(request, form, act, words=words, back=_back(person))


@require_POST
def link(request: PersonRequest, pk: int) -> HttpResponse:
    """Make a link with which a person sets their password; mailed, and shown once."""
    person = _managed(request, pk)
    user = _user(person)
    parts = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    path = reverse("account_reset_password_from_key", kwargs=parts)
    url = request.build_absolute_uri(path)
    with translation.override(user.language):
        subject = _("Set your password for Paceline")
        text = _(
            "Hello %(name)s,\n\nset your password here:\n%(url)s\n\n"
            "The link works once and for a few days."
        ) % {"name": person.name, "url": url}
    was_mailed = _was_mailed(user, subject, text)
    accounts.note_link(user=user, by=request.person, at=timezone.now())
    context = {"subject": person, "url": url, "back": _back(person), "was_mailed": was_mailed}
    return page(request, "org/account_link.html", context)


@require_http_methods(["GET", "POST"])
def address(request: PersonRequest, pk: int) -> HttpResponse:
    """Change the address that a person signs in with."""
    person = _managed(request, pk)
    user = _user(person)

    def act(valid: AddressForm) -> str:
        accounts.change_address(
            user=user, by=request.person, at=timezone.now(), **valid.cleaned_data
        )
        return _("Saved.")

    words = {
        "heading": _("Sign-in address of %(name)s") % {"name": person.name},
        "button": _("Save"),
    }
    form = AddressForm(given(request), initial={"email": user.email})
    return answer_change(request, form, act, words=words, back=_back(person))


@needs_mfa
@needs_reauthentication
@require_http_methods(["GET", "POST"])
def second_step(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the second step from whoever lost it; they are told by mail."""
    asked = cast("PersonRequest", request)
    person = _managed(asked, pk)
    user = _user(person)

    def act(valid: ReasonForm) -> str:
        now, reason = timezone.now(), valid.cleaned_data["reason"]
        accounts.remove_second_step(user=user, by=asked.person, at=now, reason=reason)
        with translation.override(user.language):
            subject = _("Your second step was taken away")
            text = _(
                "Hello %(name)s,\n\n%(who)s took away the second step of your sign-in to"
                " Paceline: authenticator app, passkeys and recovery codes no longer work, and"
                " you are signed out everywhere. Sign in with your password and set up a new"
                " one.\n\nIf you did not ask for this, tell an administrator at once."
            ) % {"name": person.name, "who": asked.person.name}
        if _was_mailed(user, subject, text):
            told = _("%(name)s signs in with the password alone until a new second step is set up.")
        else:
            told = _(
                "%(name)s signs in with the password alone until a new second step is set up. The"
                " mail server did not take the mail that says so: tell them yourself."
            )
        return told % {"name": person.name}

    lead = _(
        "Authenticator app, passkeys and recovery codes no longer work, and they are signed out"
        " everywhere. Make sure that it is they who ask: call them back. Whoever runs or approves"
        " pay sets up a new second step before they can do so again."
    )
    if not user.has_usable_password():
        lead += " " + _("They have no password: make them a password link afterwards.")
    words = {
        "heading": _("Take the second step of %(name)s away") % {"name": person.name},
        "button": _("Take the second step away"),
        "lead": lead,
    }
    return answer_change(asked, ReasonForm(given(asked)), act, words=words, back=_back(person))


@require_http_methods(["GET", "POST"])
def close(request: PersonRequest, pk: int) -> HttpResponse:
    """Close a person's account and end their sessions."""
    person = _managed(request, pk)
    user = _user(person)

    def act(valid: ReasonForm) -> str:
        accounts.close_account(
            user=user, by=request.person, at=timezone.now(), reason=valid.cleaned_data["reason"]
        )
        return _("The account is closed; every browser is signed out.")

    words = {
        "heading": _("Close the account of %(name)s") % {"name": person.name},
        "button": _("Close account"),
        "lead": _("They are signed out everywhere at once and cannot sign in again."),
    }
    return answer_change(request, ReasonForm(given(request)), act, words=words, back=_back(person))


@require_http_methods(["GET", "POST"])
def reopen(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a person sign in again."""
    person = _managed(request, pk)
    user = _user(person)

    def act(valid: ReasonForm) -> str:
        accounts.reopen_account(
            user=user, by=request.person, at=timezone.now(), reason=valid.cleaned_data["reason"]
        )
        return _("They can sign in again.")

    words = {
        "heading": _("Open the account of %(name)s again") % {"name": person.name},
        "button": _("Open account"),
    }
    return answer_change(request, ReasonForm(given(request)), act, words=words, back=_back(person))


@require_POST
def sign_out(request: PersonRequest, pk: int) -> HttpResponse:
    """End every session of a person."""
    person = _managed(request, pk)
    accounts.sign_out_everywhere(user=_user(person), by=request.person, at=timezone.now())
    messages.success(request, _("%(name)s is signed out everywhere.") % {"name": person.name})
    return go_to(request, _back(person))
