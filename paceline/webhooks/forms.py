"""What an endpoint is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from paceline.kernel import outbound
from paceline.webhooks import wording
from paceline.webhooks.kinds import kinds


class EndpointForm(forms.Form):
    """Where messages go, and about what."""

    url = forms.CharField(
        label=_("Address"),
        max_length=outbound.URL_MAX,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=_("On the internet and with https; addresses inside a network are refused."),
    )
    description = forms.CharField(label=_("What it is for"), max_length=120, required=False)
    kinds = forms.MultipleChoiceField(
        label=_("What is told"), choices=kinds, widget=forms.CheckboxSelectMultiple
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        try:
            outbound.check(url, may_be_near=settings.WEBHOOKS_MAY_BE_NEAR)
        except outbound.AddressRefused as refused:
            raise forms.ValidationError(wording.outcome(refused.code)) from None
        return url

    def terms(self) -> dict[str, Any]:
        """What was given, as the actions take it."""
        return {name: self.cleaned_data[name] for name in ("url", "description", "kinds")}
