"""Reading endpoints, messages and tries."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Prefetch, Q, QuerySet

from paceline.org.models import Person, Role, RoleGrant
from paceline.webhooks.models import Attempt, Endpoint, Message


def endpoints_for(person: Person) -> QuerySet[Endpoint]:
    """The endpoints that a person keeps, with how many messages wait and were given up."""
    waiting = Q(messages__delivered_at__isnull=True, messages__given_up_at__isnull=True)
    return Endpoint.objects.visible_to(person).annotate(
        waiting=Count("messages", filter=waiting),
        given_up=Count("messages", filter=Q(messages__given_up_at__isnull=False)),
    )


def messages_of(endpoint: Endpoint) -> QuerySet[Message]:
    """The endpoint's messages, the newest first."""
    return endpoint.messages.order_by("-id")


def message_with_tries(endpoint: Endpoint, pk: int) -> QuerySet[Message]:
    """One message with its tries: two queries."""
    tries = Attempt.objects.order_by("id")
    return endpoint.messages.filter(pk=pk).prefetch_related(Prefetch("attempts", tries))


def administrators(on: date) -> list[Person]:
    """Who keeps the company's connections on a day."""
    grants = RoleGrant.objects.on(on).filter(role=Role.ADMINISTRATOR)
    return [grant.person for grant in grants.select_related("person")]
