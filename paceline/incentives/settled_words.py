"""Settlements in the reader's language: entries, accounts, notes, reasons and problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext, pgettext_lazy

from paceline.incentives.access import pay as access
from paceline.incentives.calculation.periods import calendar_period
from paceline.incentives.models import Hold, HoldReason, PlanVersion
from paceline.incentives.pay_words import PROBLEMS, period_name
from paceline.kernel import formats
from paceline.kernel.shell import Badge
from paceline.live import topics
from paceline.live.wording import word_failures, word_steps, word_work
from paceline.org.models import Person

Text = str | Promise

KINDS: Mapping[str, Text] = {
    "earned": pgettext_lazy("entry", "Earned"),
    "adjustment": pgettext_lazy("entry", "Correction of an earlier period"),
    "cap": pgettext_lazy("entry", "Cap"),
    "floor": pgettext_lazy("entry", "Floor"),
    "guarantee": pgettext_lazy("entry", "Guarantee"),
    "draw": pgettext_lazy("entry", "Draw"),
    "forgiven": pgettext_lazy("entry", "Forgiven"),
    "forfeited": pgettext_lazy("entry", "Forfeited"),
    "clawback": pgettext_lazy("entry", "Clawback"),
    "deferred": pgettext_lazy("entry", "Put off"),
    "fallen-due": pgettext_lazy("entry", "Fallen due"),
    "held": pgettext_lazy("entry", "Held"),
    "released": pgettext_lazy("entry", "Released from a hold"),
    "recovered": pgettext_lazy("entry", "Recovered"),
    "carried": pgettext_lazy("entry", "Below zero, carried on"),
}
RECOVERED: Mapping[str, Text] = {
    "carried": pgettext_lazy("entry", "Deducted: what was below zero before"),
    "clawback": pgettext_lazy("entry", "Deducted: clawback"),
    "draw": pgettext_lazy("entry", "Deducted: draw"),
}
ACCOUNTS: Mapping[str, Text] = {
    "deferred": pgettext_lazy("account", "Due later"),
    "held": pgettext_lazy("account", "Held"),
    "carried": pgettext_lazy("account", "Below zero, to be deducted"),
    "clawback": pgettext_lazy("account", "Clawback, to be deducted"),
    "draw": pgettext_lazy("account", "Draw, to be deducted"),
}
STEPS: dict[str, Text] = {
    "gathering": lazy("Gathering lines, balances and holds"),
    "settling": lazy("Settling"),
    "keeping": lazy("Keeping the entries"),
}
FAILURES: dict[str, Text] = {
    "inputs_refused": lazy(
        "It cannot be settled as the data are: %(count)s reasons. Nothing was kept."
    ),
    "unexpected": lazy(
        "The settlement stopped because of an unexpected error. Nothing was kept. Settle again."
    ),
}
TABLES: Mapping[str, Text] = {
    "agreed_amounts": lazy("amounts agreed with each payee"),
    "agreements": lazy("agreements with payees"),
    "employment": lazy("employment"),
    "exchange_rates": lazy("exchange rates"),
    "leave": lazy("days of leave"),
    "line_earnings": lazy("earnings by line"),
    "minimum_wages": lazy("minimum wages"),
    "receipts": lazy("receipts"),
    "rerated_earnings": lazy("earnings calculated again without the sale"),
    "unrounded_earnings": lazy("earnings before rounding"),
    "wages": lazy("wages of the month"),
}
SETTLING: Mapping[str, Text] = {
    "table_missing": lazy("The plan needs data that are not there: %(table)s"),
    "digits_too_many": lazy("An amount of %(subject)s has more decimals than its currency"),
    "amount_too_large": lazy("An amount is too large to be settled exactly"),
    "currency_differs": lazy(
        "A balance of %(subject)s is in %(detail)s, not in the currency of the plan"
    ),
    "employment_missing": lazy("%(subject)s has no employment in this period"),
    "currency_missing": lazy("The employment of %(subject)s has no currency to be paid in"),
    "country_missing": lazy("The employment of %(subject)s has no country to choose rules by"),
    "region_missing": lazy(
        "The employment of %(subject)s has no region to find the minimum wage by"
    ),
    "leaver_missing": lazy(
        "%(subject)s has left, and it is not said whether as a good or a bad leaver"
    ),
    "line_earnings_missing": lazy("It is not known what line %(subject)s earned"),
    "line_earnings_differ": lazy(
        "The lines of %(subject)s do not add up to what was earned: %(detail)s. A part that waits"
        " for receipts or for a return window needs a component that earns on lines."
    ),
    "line_amount_missing": lazy("Line %(subject)s has no amount to be collected"),
    "rerated_missing": lazy("There is no second calculation for %(subject)s"),
    "rerating_impossible": lazy(
        "The period of what came back cannot be calculated again for %(subject)s"
    ),
    "wages_missing": lazy("The other wages of %(subject)s are not known (%(detail)s)"),
    "minimum_wage_missing": lazy("There is no minimum wage for %(subject)s on %(detail)s"),
    "exchange_rate_missing": lazy("No exchange rate (%(detail)s) %(subject)s"),
    "settled_already": lazy("%(subject)s is among the periods settled earlier"),
    "period_too_late": lazy("The period %(subject)s lies too far ahead"),
}
NOTES: Mapping[str, Text] = {
    "clawback_not_stated": lazy("The plan says nothing about the event %(subject)s."),
    "clawback_too_late": lazy("The return %(subject)s came too late to take anything back."),
    "agreement": lazy("Deducted under the agreement %(subject)s."),
    "agreement_missing": lazy(
        "Nothing is deducted or kept back here: the law asks for an agreement, and there is none."
    ),
    "rule_pack_missing": lazy("There are no rules of deduction for the country %(subject)s."),
    "clause_gone": lazy("The plan no longer has the clause that put this off; it keeps its date."),
    "rule_of_law": lazy("%(amount)s are not deducted now: %(subject)s. This is no legal advice."),
}
LAWS: Mapping[str, Text] = {
    "deduction-cap": lazy("The law caps what may be deducted from the pay of a month."),
    "minimum-wage": lazy("The pay of a month does not fall below the minimum wage."),
    "clawback-agreement": lazy("A clawback is recovered only under an agreement."),
    "holdback-agreement": lazy("Pay is kept back at leaving only under an agreement."),
}


def kind_text(kind: str, reason: str = "") -> str:
    """What happened, as an entry says it."""
    if kind == "recovered":
        return str(RECOVERED.get(reason, KINDS[kind]))
    return str(KINDS.get(kind, kind))


def account_text(account: str) -> str:
    return str(ACCOUNTS.get(account, account))


def clause_text(version: PlanVersion, path: str, reason: str = "") -> str:
    """The clause that made an entry: of the plan, of a hold, or of a country's rules."""
    from paceline.incentives.calculation import documents  # noqa: PLC0415 - read when asked for
    from paceline.incentives.wording import in_words  # noqa: PLC0415

    head, _slash, rest = path.partition("/")
    if head == "holds":
        return str(dict(HoldReason.choices).get(reason, reason))
    if head == "packs":
        return str(LAWS.get(rest.partition("/")[2], rest))
    return in_words(documents.load(version.source), path)


