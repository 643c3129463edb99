"""The statement on paper: the same explanation as the page, laid out by typst.

Figures and names reach the layout as JSON, never as markup: a customer called ``#panic()`` prints
as ``#panic()``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paceline.incentives import pay_words as words
from paceline.incentives.calculation.trace import TracedLine, lines_of_component
from paceline.incentives.explanation import ExplainedComponent, explain_statement
from paceline.incentives.models import Statement
from paceline.incentives.settled import EntryGroup, SettledPay, explain_settlement
from paceline.incentives.shortfall_words import sentences_about
from paceline.kernel import formats
from paceline.org.models import Person

LAYOUT = Path(__file__).with_name("statement.typ")
LINES_MAX = 2_000
FONTS = {
    "zh-hant": ("Noto Sans T Chinese", "Noto Sans S Chinese"),
    "zh-hans": ("Noto Sans S Chinese", "Noto Sans T Chinese"),
}
REGIONS = {"zh-hant": ("zh", "TW"), "zh-hans": ("zh", "CN")}


def statement_pdf(statement: Statement, *, language: str) -> bytes:
    """The statement as a PDF in a language of the product, with at most ``LINES_MAX`` lines."""
    with translation.override(language):
        values = _values(statement, language)
    fonts = settings.NODE_MODULES / "@embedpdf"
    content = typst.compile(
        str(LAYOUT),
        root=str(LAYOUT.parent),
        font_paths=[str(fonts / "fonts-tc/fonts"), str(fonts / "fonts-sc/fonts")],
        ignore_system_fonts=True,
        sys_inputs={"statement": json.dumps(values, ensure_ascii=False)},
    )
    return bytes(content)


def _values(statement: Statement, language: str) -> dict[str, Any]:
    components = explain_statement(statement)
    budget = LINES_MAX
    parts = []
    for component in components:
        traced = lines_of_component(component.row) if component.has_lines else []
        parts.append(_component(component, traced[:budget], len(traced)))
        budget = max(budget - len(traced), 0)
    currency = statement.currency
    names = FONTS.get(language, FONTS["zh-hant"])
    lang, region = REGIONS.get(language, ("en", "GB"))
    release = getattr(statement, "release", None)
    return {
        "fonts": list(names),
        "lang": lang,
        "region": region,
        "title": _("Pay statement"),
        "payee": statement.payee.name,
        "period": words.period_name(statement.period),
        "days": formats.span_of_days(statement.period.starts_on, statement.period.ends_before),
        "earned_label": _("Earned"),
        "earned": formats.money(statement.earned, currency),
        "facts": [
            [_("Employee number"), statement.payee.number],
            [_("Credited"), formats.money(statement.credited, currency)],
            [
                _("Released"),
                formats.day(release.released_at) if release else _("not released yet"),
            ],
        ],
        "components_label": _("Components"),
        "summary": [
            [part["name"], part["earned"]]
            for part, one in zip(parts, components, strict=True)
            if one.is_money
        ],
        "rewards": [
            [part["name"], part["earned"]]
            for part, one in zip(parts, components, strict=True)
            if not one.is_money
        ],
        "rewards_label": _("Rewards other than money, outside the sum"),
        "total_label": _("Total"),
        "components": parts,
        "settled_label": _("From earned to paid"),
        "settled": [_settled(pay) for pay in explain_settlement(statement)],
        "below_zero": sentences_about(statement),
        "foot": _("Run %(run)s of %(period)s · fingerprint %(fingerprint)s")
        % {
            "run": statement.run.number,
            "period": words.period_name(statement.period),
            "fingerprint": statement.run.fingerprint,
        },
        "page": _("Page {page} of {pages}"),
    }


def _settled(pay: SettledPay) -> dict[str, Any]:
    """One plan's way from earned to paid: label, amount and clause of each entry."""
    total = formats.money(pay.paid, pay.paid_currency)
    entries = [_entry(entry) for entry in pay.entries]
    if pay.is_converted:
        payable = formats.money(pay.payable, pay.currency)
        rate = _("Converted at %(rate)s.") % {"rate": pay.rate}
        entries.append([_("Payable"), payable, rate])
    return {
        "plan": pay.plan_name,
        "entries": entries,
        "total_label": _("To be paid on %(day)s") % {"day": formats.day(pay.pays_on)},
        "total": total,
        "others_label": _("Not part of this pay"),
        "others": [_entry(entry) for entry in pay.others],
        "not_applied_label": _("What did not apply"),
        "not_applied": [f"{one.clause} {one.why}" for one in pay.not_applied],
        "balances_label": _("Carried on"),
        "balances": [
            [
                " · ".join(part for part in (one.label, one.what) if part),
                formats.money(one.amount, one.currency),
                one.due,
            ]
            for one in pay.balances
        ],
        "notes": list(pay.notes),
    }


