"""Records through the person who asks for them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from paceline.crm import access, queries
from paceline.kernel.pages import Refused
from paceline.org.requests import PersonRequest


def changeable(request: PersonRequest, kind: str, pk: int) -> Any:
    """A record that the person sees and may change.

    One that was put away or merged since the page was opened is refused with that reason.
    """
    rows = queries.shown(kind, request.person)
    if kind == "deal":
        rows = rows.prefetch_related("contributors")
    record = get_object_or_404(rows, pk=pk)
    if access.may_change(request.person, record):
        return record
    if not access.may_change_again(request.person, record):
        raise PermissionDenied
    if record.merged_into_id is not None:
        raise Refused(
            _("It was merged with another one meanwhile."),
            _("Nothing was changed. Load its page again: it names the one that stays."),
        )
    raise Refused(
        _("It was put away meanwhile."),
        _("Nothing was changed. Load its page again: from there it can be brought back."),
    )
