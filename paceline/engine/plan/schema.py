"""The JSON Schema of the plan document, for editors and other programs.

It describes the shape. What a schema cannot say (references, tiers in order, types of formulas) is
checked by `load_plan`, which is the only judge.
"""

from __future__ import annotations

from typing import Any

from paceline.engine.money import DIGITS
from paceline.engine.periods import PERIOD_KINDS
from paceline.engine.plan.components import KINDS
from paceline.engine.plan.model import LANGUAGE_VERSION
from paceline.engine.plan.policies import CHOICES, MEANING

_ID: dict[str, Any] = {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,62}$"}
_AMOUNT: dict[str, Any] = {
    "type": ["number", "string"],
    "description": "An amount in plan currency: at most 13 digits, a point and 4 digits.",
}
_PERCENT: dict[str, Any] = {"type": "string", "pattern": r"^[0-9]{1,6}(\.[0-9]{1,6})?%$"}
_BOUND: dict[str, Any] = {"anyOf": [_PERCENT, _AMOUNT]}
_FORMULA: dict[str, Any] = {"type": "string", "maxLength": 2000}
_TEXT: dict[str, Any] = {
    "oneOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {
                language: {"type": "string"} for language in ("en", "zh-Hant", "zh-Hans")
            },
            "additionalProperties": False,
            "minProperties": 1,
        },
    ]
}
_WORDS: dict[str, Any] = {
    "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
}
_LEVEL: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 50}


def plan_schema() -> dict[str, Any]:
    """The schema of language version 1 (JSON Schema, draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Paceline plan",
        **_mapping(
            {
                "paceline": {"const": LANGUAGE_VERSION},
                "plan": _ID,
                "name": _TEXT,
                "purpose": _TEXT,
                "currency": {"enum": sorted(DIGITS)},
                "period": {"enum": list(PERIOD_KINDS)},
                "attributes": {
                    "type": "object",
                    "additionalProperties": {
                        "enum": ["money", "quantity", "percent", "date", "text", "boolean"]
                    },
                },
                "policies": _policies(),
                "credits": _list(_credit()),
                "measures": _list(_measure()),
                "quotas": _list(_quota()),
                "components": _list(_component()),
            },
            optional=("purpose", "attributes", "quotas"),
        ),
    }


def _mapping(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1}


def _policies() -> dict[str, Any]:
    def choice(key: str) -> dict[str, Any]:
        return {"enum": list(CHOICES[key])}

    properties: dict[str, Any] = {
        "boundary": choice("boundary"),
        "rounding": _mapping({"mode": choice("rounding/mode"), "stage": choice("rounding/stage")}),
        "accumulation": choice("accumulation"),
        "accumulation_order": _WORDS,
        "hierarchy_date": choice("hierarchy_date"),
        "exchange": _mapping({"date": choice("exchange/date"), "rate": {"type": "string"}}),
        "anchor": choice("anchor"),
        "splits": choice("splits"),
    }
    return _mapping(
        {key: {**value, "description": MEANING[key]} for key, value in properties.items()}
    )


def _credit() -> dict[str, Any]:
    levels = {
        "oneOf": [
            {"const": "all"},
            _LEVEL,
            _mapping({"from": _LEVEL, "through": _LEVEL}, ("through",)),
        ]
    }
    return {
        "oneOf": [
            _labelled({"id": _ID, "kind": {"const": "direct"}, "when": _FORMULA}, ("when",)),
            _labelled({"id": _ID, "kind": {"const": "rollup"}, "of": _WORDS, "levels": levels}),
        ]
    }


def _measure() -> dict[str, Any]:
    return {
        "oneOf": [
            _labelled({"id": _ID, "kind": {"const": "sum"}, "of": _FORMULA, "credits": _WORDS}),
            _labelled({"id": _ID, "kind": {"const": "count"}, "credits": _WORDS}),
        ]
    }


def _quota() -> dict[str, Any]:
    return _labelled({"id": _ID, "measure": _ID, "name": {"type": "string"}})


def _labelled(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """A clause that may say what readers call it."""
    return _mapping({**properties, "label": _TEXT}, (*optional, "label"))


def _component() -> dict[str, Any]:
    tier = _mapping(
        {
            "from": _BOUND,
            "to": _BOUND,
            "rate": _BOUND,
        },
        ("to",),
    )
    rates = _mapping(
        {
            "reading": {"enum": ["slice", "whole"]},
            "on": {"enum": ["attainment", "amount"]},
            "quota": _ID,
            "tiers": _list(tier),
        },
        ("quota",),
    )
    condition = {
        "oneOf": [
            _mapping({"attainment": _ID, "at_least": _PERCENT}),
            _mapping({"measure": _ID, "at_least": _AMOUNT}),
        ]
    }
    common: dict[str, Any] = {"id": _ID, "name": _TEXT, "kind": {"enum": list(KINDS)}}
    limits: dict[str, Any] = {"when": condition, "cap": _AMOUNT, "floor": _AMOUNT}
    optional = ("when", "cap", "floor")
    return {
        "oneOf": [
            _mapping({**common, "measure": _ID, "rates": rates, **limits}, optional),
            _mapping({**common, "pays": _mapping({"amount": _AMOUNT}), **limits}, optional),
        ]
    }
