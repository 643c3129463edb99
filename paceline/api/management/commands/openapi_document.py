"""Prints the description of the interface: ``manage openapi_document > docs/openapi.json``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from paceline.api.document import as_json


class Command(BaseCommand):
    help = "Print the OpenAPI description of the interface."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(as_json(), ending="")
