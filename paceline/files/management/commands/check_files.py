"""``paceline manage check_files``: after a restore, before anybody relies on it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from paceline.files import queries
from paceline.files.models import StoredFile


class Command(BaseCommand):
    help = "Reads every stored file and compares it with the hash that the database keeps of it."

    def handle(self, *_args: Any, **_given: Any) -> None:
        damaged = list(queries.damaged_files())
        for file in damaged:
            self.stderr.write(f"missing or changed: {file.digest} {file.name}")
        count = StoredFile.objects.count()
        if damaged:
            raise CommandError(f"{len(damaged)} of {count} files are not what they were.")
        self.stdout.write(f"All {count} files are as they were stored.")
