"""What apps hand to the shell: things that need attention, and entries of the command palette."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attention:
    """Something waiting for this person, worded in their language; ``weight`` sorts (high first)."""

    text: str
    url: str
    icon: str = "bell"
    weight: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """One hit of the command palette."""

    label: str
    url: str
    detail: str = ""
    icon: str = "arrow-right"
