"""Refusals, conflicts and changes of this app in sentences that say what is and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from paceline.boards import actions
from paceline.boards.actions.labels import OPTIONS_MAX
from paceline.boards.models import TEXT_MAX, Card, CardChange, Recurrence, Trigger, Unit
from paceline.goals.actions import GoalIsClosed
from paceline.kernel import acts, formats

REFUSALS = (
    GoalIsClosed,
    actions.BatchUndone,
    actions.NothingToDo,
    actions.CannotBeUndone,
    actions.CardIsArchived,
    actions.CardIsGone,
    actions.CardMovedMeanwhile,
    actions.ChangedMeanwhile,
    actions.FactsInvalid,
    actions.IsAPart,
    actions.LastArranger,
    actions.LastList,
    actions.LineTooLong,
    actions.ListHasCards,
    actions.ListIsArchived,
    actions.ListIsFull,
    actions.NameTaken,
    actions.NotArchived,
    actions.NotInProject,
    actions.NothingSaid,
    actions.OptionsMissing,
    actions.OrderUnknown,
    actions.PersonCannotSee,
    actions.PersonHasLeft,
    actions.ProjectIsArchived,
    actions.TextTooLong,
    actions.TooMany,
    actions.TooManyLines,
    actions.Waits,
    actions.WaitsInACircle,
)


def refusal(problem: Exception) -> str:  # noqa: C901, PLR0911, PLR0912 - one sentence each
    """One refused action in the reader's language."""
    match problem:
        case actions.FactsInvalid():
            return " ".join(text for texts in problem.errors.values() for text in texts)
        case actions.CardMovedMeanwhile():
            by = problem.change.by if problem.change is not None else None
            told = _("%(who)s moved this card to “%(list)s” meanwhile. Nothing was changed.")
            return told % {"who": "Paceline" if by is None else by.name, "list": problem.to.name}
        case actions.ChangedMeanwhile():
            return _changed(problem)
        case actions.ListIsFull():
            return ngettext(
                "“%(list)s” takes %(limit)d card at once. Finish one there first.",
                "“%(list)s” takes %(limit)d cards at once. Finish one there first.",
                problem.cards.limit or 0,
            ) % {"list": problem.cards.name, "limit": problem.cards.limit}
        case actions.ListHasCards():
            return ngettext(
                "%(count)d card is in this list. Choose where it goes.",
                "%(count)d cards are in this list. Choose where they go.",
                problem.count,
            ) % {"count": problem.count}
        case actions.TooManyLines():
            told = _("These are %(count)s lines. The project has room for %(room)s more cards: it"
                     " takes %(most)s that are not archived. Nothing was added, and your text is"
                     " still here.")  # fmt: skip
            return told % {
                name: formats.number(getattr(problem, name)) for name in ("count", "room", "most")
            }
        case actions.LineTooLong():
            told = _("Line %(number)s is empty or longer than a title may be. Nothing was added.")
            return told % {"number": formats.number(problem.number)}
        case actions.TextTooLong():
            told = _("The text has %(length)s letters; %(most)s are the most.")
            return told % formats.with_counts({"length": problem.length, "most": TEXT_MAX})
        case actions.TooMany():
            return _("There is no room for more here: %(most)s are the most.") % {
                "most": formats.number(problem.most)
            }
        case actions.PersonHasLeft():
            return _("%(person)s does not work here any more.") % {"person": problem.person.name}
        case actions.PersonCannotSee():
            told = _("%(person)s does not see this project. Make them a member first.")
            return told % {"person": problem.person.name}
        case actions.Waits():
            told = _("This card still waits for: %(others)s.")
            return told % {"others": formats.listed(problem.others)}
        case actions.WaitsInACircle():
            told = _("“%(card)s” waits for this card already; they would wait for each other.")
            return told % {"card": problem.on.title}
    return str(_plain_refusals()[type(problem)])


def _changed(problem: actions.ChangedMeanwhile) -> str:
    if not problem.conflicts:
        return _("Somebody else changed this meanwhile. Open the page again to go on from it.")
    one = problem.conflicts[0]
    told = _("%(who)s changed “%(field)s” meanwhile to: %(theirs)s. Nothing was saved.")
    return told % {
        "who": one.by, "field": field_label(one.field),
        "theirs": field_value(one.field, one.theirs, {}),
    }  # fmt: skip


def _plain_refusals() -> dict[type[Exception], str]:
    return {
        GoalIsClosed: _("This goal was closed; it changes no more."),
        actions.BatchUndone: _("This was taken back before."),
        actions.NothingToDo: _("Choose the cards first, and what to do with them."),
        actions.CannotBeUndone: _("This cannot be taken back any more."),
        actions.CardIsArchived: _("This card was archived meanwhile. Nothing was changed."),
        actions.CardIsGone: _("This card was deleted meanwhile. Nothing was changed."),
        actions.IsAPart: _("A subtask has no subtasks, and stands in no list of its own."),
        actions.LastArranger: _("Somebody must stay who may arrange the project."),
        actions.LastList: _("A project keeps at least one list."),
        actions.ListIsArchived: _("This list is not in use any more."),
        actions.NameTaken: _("This name is taken already."),
        actions.NotArchived: _("Archive the card before it is deleted for good."),
        actions.NotInProject: _("This is of another project."),
        actions.NothingSaid: _("Write something first."),
        actions.OptionsMissing: _("Give the words to choose from, one a line, at most %(most)s.")
        % {"most": OPTIONS_MAX},
        actions.OrderUnknown: _("No order has this number."),
        actions.ProjectIsArchived: _("This project was archived. Bring it back to change it."),
    }


