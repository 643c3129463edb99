"""Templates of mails."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.crm.forms.choices import language_name
from paceline.kernel import formats
from paceline.kernel.pages import go_to, page
from paceline.mail import access, actions, filling, queries
from paceline.mail.forms.mails import NewTemplateForm
from paceline.mail.models import MailTemplate
from paceline.org.requests import PersonRequest


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """The templates of one's teams."""
    if not access.may_use_templates(request.person):
        raise PermissionDenied
    rows = [
        (one, formats.listed(language_name(code) for code in one.texts))
        for one in queries.templates_for(request.person)
    ]
    context = {"rows": rows, "may_keep": access.may_keep_any(request.person)}
    return page(request, "mail/templates.html", context)


@require_http_methods(["GET", "POST"])
def add(request: PersonRequest) -> HttpResponse:
    """A new template."""
    if not access.may_keep_any(request.person):
        raise PermissionDenied
    form = NewTemplateForm(request.POST or None, viewer=request.person)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if not access.may_keep(request.person, data["team"]):
            raise PermissionDenied
        try:
            made = actions.add_template(
                team=data["team"], name=data["name"], is_offer=data["is_offer"],
                texts=form.texts(), by=request.person, at=timezone.now(),
            )  # fmt: skip
        except actions.TooManyTemplates:
            form.add_error(None, _("A team has at most 200 templates."))
        else:
            messages.success(request, _("Added."))
            return go_to(request, reverse("mail:template", args=[made.pk]))
    return _page(request, form, None)


def _page(request: PersonRequest, form: NewTemplateForm, template: Any) -> HttpResponse:
    context = {
        "form": form,
        "template": template,
        "words": [(f"{{{word}}}", meaning) for word, meaning in filling.WORDS.items()],
    }
    return page(request, "mail/template.html", context, status=422 if form.errors else 200)


def _kept(request: PersonRequest, pk: int) -> MailTemplate:
    rows = MailTemplate.objects.visible_to(request.person).select_related("team")
    found: MailTemplate = get_object_or_404(rows, pk=pk)
    if not access.may_keep(request.person, found.team):
        raise PermissionDenied
    return found


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """Change a template."""
    found = _kept(request, pk)
    form = NewTemplateForm(request.POST or None, viewer=request.person, template=found)
    if request.method == "POST" and form.is_valid():
        actions.change_template(
            template=found, name=form.cleaned_data["name"],
            is_offer=form.cleaned_data["is_offer"], texts=form.texts(), by=request.person,
            at=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("Saved."))
        return go_to(request, reverse("mail:template", args=[pk]))
    return _page(request, form, found)


@require_POST
def remove(request: PersonRequest, pk: int) -> HttpResponse:
    """Write with a template no more."""
    found = _kept(request, pk)
    actions.remove_template(template=found, by=request.person, at=timezone.now())
    messages.success(request, _("Removed."))
    return go_to(request, reverse("mail:templates"))
