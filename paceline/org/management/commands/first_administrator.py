"""The first person of a new installation, who brings all others in and gives them their rights."""

from __future__ import annotations

import getpass
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from paceline.accounts import actions as accounts
from paceline.org import actions
from paceline.org.models import Role, RoleGrant


class Command(BaseCommand):
    help = "Adds the first administrator; refused once there is one. The password is asked for."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", required=True)
        parser.add_argument("--number", default="1", help="employee number")
        parser.add_argument("--country", required=True, help="two letters, for example TW")
        parser.add_argument("--currency", required=True, help="three letters, for example TWD")
        parser.add_argument("--language", default="en", choices=["en", "zh-hant", "zh-hans"])
        parser.add_argument("--time-zone", default="UTC", help="for example Asia/Taipei")
        parser.add_argument(
            "--password-from-input", action="store_true", help="read it from standard input"
        )

    def handle(self, *_args: Any, **given: Any) -> None:
        now = timezone.now()
        if RoleGrant.objects.filter(role=Role.ADMINISTRATOR).on(now.date()).exists():
            raise CommandError("There is an administrator already; ask them for rights.")
        asks = not given["password_from_input"]
        password = getpass.getpass("Password: ") if asks else input()
        try:
            validate_password(password)
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from None
        terms = actions.Terms(
            given["country"].upper(),
            given["currency"].upper(),
            given["language"],
            given["time_zone"],
        )
        with transaction.atomic():
            person = actions.add_person(
                number=given["number"], name=given["name"], email=given["email"], by=None, at=now
            )
            actions.employ(person=person, terms=terms, starts_on=now.date(), by=None, at=now)
            user = accounts.open_account(email=given["email"], password=password, by=None, at=now)
            accounts.change_preferences(
                user=user, language=terms.language, time_zone=terms.time_zone, at=now
            )
            actions.link_user(person=person, user=user, by=None, at=now)
            # Administrators add nobody, and nobody gives roles to themselves: without
            # HR's right the first person would stay the only one.
            for role in (Role.ADMINISTRATOR, Role.HR):
                actions.grant_role(person=person, role=role, starts_on=now.date(), by=None, at=now)
        self.stdout.write(
            f"{person.name} can sign in with {user.email}, add people as HR and give them their"
            " rights. Another administrator can end the role HR once somebody else has it."
        )
