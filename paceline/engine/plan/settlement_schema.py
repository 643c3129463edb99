"""The JSON Schema of the clause `settlement`."""

from __future__ import annotations

from typing import Any

from paceline.engine.plan.settlement import CHOICES, MAX_DAYS, MAX_MONTHS

_ID: dict[str, Any] = {"type": "string", "pattern": "^[a-z][a-z0-9-]{0,62}$"}
_AMOUNT: dict[str, Any] = {"type": ["number", "string"]}
_PERCENT: dict[str, Any] = {"type": "string", "pattern": r"^[0-9]{1,6}(\.[0-9]{1,6})?%$"}
_DAYS: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": MAX_DAYS}
_MONTHS: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": MAX_MONTHS}
_PERIOD: dict[str, Any] = {
    "type": ["string", "integer"],
    "description": "A period such as 2026, 2026H1, 2026Q2, 2026-06 or 2026-02Q.",
}
_NONE: dict[str, Any] = {"const": "none"}
_WORDS: dict[str, Any] = {"oneOf": [_ID, {"type": "array", "items": _ID, "minItems": 1}]}


def settlement_schema() -> dict[str, Any]:
    """Everything but the lists of what the plan does not use is required."""
    return _strict(
        {
            "pay_date": _strict(
                {"days_after_period": {"type": "integer", "minimum": 0, "maximum": 366}}
            ),
            "below_zero": _choice("below_zero"),
            "retroactivity": _choice("retroactivity"),
            "rule_packs": _choice("rule_packs"),
            "eligibility": _strict(
                {
                    key: _choice(f"eligibility/{key}")
                    for key in ("employed_on", "resignation", "probation", "leave")
                }
            ),
            "payment": _payment(),
            "limits": _list(
                _strict(
                    {
                        "id": _ID,
                        "kind": _choice("limits/kind"),
                        "on": _ID,
                        "per": _choice("limits/per"),
                        "amount": _AMOUNT,
                    }
                )
            ),
            "payout": _list(_payout()),
            "draws": _list(_draw()),
            "guarantees": _list(_strict({"id": _ID, **_advance()})),
            "clawbacks": _list(
                _strict(
                    {
                        "id": _ID,
                        "on": _choice("clawbacks/on"),
                        "within_days": {"oneOf": [_DAYS, _NONE]},
                        "amount": _choice("clawbacks/amount"),
                        "recover_at_most": _PERCENT,
                    }
                )
            ),
        },
        ("limits", "payout", "draws", "guarantees", "clawbacks"),
    )


def _strict(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _choice(path: str) -> dict[str, Any]:
    return {"enum": list(CHOICES[path])}


def _payment() -> dict[str, Any]:
    rounding = _strict(
        {key: _choice(f"payment/rounding/{key}") for key in ("mode", "stage")},
    )
    exchange = _strict(
        {
            "rate": {"type": "string"},
            "date": _choice("payment/exchange/date"),
            "quote": _choice("payment/exchange/quote"),
        }
    )
    return {
        "oneOf": [
            _strict({"currency": {"const": "plan"}, "rounding": rounding}),
            _strict({"currency": {"const": "payee"}, "rounding": rounding, "exchange": exchange}),
        ]
    }


def _payout() -> dict[str, Any]:
    common: dict[str, Any] = {"share": _PERCENT}
    parts = [
        _strict({**common, "on": {"enum": ["booking", "cash"]}}),
        _strict({**common, "on": {"const": "return-window"}, "days": _DAYS}),
        _strict({**common, "on": {"enum": ["later", "vesting"]}, "months": _MONTHS}),
    ]
    leaving = _strict({key: _choice(f"payout/leaving/{key}") for key in ("good", "bad")})
    return _strict(
        {
            "id": _ID,
            "component": _WORDS,
            "parts": {**_list({"oneOf": parts}), "minItems": 1},
            "leaving": leaving,
        },
        ("leaving",),
    )


def _advance() -> dict[str, Any]:
    """The amount of a draw or a guarantee, and the periods that it runs in."""
    return {
        "amount": {"anyOf": [{"const": "by-payee"}, _AMOUNT]},
        "first_period": _PERIOD,
        "last_period": {"anyOf": [_NONE, _PERIOD]},
    }


def _draw() -> dict[str, Any]:
    owed = {
        "recovery": _strict({"from": _PERIOD, "share": _PERCENT}),
        "limit": {"anyOf": [_NONE, _AMOUNT]},
    }
    return {
        "oneOf": [
            _strict({"id": _ID, "kind": {"const": "non-recoverable"}, **_advance()}),
            _strict(
                {"id": _ID, "kind": {"enum": ["recoverable", "forgiven"]}, **_advance(), **owed}
            ),
        ]
    }