def _entry(entry: EntryGroup) -> list[str]:
    told = " ".join(part for part in (entry.clause, entry.why) if part)
    return [entry.label, formats.money(entry.amount, entry.currency), told]


def _component(
    component: ExplainedComponent, traced: list[TracedLine], count: int
) -> dict[str, Any]:
    currency = component.currency
    sellers = _names(traced)
    facts = [
        [label, value, clause]
        for label, value, clause in (
            (_("Measure"), component.measure, component.measure_clause),
            (_("Quota"), component.quota, component.quota_clause),
            (_("Attainment"), _percent(component), ""),
        )
        if value
    ]
    return {
        "name": component.name,
        "plan": " · ".join(filter(None, [component.plan_name, component.days])),
        "clause": component.clause,
        "earned": component.earned,
        "facts": facts,
        "tier_head": [_("From – to"), _("In the tier"), _("Rate"), _("Earned")],
        "tiers": [
            {
                "cells": [
                    " · ".join(part for part in (tier.bounds, tier.bounds_in_money) if part),
                    tier.base,
                    tier.rate,
                    tier.earned_text,
                ],
                "clause": tier.clause,
            }
            for tier in component.shown
        ]
        + [{"cells": [component.folded_text, "", "", ""], "clause": ""}] * bool(component.folded),
        "details": _details(component),
        "adjustments": [[one.label, one.amount, one.clause] for one in component.adjustments],
        "line_head": [_("Date"), _("Order"), _("Amount"), _("Credited"), _("Earned")],
        "lines": [_line(line, currency, sellers) for line in traced],
        "rest": ngettext(
            "and %(count)d more line, shown in Paceline",
            "and %(count)d more lines, shown in Paceline",
            count - len(traced),
        )
        % {"count": count - len(traced)}
        if count > len(traced)
        else "",
    }


def _details(component: ExplainedComponent) -> dict[str, Any]:
    """The figures of a scorecard, a pool or a contest; empty lists where there are none."""
    if component.details is None:
        return {"head": [], "rows": []}
    return {
        "head": list(component.details.head),
        "rows": [[row.label, row.clause, list(row.cells)] for row in component.details.rows],
    }


def _percent(component: ExplainedComponent) -> str:
    attainment = component.row.attainment
    return "" if attainment is None else formats.percent(attainment)


def _line(line: TracedLine, currency: str, sellers: dict[str, str]) -> list[str]:
    """Date, order with what is special about it, original amount, credited part, money made."""
    notes = [line.line_id]
    if line.level:
        notes.append(sellers.get(line.from_payee_id, line.from_payee_id))
    if line.share != 1:
        notes.append(_("share %(share)s") % {"share": formats.rate(line.share)})
    if line.rate != 1:
        notes.append(_("rate %(rate)s") % {"rate": formats.number(line.rate)})
    return [
        formats.day(line.ordered_on),
        " · ".join(notes),
        formats.money(line.amount, line.currency),
        formats.money(line.base_in_tier, currency),
        formats.money(line.earned, currency),
    ]


def _names(traced: list[TracedLine]) -> dict[str, str]:
    sellers = {line.from_payee_id for line in traced if line.level}
    return dict(Person.objects.filter(number__in=sellers).values_list("number", "name"))
