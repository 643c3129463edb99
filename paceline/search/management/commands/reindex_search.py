"""Make what can be searched anew from the things themselves."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from paceline.kernel import findable
from paceline.search import actions
from paceline.search.models import SearchDocument


class Command(BaseCommand):
    help = "Makes the search index anew, kind by kind; pages stay in use meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", nargs="*", help="only these kinds")
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where an index is there already"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002 - Django's signature
        if options["if_empty"] and SearchDocument.objects.exists():
            return
        known = list(findable.kinds())
        unknown = sorted(set(options["kind"]) - set(known))
        if unknown:
            self.stderr.write(f"There is no kind {', '.join(unknown)}; known: {', '.join(known)}")
            raise SystemExit(1)
        for kind in options["kind"] or known:
            self.stdout.write(f"{kind}: {actions.rebuild(kind=kind)}")
