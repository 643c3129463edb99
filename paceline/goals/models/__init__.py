"""What is asked of people and teams: strategy, goals and how they go, quotas, entered figures."""

from __future__ import annotations

from paceline.goals.models.check_ins import (
    CheckIn,
    CheckInReminder,
    Confidence,
    GoalReading,
    Retrospective,
)
from paceline.goals.models.goals import (
    Agreement,
    Direction,
    Goal,
    GoalChange,
    GoalComment,
    GoalContributor,
    Level,
    Side,
)
from paceline.goals.models.periods import Cadence, GoalPeriod
from paceline.goals.models.quotas import (
    Figure,
    FigureKind,
    FigureQuerySet,
    HashOfText,
    Quota,
    Unit,
)
from paceline.goals.models.strategy import StrategyComment, StrategyPage, StrategyVersion

__all__ = [
    "Agreement",
    "Cadence",
    "CheckIn",
    "CheckInReminder",
    "Confidence",
    "Direction",
    "Figure",
    "FigureKind",
    "FigureQuerySet",
    "Goal",
    "GoalChange",
    "GoalComment",
    "GoalContributor",
    "GoalPeriod",
    "GoalReading",
    "HashOfText",
    "Level",
    "Quota",
    "Retrospective",
    "Side",
    "StrategyComment",
    "StrategyPage",
    "StrategyVersion",
    "Unit",
]
