"""The editor: a form and the plan's text side by side, with what the plan pays.

Both edit one document. The browser always sends the text; fields are written into it where they
differ from what they were drawn from (``base``), and buttons change it where they stand.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from paceline.incentives import wording
from paceline.incentives.access import plans as access
from paceline.incentives.actions import plans as actions
from paceline.incentives.calculation import documents
from paceline.incentives.calculation.findings import mended
from paceline.incentives.forms.plan.document import (
    PlanForm,
    changed_by_button,
    changed_by_fields,
    read_form,
)
from paceline.incentives.forms.plans import inside_period_before, mid_period
from paceline.incentives.models import PlanVersion
from paceline.incentives.pay_curves import previews, quota_asked, quota_text
from paceline.incentives.problems import PlainProblem, plain_problems
from paceline.incentives.views.plans.drafts import (
    draft_url,
    get_version_or_404,
    version_url,
)
from paceline.incentives.views.plans.findings import findings_for
from paceline.kernel.pages import go_to, page
from paceline.kernel.periods import YEAR_EARLIEST, YEAR_LATEST, day_in
from paceline.org.models import Person


@dataclass(frozen=True, slots=True)
class Sent:
    """What the browser sent: the text, what the form was drawn from, and who else was here."""

    source: str
    base: str
    effective_from: date | None
    effective_text: str
    lock_version: int
    operation: str
    fields: dict[str, str]
    quota: str

    @classmethod
    def of(cls, request: HttpRequest, version: PlanVersion) -> Sent:
        post = request.POST
        lock = post.get("lock_version", "")
        day = post.get("effective_from", "")
        return cls(
            source=_lines(post.get("source", version.source)),
            base=_lines(post.get("base", version.source)),
            effective_from=day_in(day),
            effective_text=day,
            lock_version=int(lock) if lock.isascii() and lock.isdigit() else 0,
            operation=post.get("op", ""),
            fields={
                name: ", ".join(value for value in values if value) for name, values in post.lists()
            },
            quota=post.get("quota", ""),
        )

    def edited(self) -> str:
        """The text with the changed fields written in and the button's change made."""
        source = changed_by_fields(self.base, self.source, self.fields)
        return changed_by_button(source, self.operation)


def _edited(version: PlanVersion, sent: Sent) -> str:
    """The text as it was sent, with the mend made that was asked for."""
    source = sent.edited()
    verb, _space, key = sent.operation.partition(" ")
    if verb != "mend":
        return source
    return mended(version, source, key, timezone.localdate()) or source


def _lines(text: str) -> str:
    """Browsers send line ends of their own; a text ends with one line end.

    One that is too long for a plan comes back whole: whoever pasted it takes away what is too much.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") or not text else text + "\n"


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The editor of a draft; a POST saves it, or without scripts makes a button's change."""
    person: Person = request.person  # type: ignore[attr-defined]
    version = get_version_or_404(person, code, number)
    if not access.may_write_plans(person):
        raise PermissionDenied
    if not access.may_edit(person, version) and request.method == "GET":
        messages.info(request, _("This text stands still: it was submitted."))
        return go_to(request, version_url(version))
    if request.method == "GET":
        return _editor(request, version, Sent.of(request, version), version.source)
    sent = Sent.of(request, version)
    source = _edited(version, sent)
    if sent.operation not in {"save", "submit"}:
        return _editor(request, version, sent, source)
    return _save(request, version, sent, source)


