"""A reader's own API tokens: made, shown once, and revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.accounts import actions, queries
from paceline.accounts.forms import NewTokenForm
from paceline.accounts.models import ApiToken, User
from paceline.accounts.tokens import TOKENS_MAX
from paceline.accounts.verification import needs_reauthentication
from paceline.kernel.pages import page


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The reader's tokens, what each reaches, and when it was used."""
    tokens = queries.tokens_of(cast("User", request.user), timezone.now())
    return page(request, "accounts/tokens.html", {"tokens": tokens})


@needs_reauthentication
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make a token and show it, this once."""
    form = NewTokenForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        now = timezone.now()
        try:
            token, secret = actions.make_token(
                user=cast("User", request.user),
                name=form.cleaned_data["name"],
                scopes=form.scopes(),
                expires_at=now + timedelta(days=int(form.cleaned_data["days"])),
                by=getattr(request, "person", None),
                at=now,
            )
        except actions.TooManyTokens:
            text = _("You have %(count)d tokens, and no more are kept. Revoke one first.")
            form.add_error(None, text % {"count": TOKENS_MAX})
        else:
            context = {
                "token": token,
                "secret": secret,
                "url": request.build_absolute_uri("/api/v1/me"),
            }
            answer = page(request, "accounts/token_made.html", context)
            answer.headers["Cache-Control"] = "no-store"
            return answer
    status = 422 if form.is_bound else 200
    return page(request, "accounts/token_new.html", {"form": form}, status=status)


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Let one of the reader's own tokens open nothing any more."""
    token = get_object_or_404(ApiToken, user=request.user, pk=pk)
    try:
        actions.revoke_token(token=token, by=getattr(request, "person", None), at=timezone.now())
    except actions.TokenGone:
        raise Http404 from None
    messages.success(request, _("The token opens nothing any more."))
    return HttpResponseRedirect(reverse("accounts:tokens"), status=303)
