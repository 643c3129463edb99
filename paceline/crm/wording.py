"""Refusals, conflicts and changes of this app in sentences that say what is and what to do."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.crm import actions
from paceline.crm.forms.choices import language_name
from paceline.crm.forms.records import field_label
from paceline.crm.models import (
    TEXT_MAX,
    ContributorKind,
    LeadStatus,
    Lifecycle,
    Reach,
    Source,
)
from paceline.kernel import formats
from paceline.kernel.countries import country_name
from paceline.orders.actions import LineDayIsClosed, SharedByFile

REFUSALS = (
    actions.AlreadyErased,
    actions.BatchUndone,
    actions.OptionsMissing,
    actions.TooManyFields,
    actions.TooManyRecords,
    actions.TooManyViews,
    actions.AmountMissing,
    actions.ConsentIsWithdrawn,
    actions.ConsentStands,
    actions.CriteriaUnmet,
    actions.DealIsCredited,
    actions.DealMovedMeanwhile,
    actions.FactsInvalid,
    actions.FeedbackIsSettled,
    actions.LastStageOfItsKind,
    actions.LeadIsConverted,
    actions.LostReasonMissing,
    actions.NameTaken,
    actions.NotATask,
    actions.NothingSaid,
    LineDayIsClosed,
    SharedByFile,
    actions.DealNotWon,
    actions.OrderIsLinked,
    actions.OrderUnknown,
    actions.OwnerMissing,
    actions.PersonTwice,
    actions.RecordIsArchived,
    actions.ShareTooLarge,
    actions.SharesNotWhole,
    actions.StageHasDeals,
    actions.TooManySegments,
    actions.StageIsElsewhere,
    actions.TextTooLong,
    actions.TooMany,
    actions.TooManyPoints,
    actions.TooManyStages,
    actions.TooManyTags,
    actions.WasErased,
)


def refusal(problem: Exception) -> str:  # noqa: PLR0911 - one sentence each
    """One refused action in the reader's language."""
    if isinstance(problem, actions.CriteriaUnmet):
        todo = " ".join(f"{one.stage.name}{formats.colon()}{one.text}" for one in problem.unmet)
        return _("The deal cannot go on yet. %(todo)s") % {"todo": todo}
    if isinstance(problem, actions.DealMovedMeanwhile):
        move = problem.change
        return _("%(who)s moved this deal to “%(stage)s” at %(when)s. Nothing was changed.") % {
            "who": "Paceline" if move.by is None else move.by.name,
            "stage": move.to_stage.name,
            "when": formats.moment(move.at),
        }
    if isinstance(problem, actions.FactsInvalid):
        return " ".join(text for texts in problem.errors.values() for text in texts)
    if isinstance(problem, actions.SharesNotWhole):
        return _("All shares but those on top make %(total)s; they must make 100 %%.") % {
            "total": formats.percent(problem.total)
        }
    if isinstance(problem, actions.StageHasDeals):
        return ngettext(
            "%(count)d deal is in this stage. Choose where it goes.",
            "%(count)d deals are in this stage. Choose where they go.",
            problem.count,
        ) % {"count": problem.count}
    if isinstance(problem, LineDayIsClosed):
        return _("Order %(number)s lies on %(day)s, which a final pay run has used.") % {
            "number": problem.order_number,
            "day": formats.day(problem.day),
        }
    if isinstance(problem, SharedByFile):
        told = _("The pay desk brought in the shares of order %(number)s; theirs stand.")
        return told % {"number": problem.order_number}
    if isinstance(problem, actions.TextTooLong):
        told = _("The text has %(length)s letters; %(most)s are the most.")
        return told % formats.with_counts({"length": problem.length, "most": TEXT_MAX})
    return str(_plain_refusals()[type(problem)])


def _plain_refusals() -> dict[type[Exception], str]:
    return {
        actions.AlreadyErased: _("This contact was erased before."),
        actions.BatchUndone: _("This was taken back before, or is still under way."),
        actions.OptionsMissing: _("Give the words to choose from, one a line, at most 100."),
        actions.TooManyFields: _("A team has at most 40 fields of its own on a list."),
        actions.TooManyRecords: _("At most 20,000 records are changed at once; narrow the list."),
        actions.TooManySegments: _("You keep as many segments as one can; delete one first."),
        actions.TooManyViews: _("You keep as many views as one can; delete one first."),
        actions.AmountMissing: _("Give the amount before the deal is won."),
        actions.ConsentIsWithdrawn: _("This consent was withdrawn before."),
        actions.ConsentStands: _("This was allowed already."),
        actions.DealIsCredited: _("Orders of this deal were credited, so it stays won."),
        actions.FeedbackIsSettled: _("Somebody settled this already."),
        actions.LastStageOfItsKind: _("A pipeline keeps an open, a won and a lost stage."),
        actions.LeadIsConverted: _("This lead was converted before."),
        actions.LostReasonMissing: _("Say why the deal was lost."),
        actions.NameTaken: _("This name is taken already."),
        actions.NotATask: _("Only a task can be done."),
        actions.NothingSaid: _("Write something first."),
        actions.DealNotWon: _("Only a won deal credits anybody."),
        actions.OrderIsLinked: _("The order belongs to another customer or deal."),
        actions.OrderUnknown: _("No order has this number."),
        actions.OwnerMissing: _("Exactly one of those who share is the owner."),
        actions.PersonTwice: _("Somebody stands here twice."),
        actions.RecordIsArchived: _("The record was put away meanwhile."),
        actions.ShareTooLarge: _("A share is at most 100 %, on top as well."),
        actions.StageIsElsewhere: _("This stage is not in use any more, or of another pipeline."),
        actions.TooMany: _("These are more than a deal can have."),
        actions.TooManyPoints: _("These are too many phones and addresses."),
        actions.TooManyStages: _("A pipeline has at most 30 stages."),
        actions.TooManyTags: _("A record has at most 40 tags."),
        actions.WasErased: _(
            "Somebody with this phone or address was erased under data-protection law. "
            "Add them without it, unless they came back by themselves."
        ),
    }


