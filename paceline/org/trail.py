"""What an act changed, as rows that a reader can compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from paceline.kernel import formats
from paceline.kernel.audit import AuditEntry
from paceline.org.models import Role

VALUE_MAX = 400

FIELDS: dict[str, str | Promise] = {
    "account": gettext_lazy("Account"),
    "address": gettext_lazy("Network address"),
    "amount": gettext_lazy("Amount"),
    "code": pgettext_lazy("short name", "Code"),
    "count": gettext_lazy("Count"),
    "country": gettext_lazy("Country"),
    "currency": gettext_lazy("Currency"),
    "email": gettext_lazy("E-mail address"),
    "ended with it": gettext_lazy("Ended with it"),
    "ends_before": gettext_lazy("Last day"),
    "job_family": gettext_lazy("Job family"),
    "language": gettext_lazy("Language"),
    "latin_name": gettext_lazy("Name in Latin letters"),
    "level": gettext_lazy("Level"),
    "manager": gettext_lazy("Reports to"),
    "authenticator apps": gettext_lazy("Authenticator apps"),
    "may sign in": gettext_lazy("May sign in"),
    "name": gettext_lazy("Name"),
    "number": pgettext_lazy("of a person", "Number"),
    "parent": gettext_lazy("Part of"),
    "person": gettext_lazy("Person"),
    "position": gettext_lazy("Position"),
    "reason": gettext_lazy("Reason"),
    "role": gettext_lazy("Role"),
    "rows": gettext_lazy("Rows"),
    "passkeys": gettext_lazy("Passkeys"),
    "sessions ended": gettext_lazy("Sessions ended"),
    "starts_on": gettext_lazy("From"),
    "team": gettext_lazy("Team"),
    "theme": gettext_lazy("Theme"),
    "time_zone": gettext_lazy("Time zone"),
    "title": gettext_lazy("Title"),
    "total": gettext_lazy("Total"),
    "version": gettext_lazy("Version"),
    "way": gettext_lazy("Signs in with"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after an act; an empty text where there was nothing."""

    label: str
    before: str
    after: str

    @property
    def is_different(self) -> bool:
        return self.before != self.after


def changes(entry: AuditEntry) -> list[Change]:
    """Every field that the entry speaks of, in the order in which it was kept."""
    before: Mapping[str, Any] = entry.before or {}
    after: Mapping[str, Any] = entry.after or {}
    names = list(dict.fromkeys([*before, *after]))
    found = [
        Change(
            label=str(FIELDS.get(name, name.replace("_", " "))),
            before=_shown(name, before.get(name)),
            after=_shown(name, after.get(name)),
        )
        for name in names
    ]
    return [change for change in found if change.before or change.after]


def _shown(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "; ".join(_shown(name, part) for part in value)[:VALUE_MAX]
    if isinstance(value, Mapping):
        parts = [f"{key}: {_shown(key, part)}" for key, part in value.items()]
        return ", ".join(parts)[:VALUE_MAX]
    return _text(name, str(value))


def _text(name: str, text: str) -> str:
    if name == "way" and text == "one click":
        return _("one click, in the demonstration only")
    if name == "role":
        return str(dict(Role.choices).get(text, text))
    if name == "ends_before":
        return _day(text, back=1)
    if name.endswith(("_on", "_before")):
        return _day(text)
    if name.endswith("_at"):
        return _moment(text)
    return text[:VALUE_MAX]


def _day(text: str, back: int = 0) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return formats.day(date.fromordinal(day.toordinal() - back))


def _moment(text: str) -> str:
    try:
        return formats.moment(datetime.fromisoformat(text))
    except ValueError:
        return text
