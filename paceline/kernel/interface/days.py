"""Days that a program sends: as far off as a page would take them, and no farther."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from paceline.kernel.periods import YEAR_EARLIEST, YEAR_LATEST

Day = Annotated[date, Field(ge=date(YEAR_EARLIEST, 1, 1), le=date(YEAR_LATEST, 12, 31))]
"""A day from 1800 to 2399; weeks, months and years can be counted from it in both directions."""
