"""Every change to routing, hours, inquiries and forms."""

from __future__ import annotations

from paceline.leads.actions.clock import (
    answered_by_activity,
    close_of_lead,
    give_unanswered_again,
    start_clock,
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
    try_rules,
)

__all__ = [
    "LeadIsTaken", "TooManyRules", "Trial", "add_rule", "answered_by_activity", "change_rule",
    "close_of_lead", "give_unanswered_again", "place_rule", "remove_rule", "route_lead",
    "set_desk", "set_hours", "set_own_hours", "start_clock", "try_rules",
]  # fmt: skip