def put_into(form: forms.Form, problem: Exception) -> None:
    """A refusal beside the fields it is about, or above the form."""
    if isinstance(problem, actions.FactsInvalid):
        for name, texts in problem.errors.items():
            form.add_error(name if name in form.fields else None, texts)
    else:
        form.add_error(None, refusal(problem))


def field_label(name: str) -> str:
    """A field of a card in words, also of those that are no column."""
    told = {
        "archived": pgettext("card", "archived"),
        "checklist": _("Checklist"),
        "custom": _("Own fields"),
        "done": pgettext("card", "Done"),
        "ends_work": _("Cards here are done"),
        "file": _("File"),
        "labels": _("Labels"),
        "limit": _("Most cards at once"),
        "link": _("Link"),
        "list": pgettext("list of cards", "List"),
        "name": _("Name"),
        "participants": _("Participants"),
        "time": _("Minutes"),
        "waits_for": _("Waits for"),
    }
    if name in told:
        return told[name]
    field: Any = Card._meta.get_field(name)
    label = str(field.verbose_name)
    return label[:1].upper() + label[1:]


Names = Mapping[str, Mapping[Any, str]]


def field_value(name: str, value: Any, names: Names) -> str:  # noqa: PLR0911 - one kind each
    """A kept value in short words; ``names`` are those of lists, labels and people by id, and of
    what links lead to by what is kept of them."""
    if value in (None, "", [], {}):
        return "–"
    if name in {"labels", "participants"}:
        known = names.get(name, {})
        return formats.listed(known[one] for one in value if one in known) or "–"
    if name in {"list", "executor"}:
        return names.get(name, {}).get(value, "–")
    if name == "link":
        kind, named = link_value(str(value)), names.get("link", {}).get(str(value))
        return _("%(kind)s “%(name)s”") % {"kind": kind, "name": named} if named else kind
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if name in {"starts_on", "due_on"}:
        return formats.day(date.fromisoformat(value))
    if name == "due_time":
        return f"{time.fromisoformat(value):%H:%M}"
    if isinstance(value, dict):
        return formats.listed(str(one) for one in value.values())[:200]
    return str(value)[:200]


def link_value(name: str) -> str:
    """What kind of thing a link leads to; an order by its number."""
    kind, _colon, ref = name.partition(":")
    if kind in {"order", "order_number", "order_source"}:
        number = ref.rpartition(":")[2]
        return _("Order %(number)s") % {"number": number} if number else _("Order")
    kinds = {
        "company": _("Company"), "contact": _("Contact"), "deal": _("Deal"),
        "goal": pgettext("what a card is about", "Goal"),
    }  # fmt: skip
    return kinds.get(kind, _("Link"))


def change_title(change: CardChange) -> str:
    return acts.word(change.act)


def change_lines(change: CardChange, names: Names) -> list[str]:
    """What a change said before and says now, a line for each field."""
    if change.act in {"card_added", "card_archived", "card_restored"}:
        return []
    found = []
    for name in dict.fromkeys([*change.after, *change.before]):
        was = field_value(name, change.before.get(name), names)
        now = field_value(name, change.after.get(name), names)
        if name in {"done", "archived"}:
            continue
        if name == "description":
            found.append(field_label(name))
        else:
            found.append(f"{field_label(name)}{formats.colon()}{was} → {now}")
    return found


_NAMED = re.compile(r"@\[([^\]\n]{1,120})\]\(\d{1,18}\)")


def without_ids(text: str) -> str:
    """A text with the people named in it by name alone."""
    return _NAMED.sub(r"@\1", text)


def minutes(count: int) -> str:
    """``95`` → ``1 h 35 min``."""
    hours, rest = divmod(count, 60)
    if not hours:
        return _("%(minutes)s min") % {"minutes": rest}
    if not rest:
        return _("%(hours)s h") % {"hours": hours}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}


def how_often(one: Recurrence) -> str:
    """A recurrence in words: every second week on Monday and Friday at 09:00."""
    counted = {
        Unit.DAY: ngettext("every day", "every %(count)s days", one.every),
        Unit.WEEK: ngettext("every week", "every %(count)s weeks", one.every),
        Unit.MONTH: ngettext("every month", "every %(count)s months", one.every),
        Unit.YEAR: ngettext("every year", "every %(count)s years", one.every),
    }[Unit(one.unit)] % {"count": one.every}
    days = formats.listed(str(WEEKDAYS_ABBR[day]) for day in one.weekdays)
    told = [counted, days, f"{one.at_time:%H:%M}"]
    return " · ".join(part for part in told if part)


def rule_when(rule: Any) -> str:
    """What starts a rule."""
    when = str(Trigger(rule.trigger).label)
    if rule.trigger == Trigger.DUE:
        told = ngettext("%(count)s day before", "%(count)s days before", rule.days_before or 0)
        about = [told % {"count": rule.days_before}]
    else:
        about = [one.name for one in (rule.list, rule.label) if one is not None]
    said = {"when": when, "about": formats.listed(about)}
    return _("%(when)s (%(about)s)") % said if about else when


def rule_step(step: Mapping[str, Any], names: Names) -> str:
    """What a rule does, in words."""
    match step["do"]:
        case "move":
            name = names["list"].get(step["list"], "–")
            return _("move it to “%(list)s”") % {"list": name}
        case "label":
            return _("label it “%(label)s”") % {"label": names["label"].get(step["label"], "–")}
        case "assign":
            return _("give it to %(name)s") % {"name": names["person"].get(step["person"], "–")}
        case "due":
            told = ngettext("due in %(count)s day", "due in %(count)s days", step["days"])
            return told % {"count": step["days"]}
        case "notify":
            return _("tell its people “%(text)s”") % {"text": step["text"]}
    return _("finish it")
