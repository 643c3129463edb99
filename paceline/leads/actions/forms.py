"""Making forms, and taking in what is sent by them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from paceline.crm import actions as crm
from paceline.crm.actions import recording
from paceline.crm.actions.customers import was_erased
from paceline.crm.models import (
    OPEN_STATUSES,
    ActivityKind,
    ConsentChannel,
    Contact,
    ContactPoint,
    CustomField,
    Direction,
    Lead,
)
from paceline.crm.points import normalise
from paceline.crm.sequels import Forgotten
from paceline.kernel import audit
from paceline.leads import sent, texts
from paceline.leads.actions.clock import start_clock
from paceline.leads.actions.routing import tell_leads
from paceline.leads.models import ConsentText, Submission, SubmissionState, WebForm
from paceline.leads.sent import Given
from paceline.live.actions import publish_all
from paceline.org.models import Person, Team

SAME_WITHIN = timedelta(hours=1)
COUNTED_WITHIN = timedelta(minutes=10)
PER_ADDRESS, PER_FORM = 5, 60
HELD_FOR = timedelta(days=30)
FORMS_MAX = 50
ORIGINS_MAX = 20
FACTS = ("name", "company_name", "title", "country", "territory", "interest", "message")


class TooOften(Exception):
    """More was sent from this address, or by this form, than a person sends."""


class AnswersInvalid(Exception):
    """Some answers cannot be so; ``errors``: a code by name. Nothing was kept."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(str(dict(errors)))
        self.errors = dict(errors)


class TooManyForms(Exception):
    """A team has at most ``FORMS_MAX`` forms."""


class NotHeld(Exception):
    """This was released or discarded before."""


@transaction.atomic
def add_form(
    *,
    team: Team,
    name: str,
    languages: Sequence[str],
    fields: Sequence[Mapping[str, Any]],
    by: Person | None,
    at: datetime,
) -> WebForm:
    """A new form of a team. Raises ``TooManyForms``."""
    if WebForm.objects.filter(team=team).count() >= FORMS_MAX:
        raise TooManyForms
    form: WebForm = WebForm.objects.create(
        team=team, key=secrets.token_urlsafe(16), name=name.strip(), languages=list(languages),
        fields=list(fields), made_by=by, made_at=at,
    )  # fmt: skip
    audit.record("form_added", subject=form, by=by, at=at, after={"team": team.pk})
    return form


@transaction.atomic
def change_form(
    *, form: WebForm, facts: Mapping[str, Any], by: Person | None, at: datetime
) -> WebForm:
    """Change what a form asks and says, who may send to it, and how much work it asks for."""
    found: WebForm = WebForm.objects.select_for_update().get(pk=form.pk)
    for name, value in facts.items():
        setattr(found, name, value)
    recording.check(found, ["name", "source", "languages", "origins"])
    found.save(update_fields=list(facts))
    audit.record("form_changed", subject=found, by=by, at=at, after={"fields": sorted(facts)})
    return found


@transaction.atomic
def set_consent_text(
    *,
    form: WebForm,
    texts: Mapping[str, str],
    channel: ConsentChannel,
    purpose: str,
    is_required: bool,
    by: Person | None,
    at: datetime,
) -> ConsentText | None:
    """What is agreed to from now on: a new version where anything differs from the last one.

    Without a text in any language nothing is asked for any more.
    """
    WebForm.objects.select_for_update().get(pk=form.pk)
    last = form.consent_texts.order_by("-version").first()
    said = {code: text.strip() for code, text in texts.items() if text.strip()}
    facts = {
        "texts": said, "channel": channel, "purpose": purpose.strip(), "is_required": is_required,
    }  # fmt: skip
    if last is not None and all(getattr(last, name) == value for name, value in facts.items()):
        return last
    if last is None and not said:
        return None
    made = ConsentText(
        form=form, version=1 if last is None else last.version + 1, made_by=by, made_at=at, **facts
    )
    if said:
        recording.check(made, ["channel", "purpose"])
    made.save()
    audit.record(
        "consent_text_changed", subject=form, by=by, at=at, after={"version": made.version}
    )
    return made


@transaction.atomic
def close_form(*, form: WebForm, is_closed: bool, by: Person | None, at: datetime) -> None:
    """Take nothing in by this form any more; or again."""
    found = WebForm.objects.select_for_update().get(pk=form.pk)
    found.closed_at = at if is_closed else None
    found.save(update_fields=["closed_at"])
    audit.record("form_closed" if is_closed else "form_opened", subject=found, by=by, at=at)


