"""Pages of pay: what each reader sees, what leads where, and how many queries it takes."""

from __future__ import annotations

import uuid

import pytest
from django.urls import reverse

from paceline.incentives.actions import payroll, threads
from tests.incentives.pay.conftest import PERIOD, Quarter

QUERIES_MAX = 15


@pytest.fixture
def pages(quarter: Quarter) -> dict[str, str]:
    """A quarter that was run twice, released, asked about and handed over: every address of it."""
    quarter.run()
    run = quarter.run()
    statement = quarter.release(run)[0]
    statement = quarter.statement(run, "priya")
    component = statement.components.get()
    thread = threads.ask_about_line(
        component=component,
        line_id="shop/A2/1",
        body="Why 4 %?",
        by=quarter.world.priya,
        at=quarter.world.now,
    )
    export = payroll.export_payroll(
        period=quarter.period, export_id=uuid.uuid4(), by=quarter.world.ines, at=quarter.world.now
    )
    return {
        "periods": reverse("incentives:periods"),
        "run": reverse("incentives:run", args=[run.pk]),
        "statements": reverse("incentives:statements"),
        "statement": reverse("incentives:statement", args=[statement.pk]),
        "lines": reverse("incentives:statement-lines", args=[statement.pk, component.pk, 2]),
        "pdf": reverse("incentives:statement-pdf", args=[statement.pk]),
        "threads": reverse("incentives:threads"),
        "thread": reverse("incentives:thread", args=[thread.pk]),
        "payroll": reverse("incentives:payroll"),
        "preview": reverse("incentives:payroll-preview", args=[PERIOD]),
        "file": reverse("incentives:payroll-file", args=[export.export_id]),
    }


def test_every_page_answers_within_its_queries(
    pages: dict[str, str], quarter: Quarter, client_for, django_assert_max_num_queries
) -> None:
    client = client_for(quarter.world.ines)
    for name, address in pages.items():
        client.get(address)
        with django_assert_max_num_queries(QUERIES_MAX, info=name):
            response = client.get(address)
        assert response.status_code == 200, name
