"""Web forms of a team, and what waits in quarantine."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paceline.crm.models import ConsentChannel
from paceline.kernel.pages import go_to, page
from paceline.leads import access, actions, queries, texts, wording
from paceline.leads.forms.webforms import NewFormForm, WebFormForm
from paceline.leads.models import Submission, WebForm
from paceline.leads.views.public import asked, consent_in
from paceline.org.requests import PersonRequest


@require_GET
def index(request: PersonRequest) -> HttpResponse:
    """The forms of one's teams."""
    if not access.may_read_forms(request.person):
        raise PermissionDenied
    context = {
        "forms": list(queries.forms_for(request.person)),
        "may_keep": access.may_keep_any(request.person),
        "may_release": access.may_release(request.person),
        "held": queries.held_for(request.person).count(),
    }
    return page(request, "leads/forms.html", context)


@require_http_methods(["GET", "POST"])
def add(request: PersonRequest) -> HttpResponse:
    """A new form that asks the usual things."""
    if not access.may_keep_any(request.person):
        raise PermissionDenied
    form = NewFormForm(request.POST or None, viewer=request.person)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if not access.may_keep(request.person, data["team"]):
            raise PermissionDenied
        try:
            made = actions.add_form(
                team=data["team"], name=data["name"], languages=data["languages"],
                fields=texts.usual_fields(), by=request.person, at=timezone.now(),
            )  # fmt: skip
        except actions.TooManyForms:
            form.add_error(None, _("A team has at most 50 forms."))
        else:
            messages.success(request, _("Added."))
            return go_to(request, reverse("leads:form", args=[made.pk]))
    context = {"form": form, "title": _("New form"), "back_url": reverse("leads:forms")}
    return page(request, "leads/form_new.html", context, status=422 if form.errors else 200)


def _kept(request: PersonRequest, pk: int) -> WebForm:
    rows = WebForm.objects.visible_to(request.person).select_related("team")
    found: WebForm = get_object_or_404(rows, pk=pk)
    if not access.may_keep(request.person, found.team):
        raise PermissionDenied
    return found


@require_http_methods(["GET", "POST"])
def change(request: PersonRequest, pk: int) -> HttpResponse:
    """What a form asks and says; and how it gets onto other pages."""
    found = _kept(request, pk)
    consent = queries.consent_text_of(found)
    form = WebFormForm(request.POST or None, form=found, consent=consent)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        told: dict[str, Any] = {"by": request.person, "at": timezone.now()}
        actions.change_form(form=found, facts=form.facts(), **told)
        actions.set_consent_text(
            form=found, texts=form.consent_texts(), purpose=data["consent_purpose"],
            channel=ConsentChannel(data["consent_channel"]),
            is_required=data["consent_required"], **told,
        )  # fmt: skip
        messages.success(request, _("Saved."))
        return go_to(request, reverse("leads:form", args=[pk]))
    url = request.build_absolute_uri(reverse("leads:public_form", args=[found.key]))
    context = {
        "form": form,
        "webform": found,
        "consent": consent,
        "url": url,
        "snippets": [(row["language"], _snippet(request, found, row["code"], url))
                     for row in form.language_rows()],
    }  # fmt: skip
    return page(request, "leads/form.html", context, status=422 if form.errors else 200)


def _snippet(request: PersonRequest, form: WebForm, language: str, url: str) -> str:
    """The form as HTML for another page."""
    context = {
        "url": url,
        "language": language,
        "script": request.build_absolute_uri(reverse("leads:public_script")),
        "fields": asked(form, language),
        "words": texts.said(form, language),
        "consent": consent_in(queries.consent_text_of(form), language),
    }
    made = render_to_string("leads/snippet.html", context)
    return "\n".join(line for line in made.splitlines() if line.strip())


@require_POST
def state(request: PersonRequest, pk: int) -> HttpResponse:
    """Close a form, or open it again."""
    found = _kept(request, pk)
    is_closed = request.POST.get("closed") == "1"
    actions.close_form(form=found, is_closed=is_closed, by=request.person, at=timezone.now())
    messages.success(request, _("The form is closed.") if is_closed else _("The form is open."))
    return go_to(request, reverse("leads:form", args=[pk]))


@require_GET
def held(request: PersonRequest) -> HttpResponseBase:
    """What waits until a person has looked at it."""
    if not access.may_release(request.person):
        raise PermissionDenied
    rows = queries.held_for(request.person)
    shown = [
        {"row": one, "why": wording.signs_of(one.reasons),
         "answers": [(texts.label_of({"name": name, "labels": _labels(one, name)}, one.language),
                      text) for name, text in one.values.items()]}
        for one in rows[:50]
    ]  # fmt: skip
    return page(request, "leads/held.html", {"rows": shown, "more": rows.count() > len(shown)})


def _labels(submission: Submission, name: str) -> dict[str, Any]:
    found = (one for one in submission.form.fields if one["name"] == name)
    labels: dict[str, Any] = (next(found, None) or {}).get("labels") or {}
    return labels


@require_POST
def decide(request: PersonRequest, pk: int, what: str) -> HttpResponse:
    """Take it in, or let it go."""
    if not access.may_release(request.person):
        raise PermissionDenied
    found = get_object_or_404(Submission.objects.visible_to(request.person), pk=pk)
    act: Any = {"release": actions.release, "discard": actions.discard}.get(what)
    if act is None:
        raise Http404
    try:
        act(submission=found, by=request.person, at=timezone.now())
    except actions.NotHeld:
        messages.error(request, _("Somebody decided this already."))
    else:
        told = _("Taken in.") if what == "release" else _("Discarded.")
        messages.success(request, told)
    return go_to(request, reverse("leads:held"))
