"""The form in which a team arranges a web form."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from paceline.crm.forms.choices import language_name, languages
from paceline.crm.models import ConsentChannel, CustomField, FieldKind, Source, scope_of
from paceline.leads import texts
from paceline.leads.actions.forms import ORIGINS_MAX
from paceline.leads.models import ConsentText, WebForm
from paceline.leads.sent import FIELDS_MAX
from paceline.org.models import Person, Team

PLAIN = {FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.CHOICE, FieldKind.LINK}


class NewFormForm(forms.Form):
    """What a new form begins with."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"), choices=languages, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any, *, viewer: Person) -> None:
        super().__init__(data)
        self.fields["team"] = forms.ModelChoiceField(
            label=_("Team"), empty_label=None,
            queryset=Team.objects.filter(pk__in=scope_of(viewer).all_teams),
        )  # fmt: skip
        self.order_fields(["name", "team", "languages"])


class WebFormForm(forms.Form):
    """What a form asks and says in each language, what is agreed to, and who may send to it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    source = forms.ChoiceField(label=gettext_lazy("Channel"), choices=Source.choices)
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"), choices=languages, widget=forms.CheckboxSelectMultiple
    )
    interests = forms.CharField(
        label=gettext_lazy("Products to choose from"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line; without any, “Interested in” is a line to write in."),
    )  # fmt: skip
    origins = forms.CharField(
        label=gettext_lazy("Pages that may use the form"), required=False, max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line, such as https://shop.example.com."),
    )  # fmt: skip
    work_bits = forms.TypedChoiceField(
        label=gettext_lazy("Work for the browser"), coerce=int,
        choices=[(0, gettext_lazy("none")), (14, gettext_lazy("little")),
                 (17, gettext_lazy("some: under a second")),
                 (20, gettext_lazy("much: a few seconds"))],
        help_text=gettext_lazy("Makes sending thousands dear; visitors without JavaScript wait in quarantine."),  # noqa: E501
    )  # fmt: skip
    consent_purpose = forms.CharField(
        label=gettext_lazy("Consent: for what"), required=False, max_length=200
    )
    consent_channel = forms.ChoiceField(
        label=gettext_lazy("Consent: by which channel"), choices=ConsentChannel.choices
    )
    consent_required = forms.BooleanField(
        label=gettext_lazy("Nothing can be sent without consent"), required=False
    )

    def __init__(self, data: Any, *, form: WebForm, consent: ConsentText | None) -> None:
        self.form = form
        self.spoken = list(form.languages)
        known = {one["name"]: one for one in form.fields}
        options = (known.get("interest") or {}).get("options") or []
        initial = {
            "name": form.name, "source": form.source, "languages": form.languages,
            "origins": "\n".join(form.origins), "work_bits": form.work_bits,
            "interests": "\n".join(options),
            "consent_purpose": consent.purpose if consent else "",
            "consent_channel": consent.channel if consent else ConsentChannel.EMAIL,
            "consent_required": consent.is_required if consent else False,
        }  # fmt: skip
        super().__init__(data, initial=initial)
        self.known, self.consent = known, consent
        own = CustomField.objects.filter(team=form.team_id, of="lead", retired_at=None)
        self.offered = {name: str(label) for name, label in texts.ASKED.items()}
        self.own = {f"custom:{one.pk}": one for one in own if one.kind in PLAIN}
        self.offered |= {key: one.label for key, one in self.own.items()}

    def _text(self, key: str, known: Any) -> str:
        return str(self.data.get(key, "")).strip() if self.is_bound else str(known or "")

    def field_rows(self) -> list[dict[str, Any]]:
        """Everything that may be asked: whether it is, its place, and its words by language."""
        rows = []
        places = {name: place for place, name in enumerate(self.known, start=1)}
        for name, label in self.offered.items():
            one = self.known.get(name)
            state = "" if one is None else "required" if one["is_required"] else "asked"
            labels = (one or {}).get("labels") or {}
            rows.append({
                "name": name, "label": label,
                "state_key": f"asks-{name}", "state": self._text(f"asks-{name}", state),
                "place_key": f"place-{name}",
                "place": self._text(f"place-{name}", places.get(name, "")),
                "labels": [
                    {"key": f"label-{name}-{code}", "language": language_name(code),
                     "value": self._text(f"label-{name}-{code}", labels.get(code))}
                    for code in self.spoken
                ],
            })  # fmt: skip
        return sorted(rows, key=lambda row: (not row["state"], self._place(row["place"])))

    @staticmethod
    def _place(text: str) -> int:
        return int(text) if text.isdecimal() and len(text) < 4 else 999

    def language_rows(self) -> list[dict[str, Any]]:
        """The words of the form and of its consent, language by language."""
        rows = []
        for code in self.spoken:
            own = self.form.texts.get(code) or {}
            usual = texts.said(self.form, code)
            agreed = self.consent.texts.get(code, "") if self.consent else ""
            rows.append({
                "code": code, "language": language_name(code),
                "words": [
                    {"key": f"text-{code}-{name}", "label": label, "usual": usual[name],
                     "value": self._text(f"text-{code}-{name}", own.get(name))}
                    for name, label in (
                        ("title", pgettext("form", "Title")), ("intro", _("Introduction")),
                        ("button", _("Button")), ("thanks", _("Thanks")),
                    )
                ],
                "consent_key": f"consent-{code}",
                "consent": self._text(f"consent-{code}", agreed),
            })  # fmt: skip
        return rows

    def clean_origins(self) -> list[str]:
        found = []
        for line in self.cleaned_data["origins"].split():
            parts = urlsplit(line.rstrip("/"))
            bare = f"{parts.scheme}://{parts.netloc}"
            if (
                parts.scheme not in {"https", "http"}
                or not parts.hostname
                or bare != line.rstrip("/")
            ):
                raise forms.ValidationError(
                    _("“%(line)s” is no address of a site.") % {"line": line}
                )
            found.append(bare.lower())
        if len(found) > ORIGINS_MAX:
            raise forms.ValidationError(_("These are too many."))
        return list(dict.fromkeys(found))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        asked = {one["name"] for one in self.fields_asked()}
        if not asked & {"email", "mobile"}:
            self.add_error(None, _("Ask for an e-mail address or a phone; else nobody can answer."))
        if len(asked) > FIELDS_MAX:
            self.add_error(None, _("These are too many."))
        agreed = any(self.consent_texts().values())
        if agreed and not cleaned.get("consent_purpose", "").strip():
            self.add_error("consent_purpose", _("Say for what the consent is."))
        return cleaned

    def fields_asked(self) -> list[dict[str, Any]]:
        rows = [row for row in self.field_rows() if row["state"] in {"asked", "required"}]
        found = []
        for row in rows:
            labels = {
                code: each["value"][:80]
                for code, each in zip(self.spoken, row["labels"], strict=True)
                if each["value"]
            }
            one = {
                "name": row["name"], "is_required": row["state"] == "required", "labels": labels,
            }  # fmt: skip
            if row["name"] == "interest":
                lines = self.data.get("interests", "").splitlines()
                one["options"] = list(dict.fromkeys(x.strip()[:80] for x in lines if x.strip()))[
                    :50
                ]
            own = self.own.get(row["name"])
            if own is not None:
                one["labels"] = {code: labels.get(code) or own.label for code in self.spoken}
                if own.kind == FieldKind.CHOICE:
                    one["options"] = list(own.options)
            found.append(one)
        return found

    def consent_texts(self) -> dict[str, str]:
        return {row["code"]: row["consent"][:2000] for row in self.language_rows()}

    def facts(self) -> dict[str, Any]:
        data = self.cleaned_data
        words = {
            row["code"]: {name: word["value"][:1000] for name, word in
                          zip(texts.TEXTS, row["words"], strict=True) if word["value"]}
            for row in self.language_rows()
        }  # fmt: skip
        return {
            "name": data["name"], "source": data["source"], "languages": data["languages"],
            "origins": data["origins"], "work_bits": data["work_bits"],
            "fields": self.fields_asked(), "texts": words,
        }  # fmt: skip
