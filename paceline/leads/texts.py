"""Words of a form in the languages that it speaks: the team's own, else ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.leads.models import WebForm

# What a form may ask besides the team's own fields, in the order in which it is offered.
ASKED = {
    "name": pgettext_lazy("person", "Name"),
    "email": gettext_lazy("E-mail address"),
    "mobile": gettext_lazy("Mobile phone"),
    "company_name": gettext_lazy("Company"),
    "title": gettext_lazy("Job title"),
    "country": gettext_lazy("Country"),
    "territory": gettext_lazy("Territory"),
    "interest": gettext_lazy("Interested in"),
    "message": gettext_lazy("Your message"),
}
TEXTS = ("title", "intro", "button", "thanks")
TOO_MANY = 429
_OURS = {"zh-hant": "zh-hant", "zh-hans": "zh-hans", "zh": "zh-hant"}


def in_language(code: str) -> Any:
    """Our own words in the nearest of our languages, within this context."""
    return translation.override(_OURS.get(code.lower(), "en"))


def usual_fields() -> list[dict[str, Any]]:
    """What a new form asks."""
    required = {"name": True, "email": True, "message": False}
    return [{"name": name, "is_required": asked} for name, asked in required.items()]


def label_of(field: Mapping[str, Any], language: str) -> str:
    """A field's words in a language: the team's, else ours, else those of any language."""
    labels = field.get("labels") or {}
    if labels.get(language):
        return str(labels[language])
    if field["name"] in ASKED:
        with in_language(language):
            return str(ASKED[field["name"]])
    return str(next(iter(labels.values()), field["name"]))


def said(form: WebForm, language: str) -> dict[str, str]:
    """Title, introduction, button and thanks in a language."""
    with in_language(language):
        usual = {
            "title": form.name,
            "intro": "",
            "button": _("Send"),
            "thanks": _("Thank you. We will answer soon."),
        }
    own = form.texts.get(language) or {}
    return {name: own.get(name) or usual[name] for name in TEXTS}


def problem(code: str) -> str:
    """What is wrong with an answer, in the language that is set."""
    return {
        "required": _("Please fill this in."),
        "too_long": _("This is too long."),
        "invalid": _("This cannot be right."),
        "unknown": _("Please choose one of the answers."),
    }[code]


def refused(status: int) -> str:
    """Why nothing of what was sent was taken in, in the language that is set."""
    if status == TOO_MANY:
        return _("Too much was sent from here. Please try again in ten minutes.")
    return _("This could not be taken in. Please fill in the form again.")
