"""Templates of mails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from paceline.crm.actions import recording
from paceline.kernel import audit
from paceline.mail import filling
from paceline.mail.models import MailTemplate
from paceline.org.models import Person, Team

TEMPLATES_MAX = 200
Texts = Mapping[str, Mapping[str, str]]


class TooManyTemplates(Exception):
    """A team has at most ``TEMPLATES_MAX`` templates."""


@transaction.atomic
def add_template(
    *, team: Team, name: str, is_offer: bool, texts: Texts, by: Person | None, at: datetime
) -> MailTemplate:
    """A new template. Raises ``UnknownWords`` and ``TooManyTemplates``."""
    if MailTemplate.objects.filter(team=team, removed_at=None).count() >= TEMPLATES_MAX:
        raise TooManyTemplates
    template = MailTemplate(
        team=team, name=name.strip(), is_offer=is_offer, texts=_checked(texts), made_by=by,
        made_at=at,
    )  # fmt: skip
    recording.check(template, ["name"])
    template.save()
    audit.record("mail_template_added", subject=template, by=by, at=at)
    return template


@transaction.atomic
def change_template(
    *,
    template: MailTemplate,
    name: str,
    is_offer: bool,
    texts: Texts,
    by: Person | None,
    at: datetime,
) -> MailTemplate:
    """Change a template; mails that were written with it stay as they are."""
    found: MailTemplate = MailTemplate.objects.select_for_update().get(pk=template.pk)
    found.name, found.is_offer, found.texts = name.strip(), is_offer, _checked(texts)
    recording.check(found, ["name"])
    found.save(update_fields=["name", "is_offer", "texts"])
    audit.record("mail_template_changed", subject=found, by=by, at=at)
    return found


@transaction.atomic
def remove_template(*, template: MailTemplate, by: Person | None, at: datetime) -> None:
    """Nobody writes with it any more."""
    template.removed_at = at
    template.save(update_fields=["removed_at"])
    audit.record("mail_template_removed", subject=template, by=by, at=at)


def _checked(texts: Texts) -> dict[str, dict[str, str]]:
    """Languages that say something. Raises ``UnknownWords``."""
    kept = {}
    for code, one in texts.items():
        subject, body = one.get("subject", "").strip(), one.get("body", "").strip()
        if subject or body:
            filling.check(subject + body)
            kept[code] = {"subject": filling.one_line(subject), "body": body}
    return kept
