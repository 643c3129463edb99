"""Writing a mail to one customer, and reading one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from paceline.crm import queries as crm
from paceline.crm.actions import NothingSaid
from paceline.crm.models import PointKind
from paceline.files.queries import path_of
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.kernel.parts import FileInParts
from paceline.mail import access, actions, cleaning, filling, queries, wording
from paceline.mail.actions import Addressed, Words
from paceline.mail.forms.mails import MailForm
from paceline.mail.models import Mail, MailFile, MailTemplate
from paceline.org.requests import PersonRequest


def _record(request: PersonRequest, kind: str, pk: int) -> Any:
    if kind not in {"contact", "lead", "deal"}:
        raise Http404
    record = get_object_or_404(crm.shown(kind, request.person), pk=pk)
    if not access.may_write(request.person, record):
        raise PermissionDenied
    return record


def _addresses(kind: str, record: Any) -> list[str]:
    holder = record.contact if kind == "deal" else record
    points = crm.points_of(holder) if holder is not None else []
    return [one.value for one in points if one.kind == PointKind.EMAIL]


@require_http_methods(["GET", "POST"])
def write(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    """A mail to whom a record is about: from a template, as an answer, or plain."""
    record = _record(request, kind, pk)
    addresses = _addresses(kind, record)
    templates = queries.templates_for(request.person)
    template = _chosen(templates, request.POST.get("template") or request.GET.get("template", ""))
    answers = _answered(request)
    form = MailForm(
        request.POST or None, addresses=addresses,
        initial=_begun(request, record, template, answers),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        language = queries.text_for(template, record, request.person)[0] if template else ""
        try:
            actions.write(
                addressed=Addressed.of(record, data["to"]),
                words=Words(data["subject"], data["text"], language, template),
                answers=answers, by=request.person, at=timezone.now(),
            )  # fmt: skip
        except (actions.NoAddress, NothingSaid):
            form.add_error("to", _("No mail can be sent to this address."))
        except actions.MailServerMissing:
            form.add_error(None, _("No mail server was set. Ask an administrator."))
        else:
            messages.success(request, _("The mail is on its way."))
            return go_to(request, reverse(f"crm:{kind}", args=[pk]))
    context = {
        "form": form,
        "kind": kind,
        "record": record,
        "name": record.title if kind == "deal" else record.name,
        "back_url": reverse(f"crm:{kind}", args=[pk]),
        "templates": [(one.name, f"{request.path}?template={one.pk}", one == template)
                      for one in templates],
        "template": template,
        "answers": answers,
        "lacks_address": not addresses,
        "stopped": wording.WHYS.get(queries.why_not(addresses[0])) if addresses else "",
    }  # fmt: skip
    return page(request, "mail/write.html", context, status=422 if form.errors else 200)


def _chosen(templates: list[MailTemplate], pk: str) -> MailTemplate | None:
    return next((one for one in templates if str(one.pk) == pk), None)


def _answered(request: PersonRequest) -> Mail | None:
    pk = request.POST.get("reply") or request.GET.get("reply", "")
    if not pk.isdecimal() or len(pk) > 18:
        return None
    found: Mail | None = queries.shown(request.person).filter(pk=pk).first()
    return found


def _begun(
    request: PersonRequest, record: Any, template: MailTemplate | None, answers: Mail | None
) -> dict[str, Any]:
    """What the form begins with: the template's words in the customer's language, filled in."""
    if answers is not None:
        subject = answers.subject
        is_answer = subject.lower().startswith("re:")
        return {"subject": subject if is_answer else f"Re: {subject}"}
    if template is None:
        return {}
    _language, said = queries.text_for(template, record, request.person)
    values = filling.values_of(record, request.person)
    return {name: filling.fill(said[key], values)
            for name, key in (("subject", "subject"), ("text", "body"))}  # fmt: skip


@require_GET
def show(request: PersonRequest, pk: int) -> HttpResponse:
    """A mail with its conversation. HTML was cleaned when it came, and is cleaned again here."""
    mail = get_object_or_404(queries.shown(request.person), pk=pk)
    kind, record = wording.about(mail)
    context = {
        "mail": mail,
        "about": record.title if kind == "deal" else record.name,
        "about_url": reverse(f"crm:{kind}", args=[record.pk]),
        "answer_url": f"{reverse('mail:write', args=[kind, record.pk])}?reply={pk}"
        if access.may_write(request.person, record) else "",
        "rows": [
            {"mail": one, "badge": wording.badge_of(one), "is_here": one.pk == mail.pk,
             "problem": wording.problem(one.problem) if one.problem else "",
             "files": _files(one),
             "html": mark_safe(cleaning.clean(one.html)) if one.html else ""}  # noqa: S308 - nh3
            for one in queries.thread_of(mail, request.person)
        ],
    }  # fmt: skip
    return page(request, "mail/mail.html", context)


def _files(mail: Any) -> list[dict[str, Any]]:
    """What came with a mail, each with its size or why it was not kept."""
    return [
        {"file": one, "size": formats.file_size(one.size),
         "refused": wording.REFUSED.get(one.refused, "")}
        for one in mail.files.all()
    ]  # fmt: skip


@require_GET
def file(request: PersonRequest, pk: int) -> HttpResponseBase:
    """A file that came with a mail, always as a download."""
    rows = MailFile.objects.visible_to(request.person).filter(file__isnull=False)
    found = get_object_or_404(rows.select_related("file"), pk=pk)
    return FileInParts(
        path_of(found.file).open("rb"), as_attachment=True, filename=found.name,
        content_type="application/octet-stream",
    )  # fmt: skip
