"""Saying whose an order is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from paceline.crm.forms.choices import RecordField
from paceline.crm.models import MODELS
from paceline.org.models import Person

KINDS = ("contact", "company")


class BuyerForm(forms.Form):
    """A customer that is proposed (``contact:12``), or a contact or company by name."""

    proposed = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, viewer: Person) -> None:
        super().__init__(data, auto_id="buyer-%s")
        self.viewer = viewer
        self.fields["contact"] = RecordField("contact", viewer, label=_("Contact"))
        self.fields["company"] = RecordField("company", viewer, label=_("Company"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        kind, _sign, pk = cleaned.get("proposed", "").partition(":")
        self.record = cleaned.get("contact") or cleaned.get("company")
        if kind in KINDS and pk.isdecimal():
            rows = MODELS[kind].objects.visible_to(self.viewer).kept()
            self.record = rows.filter(pk=int(pk[:18])).first()
        if self.record is None and not self.errors:
            self.add_error("contact", _("Choose a contact or a company."))
        return cleaned

    def chosen(self) -> Any:
        return self.record
