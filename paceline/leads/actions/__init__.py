"""Every change to routing, hours, inquiries and forms."""

from __future__ import annotations

from paceline.leads.actions.clock import (
    answered_by_activity,
    close_of_lead,
    give_unanswered_again,
    start_clock,
)
from paceline.leads.actions.forms import (
    AnswersInvalid,
    NotHeld,
    TooManyForms,
    TooOften,
    add_form,
    change_form,
    close_form,
    discard,
    discard_old,
    forget,
    release,
    set_consent_text,
    take_in,
)
from paceline.leads.actions.routing import (
    LeadIsTaken,
    TooManyRules,
    Trial,
    add_rule,
    change_rule,
    place_rule,
    remove_rule,
    route_lead,
    set_desk,
    set_hours,
    set_own_hours,
    tell_leads,
    try_rules,
)

__all__ = [
    "AnswersInvalid", "LeadIsTaken", "NotHeld", "TooManyForms", "TooManyRules", "TooOften",
    "Trial", "add_form", "add_rule", "answered_by_activity", "change_form", "change_rule",
    "close_form", "close_of_lead", "discard", "discard_old", "forget", "give_unanswered_again",
    "place_rule", "release", "remove_rule", "route_lead", "set_consent_text", "set_desk",
    "set_hours", "set_own_hours", "start_clock", "take_in", "tell_leads", "try_rules",
]  # fmt: skip
