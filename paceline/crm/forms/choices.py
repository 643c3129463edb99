"""Fields for what people choose among: countries, languages, records found by name, colleagues."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paceline.crm import queries
from paceline.crm.models import MODELS
from paceline.kernel.countries import countries_or_none
from paceline.kernel.formats import reader_locale
from paceline.kernel.selects import LongSelect
from paceline.org.models import Person

LANGUAGES = (
    "zh-Hant", "zh-Hans", "en", "ja", "ko", "vi", "th", "id", "ms", "es", "fr", "de", "it", "pt",
    "ru", "ar", "hi",
)  # fmt: skip


def language_name(code: str) -> str:
    """A language by its name in the reader's language."""
    from babel import Locale  # noqa: PLC0415

    try:
        name = Locale.parse(code.replace("-", "_")).get_display_name(reader_locale())
    except ValueError:
        return code
    return name or code


def languages() -> list[tuple[str, str]]:
    return [(code, language_name(code)) for code in LANGUAGES]


class CountryField(forms.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(choices=countries_or_none, widget=LongSelect, **kwargs)


class FoundInput(forms.TextInput):
    """A line to write a name in, with suggestions from the server below it."""

    template_name = "crm/found_input.html"

    def __init__(self, kind: str) -> None:
        super().__init__(attrs={"maxlength": 200, "autocomplete": "off"})
        self.kind = kind

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{name}-found"
        context["suggest_url"] = reverse("crm:suggest", args=[self.kind])
        return context


class RecordField(forms.CharField):
    """A record by its name: one of those suggested (``Aurora #12``), or the only one so called."""

    default_error_messages = {
        "unknown": gettext_lazy("Nothing is called like this; choose one of the suggestions."),
        "several": gettext_lazy("Several are called like this; choose one of the suggestions."),
    }

    def __init__(self, kind: str, viewer: Person, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        super().__init__(max_length=220, widget=FoundInput(kind), **kwargs)
        self.kind, self.viewer = kind, viewer

    def prepare_value(self, value: Any) -> Any:
        return called(value) if hasattr(value, "pk") else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        rows = MODELS[self.kind].objects.visible_to(self.viewer).kept()
        _name, sign, number = text.rpartition("#")
        if sign and number.strip().isdecimal():
            found = rows.filter(pk=int(number.strip()[:18])).first()
            if found is not None and called(found) == text:
                return found
        field = "title" if self.kind == "deal" else "name"
        same = list(rows.filter(**{f"{field}__iexact": text})[:2])
        if not same:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        if len(same) > 1:
            raise forms.ValidationError(self.error_messages["several"], code="several")
        return same[0]


def called(record: Any) -> str:
    """A record as it is chosen: its name and number."""
    name = getattr(record, "title", "") if hasattr(record, "stage_id") else record.name
    return f"{name} #{record.pk}"


class ColleagueField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Somebody to give a record to."""

    widget = LongSelect

    def __init__(self, viewer: Person, on: Any, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("empty_label", _("Nobody yet"))
        super().__init__(queryset=queries.sellers(viewer, on), **kwargs)


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
