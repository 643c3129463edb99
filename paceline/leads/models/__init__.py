"""Who is given a lead, the clock of the first reply, and forms on other people's pages."""

from __future__ import annotations

from paceline.leads.models.forms import ConsentText, Submission, SubmissionState, WebForm
from paceline.leads.models.inquiries import Inquiry
from paceline.leads.models.routing import (
    Assignment,
    Cause,
    Method,
    RoutingDesk,
    RoutingRule,
    RuleMember,
    WorkingWeek,
)

__all__ = [
    "Assignment", "Cause", "ConsentText", "Inquiry", "Method", "RoutingDesk", "RoutingRule",
    "RuleMember", "Submission", "SubmissionState", "WebForm", "WorkingWeek",
]  # fmt: skip
