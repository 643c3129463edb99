"""Currencies that a program sends: codes of money in use, over which no later sum stumbles."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from paceline.kernel.money import CURRENCIES, out_of_use


def _in_use(code: str) -> str:
    if code and code not in CURRENCIES:
        raise ValueError(out_of_use(code))
    return code


Currency = Annotated[str, Field(pattern="^[A-Z]{3}$"), AfterValidator(_in_use)]
"""An ISO 4217 code such as USD."""

CurrencyOrEmpty = Annotated[str, Field(pattern="^([A-Z]{3})?$"), AfterValidator(_in_use)]
"""An ISO 4217 code, or an empty text where no money is meant."""
