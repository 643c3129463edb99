"""What people say, keep and note on cards."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from paceline.boards import access, actions
from paceline.boards.models import Attachment, CardLink, Comment, FileVersion, TimeEntry
from paceline.boards.queries.pages import MODELS
from paceline.boards.views.cards import act, back, editable_card, seen_card
from paceline.files.actions import FileTooLarge
from paceline.files.queries import path_of
from paceline.kernel import formats
from paceline.kernel.pages import page
from paceline.kernel.parts import FileInParts
from paceline.kernel.periods import day_in
from paceline.org.requests import PersonRequest


@require_POST
def add_comment(request: PersonRequest, pk: int) -> HttpResponse:
    """Say something of a card. What is refused stays in the field."""
    card = seen_card(request, pk)
    if not access.may_comment(request.person, card.project):
        raise PermissionDenied
    text = request.POST.get("text", "")
    if not act(request, lambda told: actions.add_comment(card=card, text=text, **told)):
        context = {"card": card, "text": text}
        return page(request, "boards/comment.html", context, status=422)
    return back(request, card)


@require_POST
def comment(request: PersonRequest, pk: int) -> HttpResponse:
    """Say it in other words, or take it back."""
    rows = Comment.objects.visible_to(request.person).select_related("card__project")
    found = get_object_or_404(rows.filter(removed_at__isnull=True), pk=pk)
    if not access.may_change_comment(request.person, found):
        raise PermissionDenied
    if request.POST.get("do") == "remove":
        act(request, lambda told: actions.remove_comment(comment=found, **told), _("Removed."))
    else:
        text = request.POST.get("text", "")
        act(request, lambda told: actions.change_comment(comment=found, text=text, **told))
    return back(request, found.card)


@require_POST
def add_file(request: PersonRequest, pk: int) -> HttpResponse:
    """Keep a file, or the address of something elsewhere, with a card."""
    card = editable_card(request, pk)
    content = request.FILES.get("file")
    url = request.POST.get("url", "").strip()
    if content is None and not url:
        messages.error(request, _("Choose a file, or give an address."))
    elif content is None:
        name = request.POST.get("name", "")
        act(request, lambda told: actions.add_address(card=card, name=name, url=url, **told))
    else:
        given: dict[str, Any] = {
            "content": content.file, "name": content.name or "",
            "media_type": content.content_type or "",
        }  # fmt: skip
        try:
            act(request, lambda told: actions.add_file(card=card, **given, **told))
        except FileTooLarge as problem:
            size = formats.file_size(problem.bytes_max)
            messages.error(request, _("The file is larger than %(size)s.") % {"size": size})
    return back(request, card)


@require_GET
def file(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One version of a file, always as a download."""
    rows = Attachment.objects.visible_to(request.person).filter(removed_at__isnull=True)
    versions = FileVersion.objects.filter(attachment__in=rows.values("pk"))
    found = get_object_or_404(versions.select_related("file", "attachment"), pk=pk)
    return FileInParts(
        path_of(found.file).open("rb"), as_attachment=True, filename=found.attachment.name,
        content_type="application/octet-stream",
    )  # fmt: skip


@require_POST
def remove_file(request: PersonRequest, pk: int) -> HttpResponse:
    rows = Attachment.objects.visible_to(request.person).filter(removed_at__isnull=True)
    found = get_object_or_404(rows, pk=pk)
    card = editable_card(request, found.card_id)
    act(request, lambda told: actions.remove_file(attachment=found, **told), _("Removed."))
    return back(request, card)


@require_POST
def link(request: PersonRequest, pk: int) -> HttpResponse:
    """Say that a card is about a customer, deal or goal (``Aurora #12``), or an order by number."""
    card = editable_card(request, pk)
    kind, text = request.POST.get("kind", ""), request.POST.get("what", "").strip()
    to: Any = text
    if kind in MODELS:
        rows = MODELS[kind].objects.visible_to(request.person)
        kept = {"closed_at" if kind == "goal" else "archived_at": None}
        rows = rows.filter(**kept).order_by("-pk")
        _name, sign, number = text.rpartition("#")
        field = "title" if kind == "deal" else "name"
        by_number = rows.filter(pk=int(number[:18])) if sign and number.isdecimal() else rows.none()
        to = by_number.first() or rows.filter(**{f"{field}__iexact": text}).first()
    if not to:
        messages.error(request, _("Nothing is called like this; choose one of the suggestions."))
        return back(request, card)
    act(request, lambda told: actions.link_card(card=card, to=to, **told))
    return back(request, card)


@require_POST
def unlink(request: PersonRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(CardLink.objects.visible_to(request.person), pk=pk)
    card = editable_card(request, found.card_id)
    act(request, lambda told: actions.unlink_card(link=found, **told))
    return back(request, card)


@require_POST
def add_time(request: PersonRequest, pk: int) -> HttpResponse:
    """Write down the minutes that one spent on a card."""
    card = editable_card(request, pk)
    minutes = request.POST.get("minutes", "")
    on = day_in(request.POST.get("on", "")) or request.today
    note = request.POST.get("note", "")
    count = int(minutes[:6]) if minutes.isdecimal() else 0
    if not 1 <= count <= 1440:
        messages.error(request, _("Give between 1 and 1,440 minutes."))
        return back(request, card)
    act(
        request,
        lambda told: actions.add_time(card=card, on=on, minutes=count, note=note, **told),
    )
    return back(request, card)


@require_POST
def remove_time(request: PersonRequest, pk: int) -> HttpResponse:
    rows = TimeEntry.objects.visible_to(request.person).filter(removed_at__isnull=True)
    found = get_object_or_404(rows, pk=pk)
    card = editable_card(request, found.card_id)
    if found.person_id != request.person.pk:
        raise PermissionDenied
    act(request, lambda told: actions.remove_time(entry=found, **told), _("Removed."))
    return back(request, card)