@require_POST
def preview(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """The editor's parts after an edit: what it pays, what is wrong. Saves nothing."""
    person: Person = request.person  # type: ignore[attr-defined]
    version = get_version_or_404(person, code, number)
    if not access.may_edit(person, version):
        raise PermissionDenied
    sent = Sent.of(request, version)
    context = _context(request, version, sent, _edited(version, sent))
    by_text = request.POST.get("edited") == "text"
    fragment = "after-text" if by_text else "after-fields"
    context["redrawn"] = _names(read_form(sent.base)) != _names(context["form"])
    if sent.operation or "redraw" in request.POST:
        fragment = "editor"
    return page(request, "incentives/plans/editor.html", context, fragment=fragment)


def _save(request: HttpRequest, version: PlanVersion, sent: Sent, source: str) -> HttpResponse:
    person: Person = request.person  # type: ignore[attr-defined]
    notice = ""
    if sent.effective_from is None:
        notice = _("Write the day from which it is effective.")
        if sent.effective_text:
            notice = _("“%(day)s” is no day of the years %(first)s to %(last)s. %(notice)s") % {
                "day": sent.effective_text[:20],
                "first": YEAR_EARLIEST,
                "last": YEAR_LATEST,
                "notice": notice,
            }
        return _editor(request, version, sent, source, notice=notice, status=422)
    try:
        saved = actions.save_draft(
            version=version,
            source=source,
            effective_from=sent.effective_from,
            lock_version=sent.lock_version,
            by=person,
            at=timezone.now(),
        )
    except actions.PlanTextInvalid:
        notice = _(
            "Not saved yet: only a text that is a whole plan is kept as a version. Your text stays"
            " here with what is left to mend."
        )
    except actions.PlanCodeDiffers:
        notice = _("Not saved: the text must keep the plan's code, %(code)s.") % {
            "code": version.plan.code
        }
    except actions.EffectiveMidPeriod as refused:
        notice = mid_period(refused.nearest)
    except actions.EffectiveInsidePeriodBefore as refused:
        notice = inside_period_before(refused)
    except actions.TextStandsStill:
        notice = _("Not saved: the text was submitted meanwhile and stands still.")
    except actions.DraftChangedMeanwhile as refused:
        return _conflict(request, refused.version, sent, source)
    else:
        messages.success(request, _("Draft saved."))
        url = version_url(saved) if sent.operation == "submit" else draft_url(saved)
        return go_to(request, url)
    return _editor(request, version, sent, source, notice=notice, status=422)


def _conflict(request: HttpRequest, version: PlanVersion, sent: Sent, source: str) -> HttpResponse:
    """Someone saved first: both texts, their difference, and the way on. Nothing is lost."""
    last = version.edits.select_related("edited_by").last()
    context = {
        "plan": version.plan,
        "version": version,
        "mine": source,
        "effective_text": sent.effective_text,
        "last": last,
        "differences": list(
            difflib.unified_diff(
                version.source.splitlines(),
                source.splitlines(),
                _("saved"),
                _("yours"),
                lineterm="",
                n=2,
            )
        ),
    }
    return page(request, "incentives/plans/conflict.html", context, status=409)


def _editor(
    request: HttpRequest,
    version: PlanVersion,
    sent: Sent,
    source: str,
    *,
    notice: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {**_context(request, version, sent, source), "notice": notice}
    return page(request, "incentives/plans/editor.html", context, fragment="editor", status=status)


def _context(request: HttpRequest, version: PlanVersion, sent: Sent, source: str) -> dict[str, Any]:
    person: Person = request.person  # type: ignore[attr-defined]
    problems = plain_problems(documents.check(source))
    form = read_form(source, problems)
    quota = quota_asked(sent.quota)
    return {
        "plan": version.plan,
        "version": version,
        "source": source,
        "lines": range(1, source.count("\n") + 1),
        "form": form,
        "placed": list(form.placed()) if form else [],
        "problems": problems,
        "draft_url": draft_url(version),
        "preview_url": reverse(
            "incentives:plan-draft-preview", args=[version.plan.code, version.number]
        ),
        "effective_from": sent.effective_text or version.effective_from.isoformat(),
        "lock_version": sent.lock_version or version.lock_version,
        "is_saved": source == version.source,
        "quota_text": quota_text(quota),
        "most_characters": documents.MAX_CHARACTERS,
        "findings": None
        if problems
        else findings_for(person, version, timezone.localdate(), source),
        **_paid(source, problems, quota),
    }


def _names(form: PlanForm | None) -> list[str]:
    """What a form is made of: a text cleared in its last language becomes one field again."""
    return form.names() if form else []


def _paid(source: str, problems: list[PlainProblem], quota: Decimal) -> dict[str, Any]:
    """What the plan pays, when its text can be read."""
    if problems:
        return {"previews": [], "passages": [], "plan_currency": ""}
    plan = documents.load(source)
    return {
        "previews": previews(plan, lambda _name: quota),
        "passages": wording.read_aloud(plan),
        "plan_currency": plan.currency,
    }
