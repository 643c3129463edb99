"""What the shell of every page needs, asked once a request."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from paceline.accounts.models import LANGUAGES, Theme
from paceline.kernel import formats
from paceline.kernel.formats import HTML_LANGUAGES
from paceline.notifications import queries as notifications
from paceline.org.models import Person, Role
from paceline.web import navigation

ISLANDS = Path(__file__).parent / "static" / "web" / "islands"


def shell(request: HttpRequest) -> dict[str, Any]:
    found: dict[str, Any] | None = getattr(request, "shell_context", None)
    if found is None:
        found = _everyone() | _own(request)
        request.shell_context = found  # type: ignore[attr-defined]
    return found


def _everyone() -> dict[str, Any]:
    return {
        "islands": islands(),
        "is_demo": settings.DEMO,
        "demo_people_url": reverse("org:demo_sign_in") if settings.DEMO else "",
        "language": translation.get_language(),
        "languages": [(code, name, HTML_LANGUAGES[code]) for code, name in LANGUAGES],
        "preferences_url": reverse("accounts:preferences"),
        "words_unreachable": _("The server cannot be reached. Nothing was changed; try again."),
        "sign_in_url": resolve_url(settings.LOGIN_URL),
        "words_signed_out": _(
            "You have been signed out. Sign in in another tab, then do this again: nothing that you"
            " wrote here is lost."
        ),
        "words_refused": _("That did not work. Nothing was changed; load the page again."),
    }


def _own(request: HttpRequest) -> dict[str, Any]:
    person: Person | None = getattr(request, "person", None)
    user = getattr(request, "user", None)
    theme = getattr(user, "theme", Theme.SYSTEM)
    if person is None:
        return {"person": None, "theme": theme, "navigation": []}
    return {
        "person": person,
        "printed_on": request.today,  # type: ignore[attr-defined]
        "person_initial": person.name[:1],
        "person_roles": formats.listed(str(Role(role).label) for role in sorted(person.roles)),
        "theme": theme,
        "themes": Theme.choices,
        "time_zone": getattr(user, "time_zone", ""),
        "navigation": navigation.navigation(person, request.path),
        "account_pages": navigation.links(navigation.ACCOUNT_PAGES, person),
        "sign_out_url": reverse("account_logout"),
        "notifications_url": reverse("notifications:list"),
        "unread": notifications.unread_count(person),
    }


def islands() -> dict[str, str]:
    """Where each island's module is served from, by name."""
    return {name: static(f"web/islands/{name}.js") for name in _island_names()}


@lru_cache(maxsize=1)
def _island_names() -> tuple[str, ...]:
    return tuple(sorted(file.stem for file in ISLANDS.glob("*.js")))
