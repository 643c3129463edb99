"""What comes into the mailbox: replies, copies of what people sent elsewhere, and bounces."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from paceline.crm import actions as crm
from paceline.crm.models import ActivityKind, Contact, ContactPoint, Direction, Lead, PointKind
from paceline.crm.models.timeline import TEXT_MAX
from paceline.crm.sequels import Forgotten
from paceline.files.actions import remove_file, shown_name, store_file
from paceline.files.models import StoredFile
from paceline.files.queries import is_held
from paceline.kernel import audit
from paceline.live.actions import publish_all
from paceline.mail import enclosed, parsing
from paceline.mail.actions.writing import records_of, stop
from paceline.mail.models import Flow, Mail, MailFile, MailServer, MailState, StopKind
from paceline.mail.parsing import Incoming
from paceline.notifications.actions import notify
from paceline.org.models import Person

COPY = "c"


def copy_address(replies_to: str, person: Person) -> str:
    """Where somebody sends copies of what they write elsewhere: theirs alone, not to be guessed.
    Made of the server's address for replies; empty where it has none."""
    if not replies_to:
        return ""
    return parsing.with_plus(replies_to, f"{COPY}{person.pk}-{_proof(person.pk)}")


def _proof(pk: int) -> str:
    key = f"mail copies {settings.SECRET_KEY}".encode()
    return hmac.new(key, str(pk).encode(), sha256).hexdigest()[:16]


@transaction.atomic
def take_message(  # noqa: PLR0911 - one answer a kind
    *, raw: bytes, server: MailServer, at: datetime
) -> str:
    """Take one raw message in. Returns what it was: ``bounce``, ``reply``, ``copy``, ``mail`` of
    a known customer, ``again``, or ``unknown`` and ``automatic``, of which nothing is kept."""
    mail = parsing.read(raw)
    if mail.bounce is not None:
        return _bounced(mail, server, at)
    if mail.message_id and Mail.objects.filter(message_id=mail.message_id).exists():
        return "again"
    tags = _tags(mail, server)
    writer = next((one for one in map(_copying, tags) if one is not None), None)
    if writer is not None:
        return _copied(mail, writer, at)
    if mail.is_automatic:
        return "automatic"
    answered = _answered(mail, tags)
    if answered is not None:
        _keep(mail, answered, Flow.IN, None, at)
        return "reply"
    known = _customer(mail.sender)
    if known is None:
        return "unknown"
    _keep(mail, known, Flow.IN, None, at)
    return "mail"


def _tags(mail: Incoming, server: MailServer) -> list[str]:
    """What stands after the plus in addresses of ours."""
    name, _tag, domain = parsing.split_plus(server.reply_address.lower())
    found = (parsing.split_plus(one) for one in mail.addressed)
    return [tag for local, tag, host in found if tag and (local, host) == (name, domain)]


def _copying(tag: str) -> Person | None:
    """Whose copies come to an address with this tag."""
    pk, _sign, proof = tag.removeprefix(COPY).partition("-")
    if not tag.startswith(COPY) or not pk.isdecimal() or len(pk) > 18:
        return None
    if not hmac.compare_digest(proof, _proof(int(pk))):
        return None
    return Person.objects.filter(pk=int(pk)).first()


def _answered(mail: Incoming, tags: list[str]) -> Mail | None:
    """The mail that this one answers: by the address it was sent to, else by its references."""
    rows = Mail.objects.select_related("contact__company", "lead", "deal", "person", "thread")
    by_tag = rows.filter(token__in=tags).first() if tags else None
    if by_tag is not None or not mail.references:
        return by_tag
    known = {one.message_id: one for one in rows.filter(message_id__in=mail.references)}
    return next((known[one] for one in mail.references if one in known), None)


def _customer(address: str, seen_by: Person | None = None) -> Any:
    """The contact, else the lead, with an address; the latest changed of several."""
    if not address:
        return None
    points = ContactPoint.objects.filter(kind=PointKind.EMAIL, normalised=address)
    for model, kind in ((Contact, "contact"), (Lead, "lead")):
        rows = model.objects.all() if seen_by is None else model.objects.visible_to(seen_by)
        rows = rows.kept().filter(pk__in=points.filter(**{f"{kind}__isnull": False}).values(kind))
        found = rows.order_by("-changed_at").first()
        if found is not None:
            return found
    return None


def _copied(mail: Incoming, writer: Person, at: datetime) -> str:
    """What somebody wrote to a customer from their own mail program, with a copy to us; or what
    they passed on."""
    writer.acting_on = at.date()
    for address in [*mail.recipients, mail.sender]:
        known = _customer(address, writer)
        if known is not None:
            flow = Flow.IN if address == mail.sender else Flow.OUT
            _keep(mail, known, flow, writer, at)
            return "copy"
    return "unknown"


