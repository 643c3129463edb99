"""What all addresses of sequences share: the area, short types, and how a write is told."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.db.models import Exists, OuterRef, Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop
from ninja import Schema
from pydantic import ConfigDict, Field

from paceline.crm.actions import FactsInvalid
from paceline.crm.models import Segment
from paceline.kernel import formats
from paceline.kernel.interface import (
    Area,
)
from paceline.kernel.interface.problems import unseen
from paceline.kernel.interface.refusals import Refusals
from paceline.org.requests import TokenRequest
from paceline.sequences import actions, wording
from paceline.sequences.models import (
    Sequence,
    Version,
)

AREA = Area("sequences", gettext_lazy("Sequences of steps with customers"), writes=True)
router = AREA.router()
NUMBER = noop("Employee number.")
TEAM = noop("Code of the team.")
ID_MAX = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=ID_MAX)]
Kind = Literal["company", "contact", "lead"]
Language = Annotated[str, Field(pattern="^[a-z]{2}(-[A-Z][A-Za-z]{1,3})?$")]


class Sent(Schema):
    """What a program sends; a member that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


def sequences_of(request: TokenRequest) -> Any:
    later = Version.objects.filter(sequence=OuterRef("sequence"), number__gt=OuterRef("number"))
    latest = Version.objects.filter(~Exists(later)).prefetch_related("steps__person")
    rows = Sequence.objects.visible_to(request.person).kept().select_related("team")
    return rows.prefetch_related(Prefetch("versions", queryset=latest, to_attr="latest"))


def _word(refused: Exception) -> str:
    if isinstance(refused, actions.TooManyToStart):
        return _("At most %(most)s at once; narrow the list.") % {
            "most": formats.number(actions.START_MAX)
        }
    return wording.refusal(refused)


written = Refusals(
    worded=wording.REFUSALS, word=_word, members={actions.TooManyToStart: "records"},
    faulty=(FactsInvalid,),
).written  # fmt: skip


def segment_of(request: TokenRequest, pk: int) -> Segment:
    found: Segment | None = Segment.objects.visible_to(request.person).filter(pk=pk).first()
    if found is None:
        raise unseen("segment")
    return found
