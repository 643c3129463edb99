"""A dashboard as a mail: charts, figures and short tables, in the language of whoever receives it.

Charts are pictures within the mail, drawn without a browser (``kernel.pictures``), each with what
it shows in words for whoever does not see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from email.mime.image import MIMEImage

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from paceline.accounts.models import User
from paceline.insights import access
from paceline.insights.charts.frame import Cell, Drawn
from paceline.insights.charts.tiles import tiles_of
from paceline.insights.models import Dashboard, Mailing
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.shelf import Shelf
from paceline.kernel import formats
from paceline.kernel.periods import zone_named
from paceline.kernel.pictures import picture_of, said_of
from paceline.org.models import Person
from paceline.org.queries import at_work

ROWS, COLUMNS = 8, 6  # what a mail has room for


@dataclass(frozen=True, slots=True)
class MailedTile:
    """A chart as it stands in a mail: ``cid`` names its picture, ``alt`` says what it shows.

    ``head`` says of each column also whether figures stand in it.
    """

    drawn: Drawn
    head: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[Cell]]
    cid: str = ""
    alt: str = ""
    picture: bytes = b""


def mailed(place: int, drawn: Drawn) -> MailedTile:
    newest = drawn.rows[-ROWS:] if drawn.is_over_time else drawn.rows[:ROWS]
    rows = [row[:COLUMNS] for row in newest]
    first = rows[0] if rows else []
    head = [(text, cell.is_figure) for text, cell in zip(drawn.head, first, strict=False)]
    if drawn.chart is None:
        return MailedTile(drawn, head, rows)
    cid = f"chart-{place}@paceline"
    return MailedTile(drawn, head, rows, cid, said_of(drawn.chart), picture_of(drawn.chart))


def mail_of(mailing: Mailing, shelf: Shelf, at: datetime) -> EmailMultiAlternatives | None:
    """The mail, with what the recipient may read now; ``None`` for somebody who has left, has no
    way in, or sees the dashboard no more."""
    found = at_work(Person.objects.filter(pk=mailing.recipient_id), at)
    user = mailing.recipient.user
    if found is None or not isinstance(user, User) or not user.is_active:
        return None
    person, today = found
    if not access.may_read(person):
        return None
    seen = Dashboard.objects.visible_to(person).kept().filter(pk=mailing.dashboard_id)
    dashboard = seen.prefetch_related("tiles__question").first()
    if dashboard is None:
        return None
    with translation.override(user.language), timezone.override(zone_named(user.time_zone)):
        with closing(Desk(person, today, shelf)) as desk:
            tiles = [
                mailed(place, one)
                for place, one in enumerate(tiles_of(desk, dashboard, has_tables=True))
            ]
        context = {
            "dashboard": dashboard,
            "tiles": tiles,
            "site": mailing.site.rstrip("/"),
            "url": reverse("insights:dashboard", args=[dashboard.pk]),
            "day": formats.day(today),
            "language": formats.html_language(),
        }
        subject = _("%(name)s, %(day)s") % {"name": dashboard.name, "day": context["day"]}
        context["subject"] = subject
        mail = EmailMultiAlternatives(
            subject, render_to_string("insights/mail.txt", context), None, [user.email]
        )
        mail.attach_alternative(render_to_string("insights/mail.html", context), "text/html")
        mail.mixed_subtype = "related"  # type: ignore[attr-defined]
        for one in tiles:
            if one.picture:
                mail.attach(_inline(one))
    return mail


def _inline(tile: MailedTile) -> MIMEImage:
    """The picture of a chart as a part that the page of the mail shows."""
    part = MIMEImage(tile.picture, "png")
    part.add_header("Content-ID", f"<{tile.cid}>")
    part.add_header("Content-Disposition", "inline", filename=f"{tile.drawn.key}.png")
    return part
