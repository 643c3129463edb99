"""Views of a project that somebody kept, beside the one that is open."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from paceline.boards import access
from paceline.boards.models import KeptView, Project
from paceline.org.requests import PersonRequest

NARROWING = ("whose", "label", "due", "q", "lanes")


def kept_context(
    request: PersonRequest, project: Project, kind: str, labels: Collection[int],
    people: Collection[int],
) -> dict[str, Any]:  # fmt: skip
    """The kept views of a project beside one of its views, and what the page would keep. One
    query."""
    views = list(KeptView.objects.visible_to(request.person).filter(project=project))
    here = request.GET.get("view", "")
    chosen = next((one for one in views if str(one.pk) == here), None)
    may_share = access.may_edit(request.person, project)
    return {
        "kept_chips": [(one.name, address(one, labels, people), one is chosen) for one in views],
        "kept_here": chosen if chosen is not None and may_delete(request, chosen) else None,
        "kept_kind": kind,
        "kept_query": urlencode(choices_of(request.GET)),
        "may_share_view": may_share,
    }


def choices_of(query: QueryDict) -> dict[str, str]:
    """What of an address is kept: filters, swimlanes, and the table's own order and filters."""
    return {
        key: str(query[key])[:200]
        for key in query
        if (key in NARROWING or key.startswith("cards-"))
        and not key.endswith(("-page", "-export"))
        and query[key]
    }


def address(
    view: KeptView, labels: Collection[int] | None = None, people: Collection[int] | None = None
) -> str:
    """The view as it was kept, without what is gone since: a label, a person of the project."""
    choices = dict(view.choices)
    for name, known in (("label", labels), ("whose", people)):
        value = str(choices.get(name, ""))
        if known is not None and value.isdecimal() and int(value) not in known:
            del choices[name]
    query = urlencode([*choices.items(), ("view", str(view.pk))])
    return f"{reverse(f'boards:{view.kind}', args=[view.project_id])}?{query}"


def may_delete(request: PersonRequest, view: KeptView) -> bool:
    if view.owner_id == request.person.pk:
        return True
    return view.shared_at is not None and access.may_arrange(request.person, view.project)
