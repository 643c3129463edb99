"""Mail to and from customers, the templates it is written with, and mail to many, for programs."""

from __future__ import annotations

from paceline.mail.api import mailings
from paceline.mail.api.mails import AREA, router

__all__ = ["AREA", "mailings", "router"]
