"""Why something is not carried, and what both sides said, in words that say what to do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from paceline.boards.models import CardList
from paceline.boards.trello import saying
from paceline.boards.trello.models import Conflict, Connection, Twin
from paceline.kernel import formats

REASONS = {
    # Nothing goes on
    "access_refused": gettext_lazy(
        "Trello refuses the token: it was revoked, or has expired. Give a new one."
    ),
    "no_access": gettext_lazy("No token is kept any more. Give a new one."),
    "no_permission": gettext_lazy(
        "The account of the token may not use this board any more (%(status)s)."
    ),
    "board_gone": gettext_lazy(
        "The board was deleted in Trello. The cards stay here. Disconnect, then connect another"
        " board."
    ),
    "board_closed": gettext_lazy(
        "The board is closed in Trello. Open it again there, or disconnect."
    ),
    "project_archived": gettext_lazy(
        "The project was archived. Nothing is carried until it is back."
    ),
    "unreachable": gettext_lazy("Trello does not answer."),
    "failed": gettext_lazy("Trello answers with an error (%(status)s)."),
    "too_busy": gettext_lazy("Trello asks to wait longer: too much was asked of it."),
    "unreadable": gettext_lazy("Trello's answer cannot be read."),
    "unexpected": gettext_lazy("Something unexpected happened. It is tried again."),
    # One thing is not carried
    "refused_there": gettext_lazy("Trello refuses it (%(status)s): %(said)s"),
    "list_gone": gettext_lazy(
        "The list was deleted in Trello. “Compare now” makes it there again."
    ),
    "here_PersonHasLeft": gettext_lazy("Somebody on the card does not work here any more."),
    "here_PersonCannotSee": gettext_lazy("Somebody on the card does not see this project."),
    "here_TooMany": gettext_lazy("There is no room for more here."),
    "here_LastList": gettext_lazy("A project keeps at least one list."),
    "here_ListIsArchived": gettext_lazy("This list is not in use any more."),
    # Messages that were turned away
    "no_signature": gettext_lazy("without signature"),
    "wrong_signature": gettext_lazy("with a wrong signature"),
    "too_large": gettext_lazy("too large"),
    "ended": gettext_lazy("after the connection had ended"),
}
FIELDS = {
    "name": pgettext_lazy("card", "title"),
    "desc": gettext_lazy("description"),
    "list": pgettext_lazy("list of cards", "list"),
    "closed": pgettext_lazy("card", "archived"),
    "due": gettext_lazy("due"),
    "start": pgettext_lazy("card", "start"),
    "done": pgettext_lazy("card", "done"),
    "item": gettext_lazy("item of a checklist"),
}


def reason(code: str, params: Mapping[str, Any]) -> str:
    """A sentence in the reader's language; nothing for no code."""
    if not code:
        return ""
    text = REASONS.get(code)
    if code == "refused_there" and params.get("said") == "list":
        return _("Its list is not in Trello.")
    if text is None:
        return _("It could not be carried.")
    return str(text) % dict(params)


def trouble(twin: Twin) -> str:
    return reason(twin.trouble, twin.trouble_params)


def value(conflict: Conflict, connection: Connection, said: Any, names: Mapping[str, str]) -> str:
    """What a side said, as its reader would write it."""
    if said is None or said == "":
        return "–"
    match conflict.field:
        case "list":
            return names.get(said, "?")
        case "closed" | "done":
            return pgettext("answer", "Yes") if said else pgettext("answer", "No")
        case "due":
            day, at = saying.day_and_time(said, ZoneInfo(connection.project.time_zone))
            return formats.day(day) + (f" {at:%H:%M}" if at else "") if day else "–"
        case "start":
            return formats.day(date.fromisoformat(said))
    return str(said)[:200]


def list_names(connection: Connection) -> dict[str, str]:
    """What lists are called here, by Trello's ids."""
    rows = connection.twins.filter(kind="list").values_list("key", "local")
    names = dict(CardList.objects.filter(project=connection.project_id).values_list("pk", "name"))
    return {key: names[local] for key, local in rows if local in names}
