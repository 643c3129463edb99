"""Problems of files as sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from paceline.imports.kinds import ImportKind
from paceline.imports.layout import Problem
from paceline.kernel import formats

MESSAGES = {
    # The file as a whole
    "archive_too_dense": gettext_lazy(
        "This spreadsheet unpacks to %(times)s times its size, as no sheet of records does. "
        "Save its records as CSV."
    ),
    "archive_too_large": gettext_lazy(
        "This spreadsheet unpacks to more than %(most)s MB. Save only the sheet you need."
    ),
    "broken_quotes": gettext_lazy(
        "A quotation mark in line %(line)s is not closed, or is followed by text: %(text)s"
    ),
    "column_not_text": gettext_lazy("The column %(column)s holds lists or records, not values."),
    "counting_needs_whole_lines": gettext_lazy(
        "Lines are counted within their order, so no line may be broken; mend line %(line)s first."
    ),
    "day_order_unclear": gettext_lazy(
        "In the column for %(field)s, %(value)s may be day first or month first. "
        "Choose the style of the dates."
    ),
    "day_style_unknown": gettext_lazy("There is no style of date called %(value)s."),
    "days_in_several_styles": gettext_lazy(
        "The column for %(field)s holds dates in several styles: %(examples)s. "
        "Use one style in the whole column."
    ),
    "decimal_mark_unclear": gettext_lazy(
        "In the column for %(field)s, the comma in %(value)s may separate thousands or decimals. "
        "Choose the style of the numbers."
    ),
    "disk_full": gettext_lazy(
        "The server's disk has no room for this file. Nothing was changed. Tell an administrator."
    ),
    "fields_not_mapped": gettext_lazy("Choose where these come from: %(fields)s."),
    "file_cut_off": gettext_lazy("The file is not complete. Upload it again."),
    "file_empty": gettext_lazy("The file is empty."),
    "file_of_other_kind": gettext_lazy(
        "This is not a file of records. Use CSV, TSV, XLSX or Parquet."
    ),
    "encoding_mixed": gettext_lazy(
        "Line %(line)s holds characters that fit none of the encodings known here, or another than"
        " the lines before. Save the file as UTF-8 and try again."
    ),
    "nul_bytes": gettext_lazy(
        "Line %(line)s holds a zero byte, which no text has. Export the file again as text."
    ),
    "numbers_in_two_styles": gettext_lazy(
        "The column for %(field)s holds numbers in two styles: %(examples)s. "
        "Use one decimal mark in the whole column."
    ),
    "only_header": gettext_lazy("The file has a header, but no lines below it."),
    "spreadsheet_unreadable": gettext_lazy("The spreadsheet is damaged or protected."),
    "text_unreadable": gettext_lazy("The text cannot be split into columns (%(detail)s)."),
    "line_too_long": gettext_lazy(
        "Line %(line)s goes on for more than %(most)s MB. Are its line breaks missing?"
    ),
    "too_many_broken": gettext_lazy(
        "More than %(most)s lines have another number of cells than the first line. "
        "Choose another delimiter, or mend the file."
    ),
    "too_many_cells": gettext_lazy(
        "The file has more than %(most)s cells. Split it, or leave out columns."
    ),
    "too_many_columns": gettext_lazy("The file has %(columns)s columns; %(most)s are accepted."),
    "too_many_rows": gettext_lazy("The file has more than %(most)s lines. Split it."),
    "too_much_text": gettext_lazy(
        "The file holds more than %(most)s GB of text. Split it, or leave out columns."
    ),
    "wrong_encoding": gettext_lazy(
        "From line %(line)s on the text is not %(encoding)s. Choose another encoding."
    ),
    "encoding_uncertain": gettext_lazy(
        "The encoding is not certain. Look whether the names below read right, or choose another."
    ),
    "column_named_twice": gettext_lazy(
        "Two columns have the same name. Choose by hand which one is meant."
    ),
    # One line
    "currency_unknown": gettext_lazy("“%(value)s” is not a currency code such as USD."),
    "day_before_order": gettext_lazy("%(day)s lies before the day of the order, %(ordered_on)s."),
    "day_closed": gettext_lazy("%(day)s is closed: a final pay run has used it."),
    "day_out_of_range": gettext_lazy("“%(value)s” is too long ago or too far ahead."),
    "days_missing": gettext_lazy("Give a period, or the first and the last day."),
    "days_taken": gettext_lazy(
        "Something else already counts from %(starts_on)s on. End it first, or use a later day."
    ),
    "email_malformed": gettext_lazy("“%(value)s” is not an e-mail address."),
    "ends_before_start": gettext_lazy("The last day lies before the first."),
    "day_missing": gettext_lazy("Give a period, or the day on which it counts."),
    "figure_out_of_range": gettext_lazy("“%(value)s” has more than eight digits before the point."),
    "figure_unknown": gettext_lazy(
        "There is no figure called “%(value)s”. Make it known under Figures first."
    ),
    "final_too_early": gettext_lazy(
        "The return window would end on %(final_on)s, before %(day)s, when it had been ordered "
        "and shipped."
    ),
    "header_again": gettext_lazy("The header is repeated here; the line is left out."),
    "hierarchy_circle": gettext_lazy("This would close a circle: %(circle)s."),
    "hierarchy_too_deep": gettext_lazy("Too many people would stand above one another."),
    "rate_days_differ": gettext_lazy("Rows that start together end on different days."),
    "rate_days_gap": gettext_lazy("Days from %(detail)s on have no row until the next start."),
    "rate_days_overlap": gettext_lazy("The row holds until %(detail)s, after the next starts."),
    "rate_days_reversed": gettext_lazy("The row ends on %(detail)s, before it starts."),
    "rate_keys_too_long": gettext_lazy("What the row holds for is too long."),
    "rate_pays_one": gettext_lazy("A row pays a rate, an amount a unit, or an amount: give one."),
    "rate_row_repeated": gettext_lazy("Two rows of the same key begin at %(detail)s."),
    "rate_row_unpaid": gettext_lazy(
        "Rows of one table all pay the same kind of thing; this one does not."
    ),
    "rate_rows_below_zero": gettext_lazy("A tier cannot begin below zero."),
    "rate_rows_end": gettext_lazy(
        "Nothing is said from %(detail)s on. Leave the end of the last tier empty."
    ),
    "rate_rows_gap": gettext_lazy(
        "Nothing is said from %(detail)s to where the next tier begins. Let them meet."
    ),
    "rate_rows_overlap": gettext_lazy(
        "The tier ends at %(detail)s, after the next begins. Let them meet."
    ),
    "rate_rows_start_late": gettext_lazy(
        "Nothing is said below %(detail)s. Begin at 0, with a rate of 0 if nothing is paid."
    ),
    "rate_table_name": gettext_lazy(
        "Write the name in small letters, digits and hyphens, a letter first."
    ),
    "kept_unread": gettext_lazy(
        "“%(value)s” is no number or address. The line comes in; this stays beside it under"
        " “Other”, so that it can be put right."
    ),
    "key_repeated": gettext_lazy("Lines %(rows)s of the file have the same key. Keep one of them."),
    "line_unknown": gettext_lazy("There is no line %(line)s of order %(order)s."),
    "missing": gettext_lazy("A value is missing."),
    "negative_amount": gettext_lazy("An amount cannot be negative (%(value)s)."),
    "negative_quota": gettext_lazy("A quota cannot be negative (%(value)s)."),
    "negative_sale": gettext_lazy(
        "A sale cannot be negative (%(value)s). Bring returns as returns, or map “Sale or return”."
    ),
    "no_day_given": gettext_lazy("This line gives no day at all."),
    "not_a_choice": gettext_lazy("“%(value)s” is not one of the known values."),
    "not_a_day": gettext_lazy("“%(value)s” is not a date in the style of this column."),
    "not_a_zone": gettext_lazy(
        "“%(value)s” is no time zone that is known here. Write a place as Asia/Shanghai,"
        " America/New_York or Europe/Berlin, or UTC; not an abbreviation or an offset."
    ),
    "not_a_number": gettext_lazy("“%(value)s” is not a number in the style of this column."),
    "not_a_period": gettext_lazy(
        "“%(value)s” is not a period such as 2026, 2026Q3, 2026-07 or, of weeks, 2026-02-01W13."
    ),
    "not_employed": gettext_lazy("The person is not employed on that day."),
    "order_unknown": gettext_lazy("There is no order %(order)s."),
    "own_leave": gettext_lazy("Nobody enters their own leave."),
    "own_place": gettext_lazy(
        "Nobody gives themselves a place, nor somebody a place below themselves."
    ),
    "original_unknown": gettext_lazy(
        "There is no sold line %(line)s of order %(order)s that could be returned."
    ),
    "owner_overlaps": gettext_lazy(
        "This person owns it already on some of these days (from %(starts_on)s)."
    ),
    "owners_exceed": gettext_lazy("All owners together would own %(sum)s on %(day)s."),
    "payee_left": gettext_lazy("%(value)s had left on %(day)s (last day %(last_day)s)."),
    "payee_never_employed": gettext_lazy("%(value)s has no employment."),
    "payee_not_yet": gettext_lazy("%(value)s started only on %(starts_on)s, after %(day)s."),
    "plan_unknown": gettext_lazy("There is no plan “%(value)s”."),
    "percent_unclear": gettext_lazy(
        "“%(value)s” may be a percentage or a share. Write 58%% or 0.58."
    ),
    "percent_unexpected": gettext_lazy("“%(value)s”: this figure is not a percentage."),
    "owner_unknown": gettext_lazy(
        "Nobody here is called “%(value)s”: it comes in as nobody's. To give it to somebody,"
        " replace the name among the columns."
    ),
    "person_ambiguous": gettext_lazy(
        "Several people are called “%(value)s”. Use the employee number."
    ),
    "person_unknown": gettext_lazy(
        "Nobody has the number, address or name “%(value)s”. Import the person first."
    ),
    "quota_overlaps": gettext_lazy(
        "Another quota of the same payee or team covers %(starts_on)s to %(last_day)s."
    ),
    "rate_missing": gettext_lazy(
        "No exchange rate from %(from)s to %(to)s, first on %(day)s (days: %(days)s, lines: "
        "%(lines)s). A pay run that converts them will refuse until the rates are imported."
    ),
    "others_refused": gettext_lazy(
        "Line %(line)s, which belongs to this one, is rejected. They come together or not at all."
    ),
    "rate_not_positive": gettext_lazy("An exchange rate must be above zero (%(value)s)."),
    "reporting_circle": gettext_lazy("This would close a circle: %(circle)s."),
    "reporting_too_deep": gettext_lazy("There are too many levels of managers above this person."),
    "return_before_sale": gettext_lazy("Returned on %(day)s, but sold only on %(sold_on)s."),
    "returned_more_than_sold": gettext_lazy(
        "%(returned)s would be returned of a line sold for %(sold)s %(currency)s."
    ),
    "same_currency": gettext_lazy("Both currencies are %(value)s."),
    "share_out_of_range": gettext_lazy("“%(value)s” is not a share above zero."),
    "shares_not_whole": gettext_lazy(
        "The shares of this line make %(sum)s, not 100%%. "
        "Shares on top of the whole are marked as such."
    ),
    "sold_on_of_a_sale": gettext_lazy(
        "Only a return has a date of its sale; this line is a sale itself."
    ),
    "team_circle": gettext_lazy("The team would hang below itself, or too deep."),
    "team_known": gettext_lazy("The team is known already."),
    "team_unknown": gettext_lazy("There is no team “%(value)s”. Import teams first."),
    "term_overlaps": gettext_lazy(
        "Something else already holds on some of these days (from %(starts_on)s)."
    ),
    "too_long": gettext_lazy("“%(value)s” is longer than %(most)s characters."),
    "too_many_places": gettext_lazy("“%(value)s” has more than %(most)s decimal places."),
    "wrong_number_of_cells": gettext_lazy("This line has %(found)s cells instead of %(expected)s."),
    "close_date_missing": gettext_lazy(
        "A deal that was won or lost needs the day on which it was closed."
    ),
    "known_already": gettext_lazy("This is %(record)s. Only new records are created, as chosen."),
    "looks_like": gettext_lazy("This looks like %(record)s (%(reasons)s)."),
    "looks_like_lines": gettext_lazy("Lines %(rows)s of the file look alike (%(reasons)s)."),
    "looks_like_skipped": gettext_lazy(
        "This looks like %(record)s (%(reasons)s) and is left out, as chosen."
    ),
    "owner_not_yours": gettext_lazy("You cannot give records to %(value)s."),
    "pipeline_unknown": gettext_lazy("The team has no pipeline “%(value)s”."),
    "record_unknown": gettext_lazy(
        "None of your records is known by this. Only known ones are changed, as chosen."
    ),
    "same_record": gettext_lazy("Lines %(rows)s of the file are one known record. Keep one."),
    "several_known": gettext_lazy("Several records fit: %(record)s. Merge them first."),
    "stage_unknown": gettext_lazy("The pipeline has no stage “%(value)s”."),
    "was_erased": gettext_lazy(
        "Somebody with this number or address was erased under data-protection law."
    ),
    "known_elsewhere": gettext_lazy(
        "Order %(order)s is known from the sales system “%(system)s” with the same day and"
        " amount, as are %(lines)s of %(looked_at)s new lines that were looked at. If they are the"
        " same orders, choose that system; else they count twice."
    ),
    "zero_amount": gettext_lazy("The amount is zero: the line will earn nothing."),
    "quota_plan_closed": gettext_lazy(
        "%(plan)s waits for approval or was approved; its amounts do not change any more."
    ),
    "quota_plan_unknown": gettext_lazy("There is no plan of quotas called %(value)s."),
    "quota_plan_asks_nobody": gettext_lazy("%(plan)s has no part for this person."),
    # Undo
    "agreed_quota_replaced": gettext_lazy(
        "The amount of %(person)s in %(plan)s was agreed anew. It cannot be taken back any more."
    ),
    "changed_by_later_import": gettext_lazy(
        "Import %(id)s changed %(rows)s of these lines later. Undo that one first."
    ),
    "figure_replaced_since": gettext_lazy(
        "The figure of %(person)s was entered anew on %(day)s. It cannot be taken back any more."
    ),
    "not_committed": gettext_lazy("Only an import that was carried out can be undone."),
    "quota_replaced_since": gettext_lazy(
        "The quota of %(person)s was replaced on %(day)s. It cannot be taken back any more."
    ),
    "rows_changed_since": gettext_lazy(
        "%(rows)s of these records changed since. The import cannot be undone as a whole."
    ),
    "undo_closed_days": gettext_lazy(
        "%(day)s is closed: the final pay run for %(starts_on)s to %(last_day)s has used these"
        " lines. Bring returns instead."
    ),
    "undo_lines_returned": gettext_lazy(
        "Returns refer to these lines: %(rows)s, of %(order_number)s first."
        " Undo their import first."
    ),
    "undo_lines_shared": gettext_lazy(
        "Shares refer to these lines: %(rows)s, of %(order_number)s first. Undo their import first."
    ),
    "undo_still_used": gettext_lazy(
        "Other records refer to what this import brought. It cannot be undone."
    ),
}
ENCODINGS = {
    "utf-8": gettext_lazy("UTF-8"),
    "utf-8-sig": gettext_lazy("UTF-8 with mark"),
    "utf-16-le": gettext_lazy("UTF-16"),
    "utf-16-be": gettext_lazy("UTF-16, high byte first"),
    "gb18030": gettext_lazy("GB18030 (simplified Chinese)"),
    "big5": gettext_lazy("Big5 (traditional Chinese)"),
    "windows-1252": gettext_lazy("Windows-1252 (Western European)"),
}
DELIMITERS = {
    ",": gettext_lazy("Comma"),
    ";": gettext_lazy("Semicolon"),
    "\t": gettext_lazy("Tab"),
    "|": gettext_lazy("Vertical bar"),
}
COUNTS = frozenset(
    {"rows", "lines", "most", "columns", "found", "expected", "line", "days", "times"}
)


@dataclass(frozen=True, slots=True)
class Told:
    """A problem as it is shown: where, and what."""

    where: str
    text: str
    severity: str


def refusal(code: str, params: Mapping[str, Any]) -> str:
    """Why an import cannot be taken back; nothing for a code that is not one of these."""
    return sentence(code, params) if code in MESSAGES else ""


def sentence(code: str, params: Mapping[str, Any], kind: ImportKind | None = None) -> str:
    """What a code with its values says. An unknown code is shown as it is."""
    message = MESSAGES.get(code)
    if message is None:
        return code
    values = {name: _shown(name, value, kind) for name, value in params.items()}
    if "ends_before" in params:
        values["last_day"] = _last_day(params["ends_before"])
    try:
        return str(message) % values
    except (KeyError, ValueError):
        return code


def _shown(name: str, value: Any, kind: ImportKind | None) -> str:
    if value is None:
        return ""
    if name in {"field", "fields"} and kind is not None:
        wanted = value if isinstance(value, list) else [value]
        return _(", ").join(str(kind.field(one).label) for one in wanted)
    if name == "examples":
        return _(", ").join(_("“%(text)s”") % {"text": one} for one in value)
    if isinstance(value, list):
        return _(", ").join(str(one) for one in value)
    if isinstance(value, int):
        return formats.number(value) if name in COUNTS else str(value)
    return SHOWN.get(name, str)(value)


def _day(value: str) -> str:
    return formats.day(date.fromisoformat(str(value)[:10]))


SHOWN: dict[str, Callable[[str], str]] = {
    **dict.fromkeys(("day", "starts_on", "sold_on", "ordered_on", "final_on"), _day),
    "encoding": lambda value: str(ENCODINGS.get(value, value)),
    "sum": formats.percent,
}


def _last_day(ends_before: Any) -> str:
    if not ends_before:
        return ""
    day = date.fromisoformat(str(ends_before)[:10])
    return formats.day(date.fromordinal(day.toordinal() - 1))


def told(problem: Problem, kind: ImportKind) -> Told:
    """A problem with its place: the line, and what the column is called."""
    names = {field.name: str(field.label) for field in kind.fields}
    # A key is several columns: naming the last of them would mislead.
    column = "" if problem.code == "key_repeated" else names.get(problem.column, "")
    line = _("Line %(number)s") % {"number": formats.number(problem.row)} if problem.row else ""
    where = _("%(line)s, %(column)s") if line and column else "%(line)s%(column)s"
    return Told(
        where % {"line": line, "column": column},
        sentence(problem.code, problem.params, kind),
        problem.severity,
    )


def layout_words(layout: Mapping[str, Any]) -> str:
    """How a file was read, in a line: ``UTF-8 · Comma · with header · 12 columns``."""
    parts = []
    if layout.get("encoding"):
        parts.append(str(ENCODINGS.get(layout["encoding"], layout["encoding"])))
    if layout.get("delimiter"):
        parts.append(str(DELIMITERS.get(layout["delimiter"], layout["delimiter"])))
    if layout.get("type") in {"xlsx", "parquet"}:
        parts.append({"xlsx": "XLSX", "parquet": "Parquet"}[layout["type"]])
    if layout.get("sheet"):
        parts.append(layout["sheet"])
    parts.append(_("with header") if layout.get("has_header") else _("without header"))
    columns = len(layout.get("columns", ()))
    parts.append(ngettext("%(n)s column", "%(n)s columns", columns) % {"n": columns})
    return " · ".join(parts)
