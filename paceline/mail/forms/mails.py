"""Forms of mail: the server, a template, and a mail."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.forms import modelform_factory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.crm.forms.choices import language_name, languages
from paceline.crm.models import scope_of
from paceline.crm.models.timeline import TEXT_MAX
from paceline.kernel import formats
from paceline.mail import filling
from paceline.mail.models import MailServer, MailTemplate
from paceline.org.models import Person, Team

SENDING = (
    "site", "host", "port", "security", "user", "password", "from_address", "from_name", "footer",
    "per_hour",
)  # fmt: skip
READING = (
    "reply_address", "box_host", "box_port", "box_security", "box_user", "box_password",
    "box_folder",
)  # fmt: skip
_Columns: Any = modelform_factory(
    MailServer,
    fields=[one for one in (*SENDING, *READING) if not one.endswith("password")],
)


def _password(of: Any, label: str) -> forms.CharField:
    known = _("Left empty, the one that is known stays.") if of is not None else ""
    return forms.CharField(
        label=label, required=False, max_length=500, help_text=known, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class ServerForm(_Columns):  # type: ignore[misc]
    """How mail goes out and where replies come in. Passwords are written, never shown."""

    def __init__(self, data: Any, *, server: MailServer | None, site: str) -> None:
        super().__init__(data, instance=server, initial={} if server else {"site": site})
        self.fields["password"] = _password(server and server.password, _("Password"))
        self.fields["box_password"] = _password(server and server.box_password, _("Password"))
        self.fields["reply_address"].help_text = _(
            "It must take anything after a plus: reply+…@example.com."
        )
        self.order_fields([*SENDING, *READING])

    def clean_site(self) -> str:
        parts = urlsplit(self.cleaned_data["site"].rstrip("/"))
        if parts.scheme not in {"https", "http"} or not parts.netloc or parts.path:
            raise forms.ValidationError(_("Write it as https://paceline.example.com."))
        return f"{parts.scheme}://{parts.netloc}"

    def sending(self) -> list[Any]:
        return [self[name] for name in SENDING]

    def reading(self) -> list[Any]:
        return [self[name] for name in READING]


class NewTemplateForm(forms.Form):
    """What a template begins with."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    is_offer = forms.BooleanField(
        label=gettext_lazy("It advertises: only for who consented, with a way to end it"),
        required=False, initial=True,
    )  # fmt: skip

    def __init__(self, data: Any, *, viewer: Person, template: MailTemplate | None = None) -> None:
        known = {"name": template.name, "is_offer": template.is_offer} if template else {}
        super().__init__(data, initial=known)
        self.template = template
        if template is None:
            self.fields["team"] = forms.ModelChoiceField(
                label=_("Team"), empty_label=None,
                queryset=Team.objects.filter(pk__in=scope_of(viewer).all_teams),
            )  # fmt: skip

    def language_rows(self) -> list[dict[str, Any]]:
        """Subject and body in each language: those that say something and the main ones first."""
        known = self.template.texts if self.template else {}
        rows = []
        for code, name in languages():
            one = known.get(code) or {}
            row: dict[str, Any] = {"code": code, "language": name}
            for part in ("subject", "body"):
                key = f"{part}-{code}"
                row[f"{part}_key"] = key
                row[part] = self.data.get(key, "") if self.is_bound else one.get(part, "")
            row["is_open"] = bool(row["subject"] or row["body"]) or code in {"zh-Hant", "en"}
            rows.append(row)
        return sorted(rows, key=lambda row: not row["is_open"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for row in self.language_rows():
            if bool(row["subject"].strip()) != bool(row["body"].strip()):
                told = _("%(language)s needs a subject and a text.")
                self.add_error(None, told % {"language": row["language"]})
            if len(row["body"]) > TEXT_MAX:
                self.add_error(None, _("The text is too long."))
            try:
                filling.check(row["subject"] + row["body"])
            except filling.UnknownWords as problem:
                told = _("No placeholder is called %(words)s.")
                names = formats.listed(f"{{{one}}}" for one in problem.words)
                self.add_error(None, told % {"words": names})
        return cleaned

    def texts(self) -> dict[str, dict[str, str]]:
        return {
            row["code"]: {"subject": row["subject"], "body": row["body"]}
            for row in self.language_rows()
        }


class MailForm(forms.Form):
    """A mail to one customer."""

    to = forms.ChoiceField(label=gettext_lazy("To"))
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    text = forms.CharField(
        label=pgettext_lazy("of a mail", "Text"),
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 12}),
    )

    def __init__(self, data: Any, *, addresses: list[str], initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        to: Any = self.fields["to"]
        to.choices = [(one, one) for one in addresses]


class ChooseTemplateForm(forms.Form):
    """Which template goes to many."""

    def __init__(self, data: Any, *, templates: list[MailTemplate]) -> None:
        super().__init__(data)
        self.fields["template"] = forms.ChoiceField(
            label=_("Template"),
            choices=[(str(one.pk), f"{one.name} ({_spoken(one)})") for one in templates],
        )


def _spoken(template: MailTemplate) -> str:
    return formats.listed(language_name(code) for code in template.texts)
