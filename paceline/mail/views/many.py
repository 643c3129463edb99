"""A mail to many: choosing the template, looking at it, and how far it has come."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Min
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from paceline.crm.kinds import list_address
from paceline.kernel.pages import go_to, page
from paceline.mail import access, actions, filling, queries, wording
from paceline.mail.forms.mails import ChooseTemplateForm
from paceline.mail.models import Mailing, MailState, MailTemplate
from paceline.org.requests import PersonRequest

COUNTED = 500


@require_http_methods(["GET", "POST"])
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """Before it begins: who gets what; afterwards: how far it has come."""
    rows = Mailing.objects.select_related("template", "progress")
    mailing: Mailing = get_object_or_404(rows, pk=pk, by=request.person)
    if not access.may_write_many(request.person):
        raise PermissionDenied
    if mailing.begun_at is not None:
        return _far(request, mailing)
    templates = queries.templates_for(request.person)
    form = ChooseTemplateForm(request.POST or request.GET or None, templates=templates)
    chosen = None
    if form.is_valid():
        pk_ = form.cleaned_data["template"]
        chosen = next((one for one in templates if str(one.pk) == pk_), None)
    if request.method == "POST" and chosen is not None:
        try:
            actions.begin_mailing(
                mailing=mailing, template=chosen, by=request.person, at=timezone.now()
            )
        except actions.MailServerMissing:
            form.add_error(None, _("No mail server was set. Ask an administrator."))
        except actions.NotWritten:
            form.add_error("template", _("This template says nothing yet."))
        except actions.MailingBegun:
            messages.error(request, _("This was begun before."))
            return go_to(request, request.path)
        else:
            return go_to(request, request.path)
    context = {
        "mailing": mailing,
        "count": len(mailing.ids),
        "form": form,
        "has_templates": bool(templates),
        "chosen": chosen,
        "back_url": list_address(mailing.of),
        **(_preview(request, mailing, chosen) if chosen else {}),
    }
    return page(request, "mail/mailing.html", context, status=422 if form.errors else 200)


def _preview(request: PersonRequest, mailing: Mailing, template: MailTemplate) -> dict[str, Any]:
    """How the mail reads for the first who gets it; of the first few hundred, who does not."""
    found = queries.recipients(
        mailing.of, mailing.ids[:COUNTED], request.person, is_offer=template.is_offer
    )
    good = [one for one in found if not one.why]
    if not good:
        first = None
    else:
        _language, said = queries.text_for(template, good[0].record, request.person)
        values = filling.values_of(good[0].record, request.person)
        first = {
            "to": good[0].address, "name": good[0].record.name,
            "subject": filling.fill(said["subject"], values),
            "text": filling.fill(said["body"], values),
        }  # fmt: skip
    return {
        "first": first,
        "good": len(good),
        "looked_at": len(found),
        "skipped": wording.skipped(Counter(one.why for one in found if one.why)),
    }


def _far(request: PersonRequest, mailing: Mailing) -> HttpResponse:
    states = Counter(mailing.mails.values_list("state", flat=True))
    waiting = mailing.mails.filter(state=MailState.QUEUED)
    planned = waiting.aggregate(next=Min("next_at"), last=Max("next_at"), count=Count("pk"))
    bounced = mailing.mails.filter(bounced_at__isnull=False).count()
    names = dict(MailState.choices)
    context = {
        "mailing": mailing,
        "progress": mailing.progress,
        "is_over": mailing.ended_at is not None,
        "back_url": list_address(mailing.of),
        "states": [(str(names[state]), count) for state, count in sorted(states.items())],
        "left": mailing.written - planned["count"],
        "planned": planned,
        "bounced": bounced,
        "skipped": wording.skipped(mailing.skipped),
        "url": reverse("mail:mailing", args=[mailing.pk]),
    }
    return page(request, "mail/mailing_far.html", context)
