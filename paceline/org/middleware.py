"""The person behind the account that asks."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from paceline.org.models import Person


class SignedInPerson:
    """Sets ``request.person``: the signed-in person acting today in their zone, or ``None``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.person = _person(request)  # type: ignore[attr-defined]
        return self.get_response(request)


def _person(request: HttpRequest) -> Person | None:
    if not request.user.is_authenticated:
        return None
    person = Person.objects.filter(user=request.user).prefetch_related("role_grants").first()
    if person is not None:
        person.acting_on = timezone.localdate()
    return person
