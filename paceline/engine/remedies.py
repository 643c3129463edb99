"""What mends each refusal of an input, in English; the product says it in the reader's language."""

from __future__ import annotations

from paceline.engine.errors import Problem

# A cell that cannot be read is corrected; every other fault of a CSV says itself what to do.
FAULTS_OF_CELLS = frozenset({"number", "day", "truth"})
CELL = "Correct the value, or empty it where it is not needed."


def mend_of(problem: Problem) -> str:
    """What mends a refused input; nothing where the refusal says it itself."""
    fault = problem.params.get("fault")
    if fault is not None:
        return CELL if fault in FAULTS_OF_CELLS else ""
    return MENDS_OF_INPUTS.get(problem.code, "")


MENDS_OF_INPUTS: dict[str, str] = {
    "table_missing": "Bring the table as well; docs/plan-language.md lists its columns.",
    "folder_empty": "Put the tables into the folder, each under its own name.",
    "table_given_twice": "Leave one of the two files out.",
    "column_missing": "Add the column, or correct its name.",
    "column_type": (
        "Write the column in the type that is expected; money never as a binary fraction."
    ),
    "table_unreadable": "Write the file again as CSV in UTF-8 or as Parquet.",
    "value_missing": "Fill in the empty values.",
    "row_repeated": "Leave one of the rows out, or correct what tells them apart.",
    "currency_unknown": "Write the currency as a code of ISO 4217 that is in use, such as USD.",
    "currencies_mixed": (
        "Let the formula do without an amount in a currency, or pay these lines by a plan of "
        "their own."
    ),
    "share_invalid": "State a share above 0 and at most 1.",
    "splits_incomplete": "Correct the shares of the line, so that they add up to 1.",
    "overlay_not_allowed": "Take the share on top out, or allow overlays in the plan.",
    "dates_reversed": (
        "Let the row end after it starts; its end is the first day on which it holds no more."
    ),
    "rate_days_reversed": (
        "Let the row end after it starts; its end is the first day on which it holds no more."
    ),
    "dates_overlap": "Let one row end where the next begins.",
    "reporting_to_self": "Name somebody else as manager, or nobody.",
    "reporting_circular": "Name somebody else as manager, or nobody.",
    "quota_straddles_period": (
        "Let the rows of the quota begin and end with the period, or spread it over the year."
    ),
    "quota_currency": "State the quota in the currency of the plan.",
    "quota_negative": "State a quota of zero or more.",
    "rate_not_positive": "State a rate above zero.",
    "exchange_rate_missing": (
        "Bring the rates of these days; rates are not inverted or carried over."
    ),
    "rate_table_empty": "Bring the rows of the table, or name another in the plan.",
    "rate_table_too_long": "Split the table over several components.",
    "rate_column_unasked": "Name the column in `by`, or empty it.",
    "rate_row_unpaid": "State what the row pays, 0 where it is nothing.",
    "rate_row_repeated": "Leave one of the rows out.",
    "rate_rows_start_late": "Let the first row of the key begin at 0.",
    "rate_rows_gap": "Leave `to` empty, or let the rows meet.",
    "rate_rows_overlap": "Leave `to` empty, or let the rows meet.",
    "rate_rows_end": "Leave `to` empty in the last row.",
    "rate_row_currency": "Convert the row into the currency of the plan.",
    "rate_days_differ": "Let rows that start together end together.",
    "rate_days_gap": "Leave `ends_before` empty, or let the rows meet.",
    "rate_days_overlap": "Leave `ends_before` empty, or let the rows meet.",
    "rate_missing": "Add a row that holds, or say `missing: nothing` in the plan.",
    "coalition_missing": (
        "State each coalition of the players once, worth no less than those that it is made of."
    ),
    "coalition_repeated": (
        "State each coalition of the players once, worth no less than those that it is made of."
    ),
    "coalition_falls": (
        "State each coalition of the players once, worth no less than those that it is made of."
    ),
    "coalition_too_large": "Name at most ten players.",
    "coalition_stranger": "Put the player into the plan and the team, or leave them out.",
    "period_kind_differs": "Choose a period of the kind that the plan pays by.",
    "period_not_of_calendar": "Choose the period of the plan's calendar that the message names.",
    "period_too_long": "Choose a shorter period.",
    "period_straddles": "Let the year of the plan begin with a period.",
    "shares_exceed_line": "Lower the shares that the rules take together.",
    "owners_exceed": "Lower the shares of the owners, so that they are at most 1 together.",
    "date_out_of_range": "Correct the day.",
    "amount_too_large": "Look for an amount that is too large by mistake.",
    "plan_too_deep": "Calculate it from fewer measures and components in a row.",
    "figure_too_large": (
        "Look at what the clause multiplies, divides or adds up: a number that is too large by "
        "mistake, or a ratio over next to nothing, which `min` can bound."
    ),
    "totals_differ": "Write the files again with the totals that they hold.",
}
