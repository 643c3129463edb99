"""What open pages of this app follow, and what its long work is called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from paceline.live import topics, wording


def register() -> None:
    """Register topics and words; called once at start."""
    topics.register("sequences", topics.is_whole_list)
    wording.word_work("sequence_start", _("Beginning a sequence with many"))
    wording.word_steps("sequence_start", {"changing": _("Beginning")})
