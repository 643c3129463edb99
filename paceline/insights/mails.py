"""A dashboard as a mail: figures and short tables, in the language of whoever receives it."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from paceline.accounts.models import User
from paceline.insights import access
from paceline.insights.charts.tiles import tiles_of
from paceline.insights.models import Dashboard, Mailing
from paceline.insights.queries.desk import Desk
from paceline.insights.queries.shelf import Shelf
from paceline.kernel import formats
from paceline.kernel.periods import zone_named
from paceline.org.models import Person
from paceline.org.queries import at_work

ROWS = 8


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
            tiles = tiles_of(desk, dashboard)
        context = {
            "dashboard": dashboard,
            "tiles": [(one, one.rows[:ROWS]) for one in tiles],
            "site": mailing.site.rstrip("/"),
            "url": reverse("insights:dashboard", args=[dashboard.pk]),
            "day": formats.day(today),
            "language": formats.html_language(),
        }
        subject = _("%(name)s, %(day)s") % {"name": dashboard.name, "day": context["day"]}
        mail = EmailMultiAlternatives(
            subject, render_to_string("insights/mail.txt", context), None, [user.email]
        )
        mail.attach_alternative(render_to_string("insights/mail.html", context), "text/html")
    return mail
