"""Settings from the environment. Production reads only this; ``demo`` and ``test`` build on it."""

from __future__ import annotations

from paceline.settings.base import *  # noqa: F403
