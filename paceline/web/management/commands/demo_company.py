"""Sets up the demonstration company once, and says who can sign in."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from paceline.org.models import Person
from paceline.web.demo import story
from paceline.web.demo.cast import DOMAIN


class Command(BaseCommand):
    help = "Brings the demonstration company into an empty installation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            help="the day the company lives on (default: today); the same day, the same company",
        )
        parser.add_argument("--folder", type=Path, help="where its files are left to be looked at")

    def handle(self, *_args: Any, **given: Any) -> None:
        as_of = given["as_of"] or timezone.localdate()
        if not Person.objects.filter(email__endswith=f"@{DOMAIN}").exists():
            self._set_up(as_of, given["folder"] or settings.VAR / "demo-files")
        self._say_who_can_sign_in(as_of)

    def _set_up(self, as_of: date, folder: Path) -> None:
        if Person.objects.exists():
            raise CommandError(
                "There are people already: the demonstration needs an empty company."
            )
        self.began = monotonic()
        self.stdout.write("Setting up the demonstration company (about a minute) …")
        scale, customers = float(settings.DEMO_SCALE), int(settings.DEMO_CUSTOMERS)
        story.tell(as_of, folder, self._say, scale=scale, customers=customers)
        self.stdout.write(f"\nReady after {monotonic() - self.began:.0f} s. Its files: {folder}")

    def _say(self, what: str) -> None:
        self.stdout.write(f"  {monotonic() - self.began:5.1f} s  {what}")

    def _say_who_can_sign_in(self, on: date) -> None:
        self.stdout.write("\nPeople you can sign in as:")
        for door in story.doors(on):
            person = door.person
            name = (
                person.name
                if person.name == person.latin_name
                else (f"{person.name} ({person.latin_name})")
            )
            self.stdout.write(f"  {door.role.label!s:<22} {name}  {person.email}")
