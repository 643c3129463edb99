"""Rule packs: what the law of a country allows to be deducted and kept back (S14).

A pack is a data file in the package. It is no legal advice; each rule names its law and article.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Literal, cast

from paceline.engine.plan.document import plain, read_document

RuleKind = Literal["deduction-cap", "minimum-wage", "agreement"]


@dataclass(frozen=True)
class Rule:
    """One rule of law: a share of the month's pay, the minimum wage, or a needed agreement."""

    id: str
    kind: RuleKind
    share: Decimal | None
    concerns: tuple[str, ...]
    law: str
    article: str
    valid_from: date
    valid_before: date | None
    clause: str


@dataclass(frozen=True)
class RulePack:
    """The rules of one country."""

    country: str
    notice: str
    rules: tuple[Rule, ...]

    def valid(self, kind: RuleKind, day: date) -> list[Rule]:
        return [
            rule
            for rule in self.rules
            if rule.kind == kind
            and rule.valid_from <= day
            and (rule.valid_before is None or day < rule.valid_before)
        ]

    def agreement_for(self, subject: str, day: date) -> Rule | None:
        """The rule that asks for an agreement to claw back or to keep something back."""
        rules = self.valid("agreement", day)
        return next((rule for rule in rules if subject in rule.concerns), None)


@cache
def rule_packs() -> dict[str, RulePack]:
    """Every pack of the package by its country (ISO 3166-1, two letters)."""
    found: dict[str, RulePack] = {}
    for file in resources.files("paceline.engine.settlement").joinpath("packs").iterdir():
        if file.name.endswith(".yaml"):
            pack = _read(file.read_text(encoding="utf-8"), file.name)
            found[pack.country] = pack
    return found


def _read(text: str, name: str) -> RulePack:
    document = cast("dict[str, Any]", plain(read_document(text, name=name)))
    country = document["country"]
    return RulePack(
        country,
        document["notice"],
        tuple(
            Rule(
                rule["id"],
                rule["kind"],
                Decimal(rule["share"].removesuffix("%")).scaleb(-2) if "share" in rule else None,
                tuple(rule.get("concerns", ())),
                rule["law"],
                rule["article"],
                date.fromisoformat(rule["valid_from"]),
                date.fromisoformat(rule["valid_before"]) if "valid_before" in rule else None,
                f"packs/{country}/{rule['id']}",
            )
            for rule in document["rules"]
        ),
    )