@transaction.atomic
def take_in(*, form: WebForm, given: Given, at: datetime) -> Submission:
    """Take in what was sent by a form; what shows signs of a machine waits in quarantine.

    The same content within an hour is counted and has no further effect. The form's row is locked,
    so that two posts at once are no way around that or the limits. Raises ``AnswersInvalid`` and
    ``TooOften``; then nothing was kept.
    """
    form = WebForm.objects.select_for_update().get(pk=form.pk)
    checked = sent.check(form.fields, given.values)
    text = form.consent_texts.order_by("-version").first()
    text = text if text is not None and text.texts else None
    if text is not None and text.is_required and not given.consents:
        checked.errors["consent"] = "required"
    if not checked.errors and not checked.values.get("name") and not sent.points_of(checked.values):
        checked.errors["name"] = "required"
    if checked.errors:
        raise AnswersInvalid(checked.errors)
    digest = sent.content_digest(form.key, checked.values)
    lately = Submission.objects.filter(form=form, at__gt=at - SAME_WITHIN)
    same: Submission | None = lately.filter(content_digest=digest).order_by("-pk").first()
    if same is not None:
        Submission.objects.filter(pk=same.pk).update(repeats=F("repeats") + 1)
        return same
    address = sent.keyed(form.key, given.address) if given.address else ""
    recent = lately.filter(at__gt=at - COUNTED_WITHIN)
    if address and recent.filter(address_digest=address).count() >= PER_ADDRESS:
        raise TooOften
    if recent.count() >= PER_FORM:
        raise TooOften
    reasons = sent.signs(form.key, given, checked.values, form.work_bits, at)
    used = sent.keyed(form.key, given.token) if given.token else ""
    if used and Submission.objects.filter(form=form, token_digest=used).exists():
        reasons.append("used_token")
    if given.is_from_elsewhere:
        reasons.append("origin")
    language = given.language if given.language in form.languages else form.languages[0]
    submission: Submission = Submission.objects.create(
        form=form, at=at, state=SubmissionState.HELD, reasons=reasons, language=language,
        values=checked.values, content_digest=digest, address_digest=address, token_digest=used,
        consent_text=text if given.consents else None,
    )  # fmt: skip
    if not reasons:
        _become(submission, SubmissionState.TAKEN, by=None, at=at)
    publish_all(["submissions"], "sent", str(submission.pk))
    return submission


@transaction.atomic
def release(*, submission: Submission, by: Person, at: datetime) -> Submission:
    """A person has looked at it: it becomes a lead or belongs to a contact. Raises ``NotHeld``."""
    found = _held(submission)
    _become(found, SubmissionState.RELEASED, by=by, at=at)
    audit.record("submission_released", subject=found.form, by=by, at=at, after={"id": found.pk})
    publish_all(["submissions"], "released", str(found.pk))
    return found


@transaction.atomic
def discard(*, submission: Submission, by: Person, at: datetime) -> None:
    """It is nothing; its content goes. Raises ``NotHeld``."""
    found = _held(submission)
    _forget([found], by, at)
    audit.record("submission_discarded", subject=found.form, by=by, at=at, after={"id": found.pk})
    publish_all(["submissions"], "discarded", str(found.pk))


def _held(submission: Submission) -> Submission:
    found: Submission = (
        Submission.objects.select_for_update(of=("self",))
        .select_related("form__team", "consent_text")
        .get(pk=submission.pk)
    )
    if found.state != SubmissionState.HELD:
        raise NotHeld(found)
    return found


@transaction.atomic
def discard_old(*, at: datetime) -> int:
    """What nobody looked at for a month goes; returns how much."""
    rows = Submission.objects.select_for_update().filter(
        state=SubmissionState.HELD, at__lt=at - HELD_FOR
    )
    return _forget(list(rows[:1000]), None, at)


def _forget(rows: Sequence[Submission], by: Person | None, at: datetime) -> int:
    for one in rows:
        one.state, one.values, one.address_digest = SubmissionState.DISCARDED, {}, ""
        one.decided_by, one.decided_at = by, at
    return Submission.objects.bulk_update(
        rows, ["state", "values", "address_digest", "decided_by", "decided_at"]
    )


