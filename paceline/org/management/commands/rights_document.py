"""Prints docs/rights.md from the matrix that the product asks."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation

from paceline.kernel.rights import document
from paceline.org.models import Role

INTRODUCTION = """
# Rights

Who may do what with which field of which object. This page is written by
`python manage.py rights_document > docs/rights.md` from the `SECTIONS` of each app's `access`
module; the product asks the same rows, and a test fails when this page is behind.

A right comes from a **role** that somebody was given for a time, or from a **relation**: how the
one whom the object is about stands to the one who asks, on the day that counts.

| relation | the object is about |
|---|---|
| self | the one who asks |
| report | somebody who reports to them directly |
| indirect report | somebody who reports to them over others |
| former report | somebody who did so once: read for those days only |
| peer | somebody with the same manager or team: their customers as far as the team shares them |
| other | anybody else |

Where a lead has left, their team keeps its line to them until somebody gives it another one. Until
then whoever led the lead has that team as indirect reports, over several who left in a row too, as
if the lead's last line went on for those below. It stops on the day from which the lead works here
again or has a line again, and where somebody of the team comes to stand above that manager. It is
not so where the lead's line ended otherwise than by their leaving. Whoever left is by it nobody's
indirect report, but a former one. These are rights and views only: what is credited to whom goes by
the reporting lines themselves.

Who else has a statement, a run or a version of a plan open is shown only to those who may read it,
and names only those who may read it too.

Whose figures a lead reads follows from the reporting line, never from a role. The roles salesperson
and team lead open the customers of one's own teams; a lead arranges their pipelines.

**Separation of duties.** Every right to change is `make` or `check`. No role both makes and checks
one object, and one person cannot have two of compensation, finance and administrator. Whoever made
a thing never checks it, whatever their roles; the database refuses it too where it can.
Administrators give rights and accounts; they neither see nor approve pay. Nobody gives rights to
themselves, or changes their own employment, seat or reporting line.

What somebody may not even know of answers 404; what they may know of but not do answers 403.
Running and approving pay needs a second step at sign-in; releasing pay and handing it to payroll
needs a fresh proof on top.
"""


class Command(BaseCommand):
    help = __doc__

    def handle(self, *_args: Any, **_given: Any) -> None:
        with translation.override("en"):
            self.stdout.write(document(INTRODUCTION, Role.values), ending="")