def put_into(form: forms.Form, problem: Exception) -> None:
    """A refusal beside the fields it is about, or above the form."""
    if isinstance(problem, actions.FactsInvalid):
        for name, texts in problem.errors.items():
            form.add_error(name if name in form.fields else None, texts)
    else:
        form.add_error(None, refusal(problem))


def conflicts(kind: str, problem: actions.ChangedMeanwhile) -> list[dict[str, Any]]:
    """Each field that two people changed: what the other wrote, when, and what one wrote."""
    return [
        {
            "name": one.field,
            "label": field_label(kind, one.field),
            "theirs": field_value(one.field, one.theirs),
            "mine": field_value(one.field, one.mine),
            "by": one.by,
            "at": one.at,
        }
        for one in problem.conflicts
    ]


CHOICES: dict[str, Any] = {
    "lifecycle": Lifecycle.choices,
    "source": Source.choices,
    "reach": Reach.choices,
    "status": LeadStatus.choices,
}


def field_value(name: str, value: Any) -> str:  # noqa: PLR0911 - one kind each
    """A kept value in short words."""
    if value in (None, "", []):
        return "–"
    if name in CHOICES:
        return str(dict(CHOICES[name]).get(value, value))
    if name in WORDED:
        return str(WORDED[name](value))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return formats.listed(map(str, value))
    if isinstance(value, dict):
        return formats.listed(str(one) for one in value.values())
    return str(value)[:200]


def _languages(codes: str | list[str]) -> str:
    return formats.listed(map(language_name, [codes] if isinstance(codes, str) else codes))


def _day(value: date | str) -> str:
    return formats.day(value if isinstance(value, date) else date.fromisoformat(value))


def _points(rows: list[list[str]]) -> str:
    return formats.listed(str(row[1]) for row in rows)


def _lines(rows: list[list[Any]]) -> str:
    return formats.listed(f"{row[0]} × {row[1]}" for row in rows)


def _shares(rows: list[list[Any]]) -> str:
    kinds = dict(ContributorKind.choices)
    return formats.listed(f"{kinds[row[1]]} {formats.percent(Decimal(row[2]))}" for row in rows)


WORDED: dict[str, Any] = {
    "country": country_name,
    "language": _languages,
    "languages": _languages,
    "rating": lambda stars: "★" * int(stars),
    "expected_close_on": _day,
    "next_step_on": _day,
    "points": _points,
    "lines": _lines,
    "shares": _shares,
}


UNTOLD = {
    "owner",
    "company",
    "contact",
    "parent",
    "team",
    "competitors",
    "custom",
    "merged",
    "merged_into",
}


def is_told(name: str) -> bool:
    """Whether a change of the field can be read from the values that were kept."""
    return name not in UNTOLD and ":" not in name


def field_change(name: str, before: Any, after: Any) -> str:
    """What a field said before and says now."""
    was, now = field_value(name, before), field_value(name, after)
    return f"{was} → {now}" if len(was) + len(now) < 160 else ""


def plain(value: Any) -> str:
    """A value as text for a reader."""
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, bool):
        return _("Yes") if value else ""
    if isinstance(value, int | Decimal):
        return formats.number(value)
    return formats.listed(value) if isinstance(value, list) else str(value)


def duration(span: timedelta) -> str:
    """How long something took, in the largest unit that says enough."""
    if span.days >= 1:
        return ngettext("%(count)d day", "%(count)d days", span.days) % {"count": span.days}
    hours = span.seconds // 3600
    if hours:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    minutes = span.seconds // 60
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}


_NAMED = re.compile(r"@\[([^\]\n]{1,120})\]\(\d{1,18}\)")


def without_ids(text: str) -> str:
    """A text with the people named in it by name alone."""
    return _NAMED.sub(r"@\1", text)


def record_of(row: Any) -> tuple[str, Any]:
    """The most particular record that something hangs on."""
    for kind in ("deal", "contact", "lead", "company"):
        record = getattr(row, kind)
        if record is not None:
            return kind, record
    raise LookupError(row.pk)
