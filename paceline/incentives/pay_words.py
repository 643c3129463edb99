"""Periods, runs and their findings in the reader's language, and who may follow them live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from paceline.incentives.models import Run
from paceline.kernel import formats, period_choices
from paceline.kernel.shell import Badge
from paceline.live.wording import word_failures, word_steps, word_work

Text = str | Promise


class Keyed(Protocol):
    """A pay period or a calendar period."""

    @property
    def key(self) -> str: ...

    @property
    def starts_on(self) -> date: ...

    @property
    def ends_before(self) -> date: ...


def period_name(period: Keyed) -> str:
    """``Q2 2026`` · ``2026年第2季``: a period as the reader names it."""
    return period_choices.period_name(period.key, period.starts_on, period.ends_before)


def period_days(period: Keyed) -> str:
    """The days of a period; nothing where its name says them."""
    if period_choices.says_its_days(period.key):
        return ""
    return formats.span_of_days(period.starts_on, period.ends_before)


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
    "plan_too_deep": lazy(
        "%(subject)s stands on too many figures of the plan, one above the other"
    ),
    "figure_too_large": lazy(
        "A figure of the plan needs more than the 38 digits that there are for it (%(subject)s)"
    ),
    "column_missing": lazy("%(table)s has no column %(column)s"),
    "column_type": lazy("The column %(column)s of %(table)s is %(given)s, not %(wanted)s"),
    "table_unreadable": lazy("%(table)s cannot be read"),
    "period_too_long": lazy("The period %(subject)s has more than %(detail)s days"),
    "totals_differ": lazy(
        "The kept files of order lines do not hold what they state in %(subject)s; ask the "
        "administrator"
    ),
    "table_given_twice": lazy("%(table)s is there as CSV and as Parquet"),
    "folder_empty": lazy("The folder holds no table"),
    "table_missing": lazy("The plan needs data that are not there: %(table)s"),
    "period_kind_differs": lazy("The plan is not paid by this kind of period"),
    "period_not_of_calendar": lazy(
        "The plan's calendar has no period %(period)s; the nearest is %(nearest)s"
    ),
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
    "table_missing": lazy("Bring the table as well; docs/plan-language.md lists its columns."),
    "folder_empty": lazy("Put the tables into the folder, each under its own name."),
    "table_given_twice": lazy("Leave one of the two files out."),
    "column_missing": lazy("Add the column, or correct its name."),
    "column_type": lazy(
        "Write the column in the type that is expected; money never as a binary fraction."
    ),
    "table_unreadable": lazy("Write the file again as CSV in UTF-8 or as Parquet."),
    "value_missing": lazy("Fill in the empty values."),
    "row_repeated": lazy("Leave one of the rows out, or correct what tells them apart."),
    "currency_unknown": lazy(
        "Write the currency as a code of ISO 4217 that is in use, such as USD."
    ),
    "currencies_mixed": lazy(
        "Let the formula do without an amount in a currency, or pay these lines by a plan"
        " of their own."
    ),
    "share_invalid": lazy("State a share above 0 and at most 1."),
    "splits_incomplete": lazy("Correct the shares of the line, so that they add up to 1."),
    "overlay_not_allowed": lazy("Take the share on top out, or allow overlays in the plan."),
    "dates_reversed": lazy(
        "Let the row end after it starts; its end is the first day on which it holds no more."
    ),
    "rate_days_reversed": lazy(
        "Let the row end after it starts; its end is the first day on which it holds no more."
    ),
    "dates_overlap": lazy("Let one row end where the next begins."),
    "reporting_to_self": lazy("Name somebody else as manager, or nobody."),
    "reporting_circular": lazy("Name somebody else as manager, or nobody."),
    "quota_straddles_period": lazy(
        "Let the rows of the quota begin and end with the period, or spread it over the year."
    ),
    "quota_currency": lazy("State the quota in the currency of the plan."),
    "quota_negative": lazy("State a quota of zero or more."),
    "rate_not_positive": lazy("State a rate above zero."),
    "rate_table_empty": lazy("Bring the rows of the table, or name another in the plan."),
    "rate_table_too_long": lazy("Split the table over several components."),
    "rate_column_unasked": lazy("Name the column in `by`, or empty it."),
    "rate_row_unpaid": lazy("State what the row pays, 0 where it is nothing."),
    "rate_row_repeated": lazy("Leave one of the rows out."),
    "rate_rows_start_late": lazy("Let the first row of the key begin at 0."),
    "rate_rows_gap": lazy("Leave `to` empty, or let the rows meet."),
    "rate_rows_overlap": lazy("Leave `to` empty, or let the rows meet."),
    "rate_rows_end": lazy("Leave `to` empty in the last row."),
    "rate_row_currency": lazy("Convert the row into the currency of the plan."),
    "rate_days_differ": lazy("Let rows that start together end together."),
    "rate_days_gap": lazy("Leave `ends_before` empty, or let the rows meet."),
    "rate_days_overlap": lazy("Leave `ends_before` empty, or let the rows meet."),
    "coalition_missing": lazy(
        "State each coalition of the players once, worth no less than those that it is made of."
    ),
    "coalition_repeated": lazy(
        "State each coalition of the players once, worth no less than those that it is made of."
    ),
    "coalition_falls": lazy(
        "State each coalition of the players once, worth no less than those that it is made of."
    ),
    "coalition_too_large": lazy("Name at most ten players."),
    "coalition_stranger": lazy("Put the player into the plan and the team, or leave them out."),
    "period_kind_differs": lazy("Choose a period of the kind that the plan pays by."),
    "period_not_of_calendar": lazy(
        "Choose the period of the plan's calendar that the message names."
    ),
    "period_too_long": lazy("Choose a shorter period."),
    "period_straddles": lazy("Let the year of the plan begin with a period."),
    "shares_exceed_line": lazy("Lower the shares that the rules take together."),
    "owners_exceed": lazy("Lower the shares of the owners, so that they are at most 1 together."),
    "date_out_of_range": lazy("Correct the day."),
    "amount_too_large": lazy("Look for an amount that is too large by mistake."),
    "plan_too_deep": lazy("Calculate it from fewer measures and components in a row."),
    "figure_too_large": lazy(
        "Look at what the clause multiplies, divides or adds up: a number that is too large by "
        "mistake, or a ratio over next to nothing, which `min` can bound."
    ),
    "totals_differ": lazy("Write the files again with the totals that they hold."),
    "limit_exceeded": lazy("Ask the administrator for more memory or time."),
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
        return str(text) % formats.with_counts(params)
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


def passed_over_text(instead: Run | None) -> str:
    """Why nothing of a run can be released once a later period was handed to payroll without it."""
    if instead is None:
        return _(
            "A later period was handed to payroll before this one was settled, so this run can be"
            " settled and paid no more. What it earned has to be paid outside Paceline."
        )
    return _(
        "A later period was handed to payroll and goes on from run %(number)d of this one. This run"
        " can be paid no more; release from run %(number)d."
    ) % {"number": instead.number}
