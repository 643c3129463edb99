"""Taking a second step away: the library's pages, which say here when it is the last one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import DeactivateTOTPView
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods

from paceline.accounts.verification import has_second_factor, is_last_second_factor
from paceline.kernel import formats

Text = str | Promise


class _Removal:
    """What both pages say and do beside the library's; the proof of who asks is the library's.

    ``instead`` are the pages on which another second step is set up before the last one goes.
    """

    template_name = "accounts/second_step_remove.html"
    title: Text
    button: Text
    since: Text
    stays: Text = ""
    instead: Sequence[tuple[str, Text]] = ()
    success_url = reverse_lazy("accounts:security")
    request: HttpRequest

    def removed(self) -> Authenticator:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        one = self.removed()
        is_last = is_last_second_factor(one)
        return {
            **context,
            "title": self.title,
            "button": self.button,
            "facts": [
                *self.named(one),
                (self.since, formats.moment(one.created_at)),
                (_("Last used"), formats.moment(one.last_used_at) if one.last_used_at
                 else _("not used yet")),
            ],
            "stays": "" if is_last else self.stays,
            "instead": [(reverse(name), label) for name, label in self.instead] if is_last else [],
            "is_last": is_last,
            "is_only_way_in": _is_only_way_in(one),
            "is_passkey": one.type == Authenticator.Type.WEBAUTHN,
        }  # fmt: skip

    def named(self, one: Authenticator) -> list[tuple[Text, str]]:  # noqa: ARG002 - of passkeys
        """What its owner calls it, where there may be several."""
        return []

    def form_valid(self, form: Any) -> HttpResponse:
        one = self.removed()
        if _is_only_way_in(one):
            messages.error(
                self.request,
                _("Nothing was removed: without a password nothing else would let you in."),
            )
            return HttpResponseRedirect(reverse("account_set_password"), status=303)
        answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        if not has_second_factor(one.user):
            messages.warning(
                self.request,
                _("You have no second step any more. Set one up before you run or approve pay."),
            )
        return answer


def _is_only_way_in(one: Authenticator) -> bool:
    return not one.user.has_usable_password() and is_last_second_factor(one)


class PasskeyRemoval(_Removal, RemoveWebAuthnView):  # type: ignore[misc]
    title = lazy("Remove a passkey")
    button = lazy("Remove the passkey")
    since = lazy("Added")
    instead = (
        ("mfa_add_webauthn", lazy("Add another passkey first")),
        ("mfa_activate_totp", lazy("Set up an authenticator app first")),
    )

    def named(self, one: Authenticator) -> list[tuple[Text, str]]:
        return [(_("Passkey"), str(one))]

    def removed(self) -> Authenticator:
        found: Authenticator = self.get_object()
        return found


class AppRemoval(_Removal, DeactivateTOTPView):  # type: ignore[misc]
    title = button = lazy("Remove the authenticator app")
    since = pgettext_lazy("when", "Set up")
    stays = lazy("Your passkeys stay, and so do your recovery codes.")
    instead = (("mfa_add_webauthn", lazy("Add a passkey first")),)

    def removed(self) -> Authenticator:
        found: Authenticator = self.authenticator
        return found


@require_http_methods(["GET", "POST"])
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Take one's own passkey away, after a fresh proof."""
    answer: HttpResponseBase = PasskeyRemoval.as_view()(request, pk=pk)
    return answer


@require_http_methods(["GET", "POST"])
def remove_app(request: HttpRequest) -> HttpResponseBase:
    """Take one's own authenticator app away, after a fresh proof."""
    answer: HttpResponseBase = AppRemoval.as_view()(request)
    return answer
