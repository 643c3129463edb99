"""Charts as pictures and in words, where no page draws them: in mail."""

from __future__ import annotations

from paceline.kernel.pictures.drawing import picture_of
from paceline.kernel.pictures.words import said_of

__all__ = ["picture_of", "said_of"]