def _become(submission: Submission, state: str, *, by: Person | None, at: datetime) -> None:
    """A known contact or a lead that waits learns what was asked; else there is a new lead."""
    form, values = submission.form, submission.values
    contact = _known(form.team, values, Contact.objects.kept())
    lead = None
    if contact is None:
        lead = _known(form.team, values, Lead.objects.kept().filter(status__in=OPEN_STATUSES))
    if contact is None and lead is None:
        lead = _new_lead(submission, at)
    else:
        _add_to(submission, contact or lead, at)
    submission.contact, submission.lead = contact, lead
    holder: Any = contact or lead
    if submission.consent_text is not None:
        submission.consent = _consent(submission, submission.consent_text, holder, at)
    submission.state, submission.values = state, {}
    submission.decided_by, submission.decided_at = by, at
    submission.save(
        update_fields=["contact", "lead", "consent", "state", "values", "decided_by", "decided_at"]
    )


def _known(team: Team, values: Mapping[str, str], rows: Any) -> Any:
    """The record of the team that has one of the ways to reach the sender; the latest changed."""
    wanted = Q(pk__in=())
    for one in sent.points_of(values):
        wanted |= Q(kind=one.kind, normalised=normalise(one.kind, one.value, _country(values)))
    kind = str(rows.model._meta.model_name)
    points = ContactPoint.objects.filter(wanted, **{f"{kind}__isnull": False})
    found = rows.filter(team=team, pk__in=points.values(kind)).order_by("-changed_at")
    return found.select_related("owner").first()


def _country(values: Mapping[str, str]) -> str:
    return values.get("country", "")


def _new_lead(submission: Submission, at: datetime) -> Lead:
    form, values = submission.form, submission.values
    facts: dict[str, Any] = {name: values[name] for name in FACTS if values.get(name)}
    facts.setdefault("name", values.get("email") or values.get("mobile") or "?")
    own = _own_values(form, values)
    return crm.add_lead(
        team=form.team,
        facts={**facts, "source": form.source, "source_detail": form.name,
               "languages": [submission.language], "custom": own},
        points=sent.points_of(values), after_erasure=True, by=None, at=at,
    )  # fmt: skip


def _own_values(form: WebForm, values: Mapping[str, str]) -> dict[str, str]:
    """Answers for the team's own fields that are still in use."""
    wanted = {name.removeprefix("custom:"): text for name, text in values.items() if ":" in name}
    known = CustomField.objects.filter(team=form.team, of="lead", retired_at=None, pk__in=wanted)
    return {one.key: wanted[one.key] for one in known}


def _add_to(submission: Submission, record: Any, at: datetime) -> None:
    """What a known customer asked stands in the timeline; whoever looks after them is told."""
    form, values = submission.form, submission.values
    labels = {one["name"]: texts.label_of(one, submission.language) for one in form.fields}
    said = [f"{labels[name]}: {text}" for name, text in values.items() if name not in sent.POINTS]
    crm.add_activity(
        on=crm.On.record(record), kind=ActivityKind.NOTE, by=None, at=at,
        facts={"subject": form.name, "text": "\n".join(said), "direction": Direction.IN},
    )  # fmt: skip
    start_clock(holder=record, channel=form.source, at=at)
    if record.owner is not None and record.owner.employments.on(at.date()).exists():
        recording.tell(record, [record.owner], "lead_asked", by=None, at=at)
    else:
        tell_leads(record=record, sentence="lead_asked", at=at)


def _consent(submission: Submission, text: ConsentText, holder: Any, at: datetime) -> Any:
    source = f"{submission.form.name[:120]}, {text.version} ({submission.language})"
    try:
        return crm.record_consent(
            holder=holder, channel=ConsentChannel(text.channel), purpose=text.purpose,
            source=source, given_at=submission.at, by=None, at=at,
        )  # fmt: skip
    except crm.ConsentStands:
        return holder.consents.filter(
            channel=text.channel, purpose__iexact=text.purpose, withdrawn_at__isnull=True
        ).first()


def forget(forgotten: Forgotten) -> dict[str, int]:
    """What is kept here of a person who is erased: called by crm in the same transaction."""
    theirs = Q(lead__in=forgotten.leads) | Q(contact=forgotten.contact)
    Submission.objects.filter(theirs).update(values={}, address_digest="", content_digest="")
    held = [
        one
        for one in Submission.objects.filter(state=SubmissionState.HELD)
        if was_erased(sent.points_of(one.values), _country(one.values))
    ]
    return {"submissions": _forget(held, None, forgotten.at)}
