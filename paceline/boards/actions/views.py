"""Keeping a view of a project under a name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from paceline.boards.actions import projects, recording
from paceline.boards.actions.recording import TooMany
from paceline.boards.models import KeptView, Project, ViewKind
from paceline.kernel import audit
from paceline.org.models import Person

VIEWS_MAX = 30


@transaction.atomic
def keep_view(
    *,
    project: Project,
    kind: ViewKind,
    name: str,
    choices: Mapping[str, str],
    is_shared: bool,
    by: Person,
    at: datetime,
) -> KeptView:
    """Keep filters, swimlanes and order of a view under a name, for oneself or for the project.

    The same name again replaces one's own. Raises ``TooMany`` and ``FactsInvalid``.
    """
    held = projects.held(project)
    own = KeptView.objects.filter(project=held, owner=by)
    known: KeptView | None = own.filter(name__iexact=name.strip()).first()
    if known is None and own.count() >= VIEWS_MAX:
        raise TooMany("views", VIEWS_MAX)
    view = known or KeptView(project=held, owner=by, created_at=at)
    view.kind, view.name, view.choices = kind, name.strip(), dict(choices)
    view.shared_at = (view.shared_at or at) if is_shared else None
    recording.check(view, ["kind", "name"])
    view.save()
    audit.record(
        "board_view_kept", subject=view, by=by, at=at, after={"kind": kind, "shared": is_shared}
    )
    return view


@transaction.atomic
def delete_view(*, view: KeptView, by: Person, at: datetime) -> None:
    """A kept view goes; the cards that it showed stay."""
    audit.record("board_view_deleted", subject=view, by=by, at=at, before={"kind": view.kind})
    view.delete()
