"""The API tokens of all, for administrators: who has which, and the way to end one."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from paceline.accounts import actions as accounts
from paceline.accounts.models import ApiToken
from paceline.kernel.pages import page
from paceline.kernel.tables import Column, Table
from paceline.org import access, queries
from paceline.org.forms import ReasonForm
from paceline.org.requests import PersonRequest
from paceline.org.views.changes import answer_change, given

COLUMNS = (
    Column(
        "name",
        pgettext_lazy("API token", "Name"),
        sort="name",
        search=True,
        link=lambda token: reverse("org:token_revoke", args=[token.pk]),
    ),
    Column("owner", gettext_lazy("Owner"), value="user.person.name", sort="user__person__name",
           search=True),
    Column("prefix", gettext_lazy("Begins with"), kind="code", sort="prefix", search=True),
    Column("scopes", gettext_lazy("Scopes"), value=lambda token: ", ".join(token.scopes)),
    Column("expires_at", gettext_lazy("Ends"), kind="moment", sort="expires_at", secondary=True),
    Column("last_used_at", gettext_lazy("Last used"), kind="moment", sort="last_used_at"),
)  # fmt: skip


@require_GET
def index(request: PersonRequest) -> HttpResponseBase:
    """Every living token of the company."""
    if not access.may_review_tokens(request.person):
        raise PermissionDenied
    table = Table(
        request,
        rows=queries.living_tokens(timezone.now()),
        name="tokens",
        caption=_("API tokens of all"),
        order="owner",
        columns=COLUMNS,
        empty=_("Nobody has an API token."),
        empty_hint=_("People make their own on the page “API tokens” of their account."),
    )
    if table.wants_export:
        return table.export()
    return page(request, "org/tokens.html", {"table": table})


@require_http_methods(["GET", "POST"])
def revoke(request: PersonRequest, pk: int) -> HttpResponse:
    """Let somebody's token open nothing any more."""
    if not access.may_review_tokens(request.person):
        raise PermissionDenied
    token: ApiToken = get_object_or_404(queries.living_tokens(timezone.now()), pk=pk)

    def act(valid: ReasonForm) -> str:
        reason: Any = valid.cleaned_data["reason"]
        accounts.revoke_token(token=token, by=request.person, at=timezone.now(), reason=reason)
        return _("The token opens nothing any more.")

    owner = getattr(token.user, "person", None)
    words = {
        "heading": _("Revoke “%(name)s”") % {"name": token.name},
        "button": _("Revoke"),
        "lead": _("A token of %(owner)s. Whatever uses it stops working at once.")
        % {"owner": owner or token.user.email},
    }
    form = ReasonForm(given(request))
    return answer_change(request, form, act, words=words, back=reverse("org:tokens"))
