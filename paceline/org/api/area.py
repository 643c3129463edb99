"""The area, and what its addresses share: people by number, refusals as problem documents."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as noop
from ninja import Schema
from pydantic import ConfigDict

from paceline.kernel.interface import Area
from paceline.kernel.interface.problems import invalid
from paceline.kernel.interface.refusals import Refusals
from paceline.org import wording
from paceline.org.models import Person
from paceline.org.requests import TokenRequest

AREA = Area("org", gettext_lazy("People, teams and positions"), writes=True)
router = AREA.router()
NUMBER = noop("Employee number.")
ENDS_BEFORE = noop("The first day after it; null: until further notice.")
ID_MAX = 2**63 - 1


class Sent(Schema):
    """What a program sends; a member that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


def person_of(request: TokenRequest, number: str, member: str) -> Person:
    """Somebody by their number."""
    found = Person.objects.visible_to(request.person).filter(number=number).first()
    if found is None:
        raise invalid(member, _("Nobody has this number."))
    return found


written = Refusals(worded=wording.REFUSALS, word=wording.refusal).written
