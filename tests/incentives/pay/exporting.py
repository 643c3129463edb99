"""Handing a period to payroll, and reading what was handed over."""

from __future__ import annotations

import csv
import io
from uuid import UUID

from paceline.files.queries import open_file
from paceline.incentives.actions import payroll, shortfalls
from paceline.incentives.models import PayrollExport, Release, Shortfall
from tests.incentives.pay.conftest import Quarter
from tests.incentives.pay.permissions import EXPORT


def rows_of(export: PayrollExport) -> list[dict[str, str]]:
    with open_file(export.csv_file) as file:
        return list(csv.DictReader(io.StringIO(file.read().decode("utf-8-sig"))))


def make(quarter: Quarter, export_id: UUID = EXPORT) -> PayrollExport:
    world = quarter.world
    return payroll.export_payroll(
        period=quarter.period, export_id=export_id, by=world.ines, at=world.now
    )


def decide(quarter: Quarter, treatment: str, *releases: Release) -> list[Shortfall]:
    """What Dana says of pay below zero."""
    return shortfalls.decide_shortfalls(
        period=releases[0].period,
        releases=[one.pk for one in releases],
        treatment=treatment,
        reason="More came back than was sold.",
        by=quarter.world.dana,
        at=quarter.world.now,
    )
