"""A job begins on a connection that lives."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection
from procrastinate.contrib.django import app as queue

from paceline.live.models import LiveEvent
from tests.ops.workers import address_of


@pytest.mark.django_db(transaction=True)
def test_a_job_begins_anew_where_its_connection_went_while_nothing_was_done() -> None:
    """As after a night in which the server was started again: no attempt is lost to it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (mine,) = cursor.fetchone() or (None,)
    name = connection.settings_dict["NAME"]
    with psycopg.connect(address_of(name), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [mine])
    queue.tasks["live.trim_events"].func(timestamp=0)
    assert not LiveEvent.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() != (mine,)
