"""Forms of customers, leads, deals and what is written about them."""

from __future__ import annotations