def _keep(mail: Incoming, of: Any, flow: str, by: Person | None, at: datetime) -> Mail:
    """A mail of a record, or an answer to a mail; it stands in the timeline."""
    answers = of if isinstance(of, Mail) else None
    kept = Mail(
        flow=flow, token=secrets.token_hex(10), state=MailState.RECEIVED, made_at=at,
        message_id=mail.message_id or f"<{secrets.token_hex(10)}@unnamed.invalid>", person=by,
        from_address=mail.sender, to_address=", ".join(mail.recipients)[:320],
        subject=mail.subject, text=mail.text, html=mail.html, sent_at=at,
    )  # fmt: skip
    if answers is not None:
        kept.contact, kept.lead = _stayed(answers.contact), _stayed(answers.lead)
        kept.deal = answers.deal
        kept.in_reply_to, kept.thread = answers.message_id, answers.thread or answers
    else:
        setattr(kept, str(of._meta.model_name), of)
    text = mail.text or mail.subject or "…"
    if flow == Flow.IN:
        text = f"{mail.sender_name or mail.sender} <{mail.sender}>\n\n{text}"[:TEXT_MAX]
    kept.activity = crm.add_activity(
        on=records_of(kept), kind=ActivityKind.MAIL, by=by, at=at,
        facts={"subject": mail.subject, "text": text,
               "direction": Direction.IN if flow == Flow.IN else Direction.OUT},
    )  # fmt: skip
    kept.save()
    _keep_files(kept, mail, by, at)
    audit.record("mail_logged", subject=kept, by=by, at=at, after={"flow": flow})
    publish_all(["mail"], "received", str(kept.pk))
    if flow == Flow.IN:
        _tell(kept, None if answers is None else answers.person, by, at)
    return kept


def _keep_files(kept: Mail, mail: Incoming, by: Person | None, at: datetime) -> None:
    """What came with a mail hangs on it; of what is not kept its name and the reason."""
    rows = []
    for one in enclosed.judge(mail.files):
        file = None
        if not one.why:
            file = store_file(one.file.content, name="mail attachment",
                              media_type=one.file.media_type, by=by, at=at)  # fmt: skip
        rows.append(
            MailFile(mail=kept, file=file, name=shown_name(one.file.name),
                     size=len(one.file.content), refused=one.why)
        )  # fmt: skip
    MailFile.objects.bulk_create(rows)


def _stayed(record: Any) -> Any:
    """The record into which one was merged, and that perhaps into another."""
    while record is not None and record.merged_into is not None:
        record = record.merged_into
    return record


def _tell(mail: Mail, writer: Person | None, by: Person | None, at: datetime) -> None:
    """Whoever wrote what was answered, and whoever looks after the customer."""
    record: Any = mail.deal or mail.contact or mail.lead
    people = {one.pk: one for one in (writer, record.owner) if one is not None and one != by}
    seeing = [
        one for one in people.values() if Mail.objects.visible_to(one).filter(pk=mail.pk).exists()
    ]
    notify(recipients=seeing, kind="mail_answered", params={}, url=f"/mail/{mail.pk}", at=at)


def _bounced(mail: Incoming, server: MailServer, at: datetime) -> str:
    """A report that a mail of ours did not arrive. Only one that names a mail of ours counts."""
    bounce = mail.bounce
    rows = Mail.objects.select_for_update(of=("self",)).filter(flow=Flow.OUT)
    by_id = Q(message_id=bounce.message_id) if bounce and bounce.message_id else Q(pk__in=())
    found = rows.filter(by_id | Q(token__in=_tags(mail, server))).select_related("person").first()
    if found is None or bounce is None:
        return "unknown"
    if not bounce.is_final:
        return "bounce"
    if found.bounced_at is None:
        found.bounced_at, found.problem = at, bounce.code
        found.save(update_fields=["bounced_at", "problem"])
        stop(found.to_address, StopKind.BOUNCED, at, bounce.code)
        audit.record("mail_bounced", subject=found, by=None, at=at, after={"code": bounce.code})
        publish_all(["mail"], "bounced", str(found.pk))
        if found.person is not None:
            notify(recipients=[found.person], kind="mail_bounced", params={},
                   url=f"/mail/{found.pk}", at=at)  # fmt: skip
    return "bounce"


@transaction.atomic
def note_poll(
    *, uid_validity: int | None = None, last_uid: int | None = None, problem: str = "", at: datetime
) -> None:
    """How far the mailbox was read, or why it was not."""
    facts: dict[str, Any] = {"polled_at": at, "problem": problem}
    if last_uid is not None:
        facts |= {"uid_validity": uid_validity, "last_uid": last_uid}
    MailServer.objects.filter(pk=1).update(**facts)


def forget(forgotten: Forgotten) -> dict[str, int]:
    """The mails of a person who is erased lose everything but that there was one."""
    theirs = Q(contact=forgotten.contact) | Q(lead__in=forgotten.leads)
    rows = Mail.objects.filter(theirs | Q(deal__in=forgotten.deals))
    rows.filter(state=MailState.QUEUED).update(state=MailState.DROPPED, next_at=None)
    gone = rows.update(
        from_address="", to_address="", subject="", text="", html="", problem="", language=""
    )
    return {"mails": gone, "mail_files": _forget_files(rows, forgotten.at)}


def _forget_files(rows: Any, at: datetime) -> int:
    """Files of the mails go with their bytes, unless the same bytes hang on something else."""
    theirs = MailFile.objects.filter(mail__in=rows.order_by().values("pk"))
    stored = list(StoredFile.objects.filter(pk__in=theirs.values("file")))
    gone = theirs.delete()[0]
    for file in stored:
        if not is_held(file):
            remove_file(file=file, at=at)
    return gone
