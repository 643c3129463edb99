"""Periods, runs and their findings in the reader's language, and who may follow them live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from paceline.kernel import period_choices
from paceline.kernel.shell import Badge
from paceline.live.wording import word_failures, word_steps, word_work

Text = str | Promise


class Keyed(Protocol):
    """A pay period or a calendar period."""

    @property
    def key(self) -> str: ...

    @property
    def starts_on(self) -> date: ...


def period_name(period: Keyed) -> str:
    """``Q2 2026`` · ``2026年第2季``: a period as the reader names it."""
    return period_choices.period_name(period.key, period.starts_on)


RUN_STATES: dict[str, tuple[Text, str]] = {
    "queued": (pgettext_lazy("run", "Waiting"), "info"),
    "running": (pgettext_lazy("run", "Running"), "info"),
    "done": (pgettext_lazy("run", "Calculated"), "good"),
    "failed": (pgettext_lazy("run", "Failed"), "bad"),
    "cancelled": (pgettext_lazy("run", "Cancelled"), "neutral"),
}
PERIOD_STATES: dict[str, tuple[Text, str]] = {
    "new": (pgettext_lazy("period", "Not run yet"), "neutral"),
    "running": (pgettext_lazy("period", "Running"), "info"),
    "failed": (pgettext_lazy("period", "Run failed"), "bad"),
    "calculated": (pgettext_lazy("period", "Calculated"), "warning"),
    "released": (pgettext_lazy("period", "Released"), "info"),
    "paid": (pgettext_lazy("period", "Handed to payroll"), "good"),
    "closed": (pgettext_lazy("period", "Closed"), "good"),
}


def run_badge(state: str) -> Badge:
    text, tone = RUN_STATES.get(state, (state, "neutral"))
    return Badge(str(text), tone)  # type: ignore[arg-type]


def period_badge(state: str) -> Badge:
    text, tone = PERIOD_STATES[state]
    return Badge(str(text), tone)  # type: ignore[arg-type]


STEPS: dict[str, Text] = {
    "reading": lazy("Reading order lines, quotas and rates"),
    "calculating": lazy("Calculating"),
    "keeping": lazy("Keeping the statements"),
}
FAILURES: dict[str, Text] = {
    "inputs_refused": lazy(
        "The data cannot be paid as they are: %(count)s reasons. No statement was made."
    ),
    "unexpected": lazy(
        "The run stopped because of an unexpected error. No statement was made. Run it again."
    ),
}

PROBLEMS: dict[str, Text] = {
    "exchange_rate_missing": lazy("No exchange rate (%(detail)s) from %(subject)s"),
    "quota_missing": lazy("No quota: sales count, but no attainment can be reached"),
    "quota_zero": lazy("The quota is zero, so no attainment can be reached"),
    "quota_straddles_period": lazy(
        "A quota from %(detail)s reaches over the edge of the period (%(subject)s)"
    ),
    "quota_currency": lazy(
        "A quota is in %(detail)s, not in the currency of the plan (%(subject)s)"
    ),
    "quota_negative": lazy("A quota is below zero (%(subject)s)"),
    "splits_incomplete": lazy("The shares of line %(subject)s add up to %(detail)s, not to 1"),
    "share_invalid": lazy("A share of line %(subject)s is not above 0 and at most 1"),
    "overlay_not_allowed": lazy(
        "Line %(subject)s has a share on top, which the plan does not allow"
    ),
    "dates_overlap": lazy("Two rows of %(subject)s overlap on %(detail)s (%(table)s)"),
    "dates_reversed": lazy("A row of %(subject)s ends before it starts (%(table)s)"),
    "reporting_circular": lazy("%(subject)s reports to themselves through others on %(detail)s"),
    "reporting_to_self": lazy("%(subject)s reports to themselves"),
    "rate_not_positive": lazy("The exchange rate %(subject)s on %(detail)s is not above zero"),
    "rate_missing": lazy(
        "Something was sold for which a table of rates has no row, and earned nothing (%(subject)s)"
    ),
    "rate_table_empty": lazy("The table of rates “%(subject)s” has no row"),
    "rate_table_too_long": lazy(
        "The tables of rates have %(subject)s rows; %(detail)s are allowed"
    ),
    "rate_column_unasked": lazy(
        "%(count)s rows of “%(subject)s” state %(detail)s, by which the plan does not ask"
    ),
    "rate_row_unpaid": lazy("A row from %(detail)s on does not say what it pays (%(subject)s)"),
    "rate_row_repeated": lazy("Two rows begin at %(detail)s (%(subject)s)"),
    "rate_rows_start_late": lazy("Nothing is said below %(detail)s; begin at 0 (%(subject)s)"),
    "rate_rows_gap": lazy(
        "Nothing is said from %(detail)s to where the next row begins (%(subject)s)"
    ),
    "rate_rows_overlap": lazy("A row ends at %(detail)s, after the next begins (%(subject)s)"),
    "rate_rows_end": lazy("Nothing is said from %(detail)s on; leave its end empty (%(subject)s)"),
    "rate_row_currency": lazy(
        "A row is in %(detail)s, not in the currency of the plan (%(subject)s)"
    ),
    "rate_days_reversed": lazy("A row ends on %(detail)s, before it starts (%(subject)s)"),
    "rate_days_differ": lazy("Rows that start together end on different days (%(subject)s)"),
    "rate_days_gap": lazy("Days from %(detail)s on have no row until the next start (%(subject)s)"),
    "rate_days_overlap": lazy("A row holds until %(detail)s, after the next starts (%(subject)s)"),
    "currency_unknown": lazy("%(count)s lines are in %(subject)s, which is no currency"),
    "currencies_mixed": lazy(
        "%(count)s lines are in %(subject)s, but the plan compares with amounts in %(detail)s"
    ),
    "value_missing": lazy("%(count)s rows of %(table)s have no %(subject)s"),
    "row_repeated": lazy("%(subject)s occurs %(count)s times in %(table)s"),
    "date_out_of_range": lazy("%(column)s of %(table)s has a day outside the years 1 to 9999"),
    "limit_exceeded": lazy(
        "The calculation needed more memory or time than it may use; ask the administrator"
    ),
    "shares_exceed_line": lazy("Credit rules take more than there is of line %(subject)s"),
    "owners_exceed": lazy("The owners of %(subject)s have more than 100 %% on %(detail)s"),
    "coalition_repeated": lazy("The coalition %(detail)s is stated twice"),
    "coalition_too_large": lazy("At most ten players can share by value: %(detail)s"),
    "coalition_missing": lazy("The coalition %(detail)s has no value"),
    "coalition_falls": lazy(
        "The coalition %(detail)s is worth less than without one of its members"
    ),
    "coalition_stranger": lazy("%(detail)s is not in the plan or not in the team (%(subject)s)"),
    "period_straddles": lazy(
        "A year, half-year or quarter of the plan begins on %(day)s, inside the period %(period)s;"
        " what was sold before that day would count for neither"
    ),
    "amount_too_large": lazy("An amount is too large to be calculated exactly"),
    "column_missing": lazy("%(table)s has no column %(column)s"),
    "column_type": lazy("The column %(column)s of %(table)s is %(given)s, not %(wanted)s"),
    "table_unreadable": lazy("%(table)s cannot be read"),
    "period_too_long": lazy("The period %(subject)s has more than %(detail)s days"),
    "totals_differ": lazy(
        "The kept files of order lines do not hold what they state in %(subject)s; ask the "
        "administrator"
    ),
    "table_missing": lazy("The plan needs data that are not there: %(table)s"),
    "period_kind_differs": lazy("The plan is not paid by this kind of period"),
}
PROBLEM_KINDS: dict[str, Text] = {
    "exchange_rate_missing": lazy("Exchange rates missing"),
    "quota_missing": lazy("Quotas missing"),
    "quota_zero": lazy("Quotas of zero"),
    "rate_missing": lazy("Rows of rates missing"),
}
REMEDIES: dict[str, Text] = {
    "exchange_rate_missing": lazy("Import the rates for these days, then run the period again."),
    "quota_missing": lazy("Set the quotas, then run the period again; or pay as it is."),
    "quota_zero": lazy("Set the quotas, then run the period again; or pay as it is."),
    "rate_missing": lazy("Add the rows, then run the period again; or pay as it is."),
}

EXCLUDED: dict[str, Text] = {
    "anchor_missing": lazy("The day that decides the period has not come"),
    "no_payee": lazy("No payee on the line"),
    "payee_unknown": lazy("Payee not known"),
    "payee_not_employed": lazy("Payee not employed on the day"),
    "payee_not_assigned": lazy("Payee not in this plan on the day"),
    "rule_did_not_match": lazy("No credit rule takes the line"),
    "outside_period": lazy("Outside the period"),
}


def problem_text(code: str, params: Mapping[str, Any]) -> str:
    """A problem as a sentence; a code without words shows itself rather than nothing."""
    text = PROBLEMS.get(code)
    if text is None:
        return code
    try:
        return str(text) % dict(params)
    except (KeyError, ValueError, TypeError):
        return str(text)


def problem_kind(code: str) -> str:
    return str(PROBLEM_KINDS.get(code, lazy("To be mended")))


def remedy(code: str) -> str:
    return str(REMEDIES.get(code, lazy("Mend the data, then run the period again.")))


def excluded_reason(code: str) -> str:
    return str(EXCLUDED.get(code, code))


def register() -> None:
    """Give runs their words; called once at start."""
    word_work("pay_run", lazy("Calculating statements"))
    word_steps("pay_run", STEPS)
    word_failures("pay_run", FAILURES)
