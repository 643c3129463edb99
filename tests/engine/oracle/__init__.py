"""A slow, independent calculator: Python, one row at a time, Decimal and Fraction, no SQL.

It shares with the engine only the checked plan, the formula tree and the rounding of one number. It
is written from docs/calculation.md, whose clause numbers stand beside the code.
"""

from __future__ import annotations

from .run import Expected, Oracle

__all__ = ["Expected", "Oracle"]
