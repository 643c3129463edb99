"""What is done with records: given to somebody, converted, allowed, put away, erased."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from paceline.crm import access, actions, queries, wording
from paceline.crm.forms.choices import ColleagueField, RecordField
from paceline.crm.forms.timeline import ConsentForm, EraseForm, StatusForm
from paceline.crm.kinds import address, list_address
from paceline.crm.models import (
    Consent,
    ConsentChannel,
    Contact,
    Deal,
    Lead,
    LeadStatus,
    Pipeline,
)
from paceline.crm.views.reached import changeable
from paceline.kernel.money import currency_digits
from paceline.kernel.pages import go_to, page
from paceline.org.requests import PersonRequest


@require_http_methods(["GET", "POST"])
def owner(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    """Give a record to somebody to look after."""
    record = changeable(request, kind, pk)
    if not access.may_assign(request.person, record):
        raise PermissionDenied
    form = forms.Form(request.POST or None)
    form.fields["owner"] = ColleagueField(
        request.person, request.today, label=_("Owner"), initial=record.owner_id,
        required=kind == "deal",
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = {
            "owner": form.cleaned_data["owner"], "by": request.person, "at": timezone.now(),
        }  # fmt: skip
        try:
            if isinstance(record, Deal):
                actions.assign_deal(deal=record, **given)
            else:
                actions.assign(record=record, **given)
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Saved."))
            return go_to(request, address(kind, pk))
    name = record.title if kind == "deal" else record.name
    context = {"form": form, "title": _("Who looks after it?"), "back_url": address(kind, pk),
               "button": _("Save"), "name": name}  # fmt: skip
    return page(request, "crm/one_form.html", context, status=422 if form.errors else 200)


@require_POST
def put_away(request: PersonRequest, kind: str, pk: int) -> HttpResponse:
    """Put a record away, or bring it back."""
    record = get_object_or_404(queries.shown(kind, request.person), pk=pk)
    given: dict[str, Any] = {"record": record, "by": request.person, "at": timezone.now()}
    try:
        if request.POST.get("back") == "1":
            if not access.may_add(request.person):
                raise PermissionDenied
            actions.restore(**given)
            messages.success(request, _("It is back."))
        else:
            changeable(request, kind, pk)
            actions.archive(**given)
            messages.success(request, _("Put away. Its page can bring it back."))
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    return go_to(request, address(kind, pk))


@require_POST
def status(request: PersonRequest, pk: int) -> HttpResponse:
    """Say where a lead stands."""
    lead: Lead = changeable(request, "lead", pk)
    form = StatusForm(request.POST)
    if form.is_valid():
        try:
            actions.set_status(
                lead=lead, status=LeadStatus(form.cleaned_data["status"]),
                why_not=form.cleaned_data["why_not"], by=request.person, at=timezone.now(),
            )  # fmt: skip
        except wording.REFUSALS as problem:
            messages.error(request, wording.refusal(problem))
        else:
            messages.success(request, _("Saved."))
    return go_to(request, address("lead", pk))


class ConvertForm(forms.Form):
    """What becomes of a lead."""

    def __init__(self, data: Any = None, *, request: PersonRequest, lead: Lead) -> None:
        super().__init__(data)
        person = request.person
        self.fields["contact"] = RecordField(
            "contact", person, label=_("Known contact"),
            help_text=_("Left empty, a new contact is made of the lead."),
        )  # fmt: skip
        self.fields["company"] = RecordField("company", person, label=_("Known company"))
        self.fields["company_name"] = forms.CharField(
            label=_("New company"), max_length=200, required=False, initial=lead.company_name
        )
        pipelines = [one.pk for one in queries.pipelines_for(person)]
        self.fields["pipeline"] = forms.ModelChoiceField(
            label=_("New deal in"), queryset=Pipeline.objects.filter(pk__in=pipelines),
            required=False, empty_label=_("No deal"), initial=pipelines[0] if pipelines else None,
        )  # fmt: skip
        self.fields["title"] = forms.CharField(
            label=_("Title of the deal"), max_length=200, required=False, initial=lead.name
        )
        self.fields["amount"] = forms.DecimalField(
            label=_("Amount"), max_digits=20, decimal_places=4, required=False, min_value=0
        )

    def into(self) -> actions.Into:
        data = self.cleaned_data
        facts: dict[str, Any] = {}
        if data["title"]:
            facts["title"] = data["title"]
        if data["amount"] is not None and data["pipeline"] is not None:
            facts["amount"] = data["amount"]
        return actions.Into(
            contact=data["contact"], company=data["company"], pipeline=data["pipeline"],
            company_name="" if data["company"] else data["company_name"], deal_facts=facts,
        )  # fmt: skip

    def clean_amount(self) -> Any:
        amount, pipeline = self.cleaned_data["amount"], self.cleaned_data.get("pipeline")
        if amount is not None and pipeline is not None:
            digits = currency_digits(pipeline.currency)
            if amount != round(amount, digits):
                told = _("%(currency)s has %(digits)s decimals.")
                raise forms.ValidationError(
                    told % {"currency": pipeline.currency, "digits": digits}
                )
        return amount


@require_http_methods(["GET", "POST"])
def convert(request: PersonRequest, pk: int) -> HttpResponse:
    """Make a lead a contact, perhaps of a company and with a deal."""
    lead: Lead = changeable(request, "lead", pk)
    form = ConvertForm(request.POST or None, request=request, lead=lead)
    if request.method == "POST" and form.is_valid():
        try:
            done = actions.convert_lead(
                lead=lead, into=form.into(), by=request.person, at=timezone.now()
            )
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            messages.success(request, _("Converted. The lead stays, with all that was said."))
            kind, goal = ("deal", done.deal) if done.deal else ("contact", done.contact)
            return go_to(request, address(kind, goal.pk))
    context = {"form": form, "title": _("Convert the lead"), "back_url": address("lead", pk),
               "button": _("Convert"), "name": lead.name}  # fmt: skip
    return page(request, "crm/one_form.html", context, status=422 if form.errors else 200)


@require_POST
def consent(request: PersonRequest, pk: int) -> HttpResponse:
    """Write down that a contact allowed to be reached."""
    contact: Contact = changeable(request, "contact", pk)
    form = ConsentForm(request.POST)
    if form.is_valid():
        data, now = form.cleaned_data, timezone.now()
        try:
            actions.record_consent(
                holder=contact, channel=ConsentChannel(data["channel"]), purpose=data["purpose"],
                source=data["source"], given_at=now, by=request.person, at=now,
            )  # fmt: skip
        except wording.REFUSALS as problem:
            messages.error(request, wording.refusal(problem))
        else:
            messages.success(request, _("Written down."))
        return go_to(request, address("contact", pk))
    context = {"form": form, "title": _("Consent"), "back_url": address("contact", pk),
               "button": _("Write down"), "name": contact.name}  # fmt: skip
    return page(request, "crm/one_form.html", context, status=422)


@require_POST
def withdraw(request: PersonRequest, pk: int) -> HttpResponse:
    """A contact no longer allows it."""
    rows = Consent.objects.filter(contact__in=Contact.objects.visible_to(request.person))
    found = get_object_or_404(rows.select_related("contact"), pk=pk)
    contact = changeable(request, "contact", found.contact_id or 0)
    source = request.POST.get("reason", "").strip()
    try:
        actions.withdraw_consent(consent=found, source=source, by=request.person, at=timezone.now())
    except wording.REFUSALS as problem:
        messages.error(request, wording.refusal(problem))
    else:
        messages.success(request, _("The consent was withdrawn."))
    return go_to(request, address("contact", contact.pk))


@require_http_methods(["GET", "POST"])
def erase(request: PersonRequest, pk: int) -> HttpResponse:
    """Forget a contact for good, under data-protection law."""
    contact: Contact = changeable(request, "contact", pk)
    if not access.may_erase(request.person, contact):
        raise PermissionDenied
    form = EraseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            erased = actions.erase_contact(
                contact=contact, reason=form.cleaned_data["reason"], by=request.person,
                at=timezone.now(),
            )  # fmt: skip
        except wording.REFUSALS as problem:
            wording.put_into(form, problem)
        else:
            told = _("The contact was erased. Orders kept without a name: %(count)s.")
            messages.success(request, told % {"count": erased.orders_kept})
            return go_to(request, list_address("contact"))
    context = {
        "form": form, "title": _("Erase the contact"), "back_url": address("contact", pk),
        "button": _("Erase for good"), "name": contact.name, "tone": "danger",
        "lead": _("Name, phones, notes, files and history go. Orders, amounts and shares of deals"
                  " stay, without a name."),
    }  # fmt: skip
    return page(request, "crm/one_form.html", context, status=422 if form.errors else 200)
