"""Every change to people, seats, teams, reporting lines and roles."""

from __future__ import annotations

from paceline.org.actions.employment import (
    AlreadyEmployed,
    NotEmployed,
    Terms,
    change_terms,
    employ,
    end_employment,
)
from paceline.org.actions.hierarchies import (
    HierarchyCircle,
    HierarchyTooDeep,
    add_hierarchy,
    end_place,
    place_below,
    rename_hierarchy,
)
from paceline.org.actions.leaves import change_leave, enter_leave, withdraw_leave
from paceline.org.actions.people import (
    AccountAlreadyLinked,
    NumberTaken,
    add_person,
    change_person,
    link_user,
)
from paceline.org.actions.reporting import (
    ReportingCircle,
    ReportingTooDeep,
    end_reporting_line,
    rebuild_paths,
    set_reporting_line,
    take_over_reports,
)
from paceline.org.actions.roles import (
    IncompatibleRoles,
    LastAdministrator,
    OwnRole,
    RoleAlreadyGranted,
    RoleNotGranted,
    end_role,
    grant_role,
)
from paceline.org.actions.seats import (
    CodeTaken,
    TeamCircle,
    add_position,
    change_team,
    create_team,
    hold_position,
    leave_position,
    leave_team,
    move_to_team,
)
from paceline.org.actions.succession import EndsBeforeStart, NothingToEnd, Overlaps
from paceline.org.actions.tokens import revoke_tokens_of_leavers

__all__ = [
    "AccountAlreadyLinked",
    "AlreadyEmployed",
    "CodeTaken",
    "EndsBeforeStart",
    "HierarchyCircle",
    "HierarchyTooDeep",
    "IncompatibleRoles",
    "LastAdministrator",
    "NotEmployed",
    "NothingToEnd",
    "NumberTaken",
    "Overlaps",
    "OwnRole",
    "ReportingCircle",
    "ReportingTooDeep",
    "RoleAlreadyGranted",
    "RoleNotGranted",
    "TeamCircle",
    "Terms",
    "add_hierarchy",
    "add_person",
    "add_position",
    "change_leave",
    "change_person",
    "change_team",
    "change_terms",
    "create_team",
    "employ",
    "end_employment",
    "end_place",
    "end_reporting_line",
    "end_role",
    "enter_leave",
    "grant_role",
    "hold_position",
    "leave_position",
    "leave_team",
    "link_user",
    "move_to_team",
    "place_below",
    "rebuild_paths",
    "rename_hierarchy",
    "revoke_tokens_of_leavers",
    "set_reporting_line",
    "take_over_reports",
    "withdraw_leave",
]