def reference_text(kind: str, reference: str) -> str:
    """What an entry refers to: an order line, or the first day of a period. Ids of clauses are
    said by the clause.
    """
    if "/" in reference:
        return reference
    return reference if kind in {"deferred", "fallen-due", "clawback"} else ""


def period_of(key: str) -> str:
    return period_name(calendar_period(key))


def note_text(code: str, subject: str, amount: str = "") -> str:
    text = NOTES.get(code)
    return code if text is None else str(text) % {"subject": subject, "amount": amount}


def problem_text(code: str, params: Mapping[str, Any]) -> str:
    """Why a settlement was refused, as a sentence; what is said of runs holds here, too."""
    text = SETTLING.get(code) or PROBLEMS.get(code)
    if text is None:
        return code
    known = formats.with_counts(params)
    known["table"] = str(TABLES.get(str(known.get("table", "")), known.get("table", "")))
    try:
        return str(text) % known
    except (KeyError, ValueError, TypeError):
        return str(text)


def due_text(due_on: Any, account: str) -> str:
    """When a balance is due."""
    if account == "held":
        return _("until the hold is released")
    if account != "deferred":
        return _("from later pay")
    return formats.day(due_on) if due_on else _("as the customer pays")


def settlement_badge(state: str) -> Badge:
    """Of a run: not settled, under way, settled, out of date, or for good."""
    text, tone = STATES[state]
    return Badge(str(text), tone)  # type: ignore[arg-type]


STATES: Mapping[str, tuple[Text, str]] = {
    "open": (pgettext_lazy("settlement", "Not settled"), "warning"),
    "running": (pgettext_lazy("settlement", "Settling"), "info"),
    "failed": (pgettext_lazy("settlement", "Not settled"), "bad"),
    "outdated": (pgettext_lazy("settlement", "To be settled again"), "warning"),
    "settled": (pgettext_lazy("settlement", "Settled"), "good"),
    "paid": (pgettext_lazy("settlement", "Settled for good"), "good"),
}


def hold_badge(hold: Hold) -> Badge:
    if hasattr(hold, "release"):
        return Badge(pgettext("hold", "Released"), "neutral")
    return Badge(_("Stands"), "warning")


def register() -> None:
    """Give settlements and holds their words and rights; called once at start."""
    word_work("settlement", lazy("Settling"))
    word_steps("settlement", STEPS)
    word_failures("settlement", FAILURES)
    topics.register("holds", _reads_holds)


def _reads_holds(person: Person, _ref: str) -> bool:
    return access.may_read_holds(person)
