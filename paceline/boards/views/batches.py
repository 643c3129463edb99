"""What was just added to a board, while it can be taken back as one."""

from __future__ import annotations

from typing import Any

from django.utils.translation import ngettext

from paceline.boards.models import Batch, Project
from paceline.kernel import formats
from paceline.org.requests import PersonRequest


def just_added(request: PersonRequest, project: Project) -> dict[str, Any] | None:
    """The cards that the address of the board names; asks nothing where it names none."""
    number = request.GET.get("added", "")
    if not number.isdecimal():
        return None
    rows = Batch.objects.filter(project=project, by=request.person, undone_at__isnull=True)
    batch = rows.filter(pk=int(number[:18]), what__has_key="added").first()
    if batch is None:
        return None
    told = ngettext("%(count)s card was added.", "%(count)s cards were added.", batch.count)
    return {"pk": batch.pk, "text": told % {"count": formats.number(batch.count)}}
