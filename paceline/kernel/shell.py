"""What apps hand to the shell: things that need attention, palette entries, and small marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["neutral", "info", "good", "warning", "bad"]


@dataclass(frozen=True, slots=True)
class Attention:
    """Something waiting for this person, in their language; ``weight`` sorts (high first)."""

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


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in one or two words; the tone only repeats what the words say."""

    text: str
    tone: Tone = "neutral"

    def __str__(self) -> str:
        return str(self.text)
