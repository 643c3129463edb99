"""What is particular to each of the company's three teams: their plans, and what these read."""

from __future__ import annotations
