"""Pages of customers, leads and deals."""

from __future__ import annotations
