"""Asking, keeping, putting together, and having it mailed."""

from __future__ import annotations
