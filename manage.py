#!/usr/bin/env python
"""Django's own commands, for developers. Starts the private PostgreSQL while one runs."""

from __future__ import annotations

import os
import sys

from paceline.kernel import postgres

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paceline.settings.demo")
    from django.core.management import execute_from_command_line

    with postgres.database_running():
        execute_from_command_line(sys.argv)
