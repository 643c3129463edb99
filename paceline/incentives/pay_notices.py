"""What people are told about pay."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from paceline.incentives.calculation.periods import calendar_period
from paceline.incentives.pay_words import period_name
from paceline.notifications import wording as notices


def period_called(key: str) -> str:
    """The name of a period that is known by its key alone."""
    return period_name(calendar_period(key))


def register() -> None:
    """Give the notices of pay their words; called once at start."""
    for kind, text, icon in (
        ("run_calculated", _("%(period)s is calculated: %(payees)s payees."), "calculator"),
        (
            "run_refused",
            _("%(period)s could not be calculated: %(count)s reasons."),
            "alert-triangle",
        ),
        (
            "run_broken",
            _("The run of %(period)s stopped because of an unexpected error."),
            "alert-triangle",
        ),
        ("run_settled", _("%(period)s is settled: %(payees)s payees."), "scale"),
        (
            "settlement_refused",
            _("%(period)s could not be settled: %(count)s reasons."),
            "alert-triangle",
        ),
        (
            "settlement_broken",
            _("The settlement of %(period)s stopped because of an unexpected error."),
            "alert-triangle",
        ),
        ("statement_released", _("Your statement for %(period)s is here."), "receipt-2"),
        (
            "question_asked",
            _("%(who)s asks about a statement for %(period)s."),
            "message-question",
        ),
        (
            "question_answered",
            _("%(who)s answered your question about %(period)s."),
            "message-question",
        ),
    ):
        notices.register(kind, text, icon=icon, shown={"period": period_called})


# What webhooks can tell.
EVENTS = {
    "payroll.exported": _("A file handed to payroll"),
    "run.finished": _("A pay run that ended"),
    "statement.released": _("Statements released"),
}
