"""What open pages of this app follow, who may follow it, and how people are told of things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from paceline.crm.models import MODELS, Deal, Pipeline, Record
from paceline.live import presence, topics
from paceline.live import wording as work
from paceline.notifications import wording
from paceline.org.models import Person

LISTS = {"company": "companies", "contact": "contacts", "lead": "leads", "deal": "deals"}


def register() -> None:
    """Register topics, presence and sentences; called once at start."""
    for kind, plural in LISTS.items():
        topics.register(kind, _sees(MODELS[kind]))
        topics.register(plural, topics.is_whole_list)
        presence.register(kind, _sees(MODELS[kind]))
    topics.register("duplicates", topics.is_whole_list)
    topics.register("customer-orders", topics.is_whole_list)
    topics.register("board", _sees(Pipeline))
    work.word_work("crm_batch", _("Changing many records"))
    work.word_steps("crm_batch", {"changing": _("Changing records")})
    wording.register(
        "crm_assigned", _("%(who)s gave you a record to look after."), icon="user-check"
    )
    wording.register("crm_mentioned", _("%(who)s mentioned you in a note."), icon="at")
    wording.register("crm_followed", _("%(who)s changed a record that you follow."), icon="bell")
    wording.register("crm_task", _("%(who)s gave you a task."), icon="checkbox")


def _sees(model: Any) -> Callable[[Person, str], bool]:
    def may(person: Person, ref: str) -> bool:
        return ref.isdecimal() and model.objects.visible_to(person).filter(pk=ref).exists()

    return may


def topics_of(record: Record) -> list[str]:
    """What pages follow that show this record, alone or in a list."""
    kind = record._meta.model_name or ""
    found = [f"{kind}:{record.pk}", LISTS[kind]]
    if isinstance(record, Deal):
        found.append(f"board:{record.pipeline_id}")
        found += [f"company:{record.company_id}"] if record.company_id else []
        found += [f"contact:{record.contact_id}"] if record.contact_id else []
    return found
