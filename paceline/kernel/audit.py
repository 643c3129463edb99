"""The audit trail: one append-only line for every action, written in the action's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _


class Actor(Protocol):
    """Whoever acts: a person with an id and a name that outlives renaming."""

    pk: Any

    def __str__(self) -> str: ...


class AuditEntry(models.Model):
    """Who did what to which thing, when, what changed, and why.

    The database refuses changes and deletions (triggers in the first migration). The actor is kept
    by id and by name as it then was, because this table lies below the one that holds people.
    """

    at = models.DateTimeField(_("when"), db_index=True)
    actor_id = models.BigIntegerField(_("actor"), null=True, db_index=True)
    actor_name = models.CharField(_("who"), max_length=200)
    action = models.CharField(_("what"), max_length=80, db_index=True)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=60)
    subject_name = models.CharField(max_length=300)
    before = models.JSONField(_("before"), null=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(_("after"), null=True, encoder=DjangoJSONEncoder)
    reason = models.TextField(_("why"), blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["subject_kind", "subject_id"], name="audit_subject"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name}: {self.action} {self.subject_name}"


def record(
    action: str,
    *,
    subject: models.Model,
    by: Actor | None,
    at: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Write one audit line. ``action`` is past tense (``statement_released``).

    ``by`` is ``None`` only for the installation itself (first set-up).
    """
    return AuditEntry.objects.create(
        at=at,
        actor_id=None if by is None else by.pk,
        actor_name="Paceline" if by is None else _name_of(by),
        action=action,
        subject_kind=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_name=str(subject)[:300],
        before=None if before is None else dict(before),
        after=None if after is None else dict(after),
        reason=reason,
    )


def record_all(
    action: str,
    *,
    subjects: Sequence[models.Model],
    by: Actor | None,
    at: datetime,
    after: Sequence[Mapping[str, Any]],
) -> None:
    """The same line for many things that were changed alike, in one statement."""
    name = "Paceline" if by is None else _name_of(by)
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=at,
            actor_id=None if by is None else by.pk,
            actor_name=name,
            action=action,
            subject_kind=one._meta.label_lower,
            subject_id=str(one.pk),
            subject_name=str(one)[:300],
            after=dict(facts),
        )
        for one, facts in zip(subjects, after, strict=True)
    )


def _name_of(actor: Actor) -> str:
    """Who acted; and through which token, if a program did it for them."""
    through = getattr(actor, "acting_through", "")
    return f"{str(actor)[:180]} · {through}…" if through else str(actor)[:200]
