"""Mails of a record, conversations, templates, and the words for a reader."""

from __future__ import annotations

from typing import Any

from babel.core import get_global
from django.core.signing import BadSignature, Signer
from django.db.models import Q, QuerySet
from django.urls import reverse

from paceline.crm.models import ContactPoint, PointKind
from paceline.mail.models import Mail, MailServer, MailTemplate
from paceline.org.models import Person

SHOWN = 20


def _signer() -> Signer:
    """Made when it is needed: only then does it ask for the installation's secret key."""
    return Signer(salt="mail.unsubscribe", sep="~")


def server() -> MailServer | None:
    """The mail server, if one was set."""
    return MailServer.objects.filter(pk=1).first()


def unsubscribe_url(server: MailServer, token: str) -> str:
    """Where the reader of a mail ends mails like it: nobody can make one for another's."""
    path = reverse("mail:unsubscribe", args=[_signer().sign(token)])
    return f"{server.site.rstrip('/')}{path}"


def mail_of_link(signed: str) -> Mail | None:
    """The mail of an unsubscribe link; ``None`` for one that is not ours."""
    try:
        token = _signer().unsign(signed[:120])
    except BadSignature:
        return None
    return Mail.objects.filter(token=token).first()


def mails_of(kind: str, record: Any, person: Person) -> list[Mail]:
    """The mails of a record and of those that were merged into it, the latest first."""
    own = Q(**{kind: record})
    if kind != "deal":
        own |= Q(**{f"{kind}__merged_into": record})
    rows = Mail.objects.visible_to(person).filter(own).exclude(subject="", text="")
    return list(rows.select_related("person").order_by("-made_at", "-id")[:SHOWN])


def shown(person: Person) -> QuerySet[Any]:
    rows = Mail.objects.visible_to(person)
    return rows.select_related("contact__company", "lead", "deal", "person", "thread")


def thread_of(mail: Mail, person: Person) -> list[Mail]:
    """The conversation of a mail, the oldest first."""
    first = mail.thread_id or mail.pk
    rows = Mail.objects.visible_to(person).filter(Q(pk=first) | Q(thread=first))
    rows = rows.select_related("person").prefetch_related("files")
    return list(rows.order_by("made_at", "id")[:100])


def templates_for(person: Person) -> list[MailTemplate]:
    rows = MailTemplate.objects.visible_to(person).select_related("team")
    return list(rows.order_by("name", "id"))


def text_for(template: MailTemplate, record: Any, writer: Person) -> tuple[str, dict[str, str]]:
    """The words of a template in a language of the reader, else in English, else in the first.

    Of whom no language is known, what most speak in their country is taken, else the writer's own.
    """
    spoken = list(getattr(record, "languages", ()) or ())
    if not spoken and getattr(record, "contact", None) is not None:
        spoken = list(record.contact.languages)
    if not spoken:
        spoken = [_spoken_in(getattr(record, "country", "")), _own_language(writer)]
    for code in [*spoken, "en", *template.texts]:
        for near in (str.casefold, _without_script):
            found = next((one for one in template.texts if near(one) == near(code)), None)
            if found is not None:
                return found, template.texts[found]
    return "", {"subject": "", "body": ""}


def _without_script(code: str) -> str:
    """Chinese in the other script is read more easily than English."""
    return code.partition("-")[0].casefold()


def _spoken_in(country: str) -> str:
    likely = get_global("likely_subtags").get(f"und_{country}", "") if country else ""
    language, _underscore, rest = likely.partition("_")
    return f"{language}-{rest.partition('_')[0]}" if language == "zh" else language


def _own_language(writer: Person) -> str:
    return writer.user.language if writer.user is not None else ""


def address_of(record: Any) -> str:
    """The first mail address of whom a record is about."""
    kind = str(record._meta.model_name)
    holder = {"contact": record.contact} if kind == "deal" else {kind: record}
    if None in holder.values():
        return ""
    rows = ContactPoint.objects.filter(**holder, kind=PointKind.EMAIL).order_by("rank", "id")
    return rows.values_list("value", flat=True).first() or ""
