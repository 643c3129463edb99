"""Small files that tests bring."""

from __future__ import annotations

LINES = """Order,Line,Order date,Payee,Amount,Currency
A-1,1,2026-07-01,{priya},100.00,USD
A-1,2,2026-07-01,{priya},50.50,USD
A-2,1,2026-07-02,nobody,10.00,USD
"""
