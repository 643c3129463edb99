"""Taking a second step away: the library's pages, which say here when it is the last one."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import DeactivateTOTPView
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from paceline.accounts.verification import has_second_factor, is_last_second_factor


class _Removal:
    """What both pages say and do beside the library's; the proof of who asks is the library's."""

    success_url = reverse_lazy("accounts:security")
    request: HttpRequest

    def removed(self) -> Authenticator:
        raise NotImplementedError

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        one = self.removed()
        return {
            **context,
            "removed": one,
            "is_last": is_last_second_factor(one),
            "is_only_way_in": _is_only_way_in(one),
        }

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
    template_name = "accounts/passkey_remove.html"

    def removed(self) -> Authenticator:
        found: Authenticator = self.get_object()
        return found


class AppRemoval(_Removal, DeactivateTOTPView):  # type: ignore[misc]
    template_name = "accounts/app_remove.html"

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
