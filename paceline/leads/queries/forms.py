"""Forms and what was sent by them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import ngettext

from paceline.kernel.shell import Attention
from paceline.leads.models import ConsentText, Submission, SubmissionState, WebForm
from paceline.org.models import Person


def forms_for(person: Person) -> Any:
    """Forms with how much was taken in and how much waits."""
    rows = WebForm.objects.visible_to(person).select_related("team")
    held = Q(submissions__state=SubmissionState.HELD)
    gone = Q(submissions__state=SubmissionState.DISCARDED)
    return rows.annotate(
        held=Count("submissions", filter=held), taken=Count("submissions", filter=~held & ~gone)
    ).order_by(F("closed_at").asc(nulls_first=True), "name", "id")


def form_by_key(key: str) -> WebForm | None:
    """An open form by its address."""
    return WebForm.objects.filter(key=key, closed_at__isnull=True).first()


def consent_text_of(form: WebForm) -> ConsentText | None:
    """What is asked for now; ``None`` when nothing is."""
    last: ConsentText | None = form.consent_texts.order_by("-version").first()
    return last if last is not None and last.texts else None


def held_for(person: Person) -> QuerySet[Any]:
    """What waits in quarantine of the person's teams, the latest first."""
    rows = Submission.objects.visible_to(person).filter(state=SubmissionState.HELD)
    return rows.select_related("form__team", "consent_text")


def held(count: int) -> Attention:
    """One line for the first page when something waits in quarantine."""
    text = ngettext(
        "%(count)s message of a form waits in quarantine.",
        "%(count)s messages of forms wait in quarantine.",
        count,
    )
    return Attention(text % {"count": count}, reverse("leads:held"), "shield-question", 40)
