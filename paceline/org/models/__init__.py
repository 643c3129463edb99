"""People, seats, teams and who stands below whom, each fact with the days on which it counts."""

from __future__ import annotations

from paceline.org.models.hierarchies import Hierarchy, HierarchyLine
from paceline.org.models.leaves import Leave, LeaveKind
from paceline.org.models.people import (
    TEAM_DEPTH_MAX,
    Employment,
    Leaver,
    Person,
    PersonQuerySet,
    Position,
    PositionHolding,
    ReportingLine,
    ReportingPath,
    Role,
    RoleGrant,
    Team,
    TeamMembership,
)

__all__ = [
    "TEAM_DEPTH_MAX",
    "Employment",
    "Hierarchy",
    "HierarchyLine",
    "Leave",
    "LeaveKind",
    "Leaver",
    "Person",
    "PersonQuerySet",
    "Position",
    "PositionHolding",
    "ReportingLine",
    "ReportingPath",
    "Role",
    "RoleGrant",
    "Team",
    "TeamMembership",
]
