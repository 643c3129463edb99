"""Sets up the demonstration company once, and says who can sign in."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from paceline.kernel.processes import Children, own_command
from paceline.org.models import Person
from paceline.web.demo import story
from paceline.web.demo.cast import DOMAIN
from paceline.web.demo.stage import Stage

GATE = 7_340_077
LOG = "desks.log"


class DesksFailed(Exception):
    """The second process broke off; the message is what it said."""


class Desks:
    """A second process that draws the same company up and brings in its customers and boards.

    Until what they stand on is there it waits for a lock that this process holds.
    """

    def __init__(self, stage: Stage, children: Children) -> None:
        self._children, self._log = children, settings.VAR / "log" / LOG
        _ask("pg_advisory_lock")
        day, folder = stage.calendar.as_of.isoformat(), str(stage.folder)
        words = ("manage", "demo_company", "--desks", f"--as-of={day}", f"--folder={folder}")
        children.start("desks", own_command(*words), log=self._log)

    def begin(self) -> None:
        _ask("pg_advisory_unlock")

    def end(self) -> None:
        if self._children.finish("desks") != 0:
            raise DesksFailed(self._log.read_text("utf-8", "replace"))


def _ask(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [GATE])


def _hurry() -> None:
    """A story that breaks off is begun anew: no chapter has to wait for the disk. Nor is it a page
    that somebody waits for: it may be long, and its second process waits for the first.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        for limit in ("idle_in_transaction_session", "lock", "statement"):
            cursor.execute(f"SET {limit}_timeout = 0")


class Command(BaseCommand):
    help = "Brings the demonstration company into an empty installation."
    # Called by a program, it may be told how to wait until there are tables.
    stealth_options = ("wait_for_tables",)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            help="the day the company lives on (default: today); the same day, the same company",
        )
        parser.add_argument("--folder", type=Path, help="where its files are left to be looked at")
        parser.add_argument(
            "--desks",
            action="store_true",
            help="bring in customers and boards alone, beside a process that does the rest",
        )

    def handle(self, *_args: Any, **given: Any) -> None:
        as_of = given["as_of"] or timezone.localdate()
        self.began = monotonic()
        if given["desks"]:
            self._bring_in_desks(self._draw_up(as_of, given["folder"]))
            return
        wait_for_tables = given.get("wait_for_tables")
        stage: Stage | None = None
        if wait_for_tables is not None:
            stage = self._draw_up(as_of, given["folder"])
            wait_for_tables()
        if not Person.objects.filter(email__endswith=f"@{DOMAIN}").exists():
            self._bring_in(stage or self._draw_up(as_of, given["folder"]))
        self._say_who_can_sign_in(as_of)

    def _draw_up(self, as_of: date, folder: Path | None) -> Stage:
        scale = float(settings.DEMO_SCALE)
        return story.draw_up(as_of, folder or settings.VAR / "demo-files", self._say, scale=scale)

    def _bring_in_desks(self, stage: Stage) -> None:
        _hurry()
        _ask("pg_advisory_lock")
        story.tell_of_desks(stage)

    def _bring_in(self, stage: Stage) -> None:
        if Person.objects.exists():
            raise CommandError(
                "There are people already: the demonstration needs an empty company."
            )
        self.stdout.write("Setting up the demonstration company (about two minutes) …")
        _hurry()
        with Children() as children:
            beside = Desks(stage, children) if stage.scale else None
            story.tell(stage, customers=int(settings.DEMO_CUSTOMERS), beside=beside)
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")
            cursor.execute("SELECT pg_current_xact_id()")  # what was kept before is on the disk now
        seconds = monotonic() - self.began
        self.stdout.write(f"\nReady after {seconds:.0f} s. Its files: {stage.folder}")

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
