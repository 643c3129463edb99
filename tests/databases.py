"""The test database: copied from one that was migrated before, and emptied by deleting.

Migrating takes each process seconds, a copy a fraction of one. The migrated one stays in the
private server under the hash of all that made it, until a migration changes. On a company's own
server (``DATABASE_URL``) nothing is left behind: there every process migrates for itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from importlib.metadata import version
from pathlib import Path

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase

from paceline.kernel import postgres
from paceline.kernel.migrating import migrate_if_empty

LIBRARIES = ("django", "django-allauth", "procrastinate")
TEMPLATES = "paceline_migrated_"
# What migrations put into tables and no test changes.
SWEPT_FROM = 256 * 1024  # bytes
KEPT = ["django_migrations", "django_content_type", "auth_permission"]
# Tables that others name by a key which cannot wait for the end of a transaction come last: the
# queue's jobs, which its list of periodic ones names once a worker saw a minute begin.
_TABLES = """
SELECT quote_ident(relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL (%s)
ORDER BY EXISTS (
    SELECT FROM pg_constraint
    WHERE contype = 'f' AND NOT condeferrable AND confrelid = pg_class.oid
), relname
"""
_GROWN = """
SELECT quote_ident(relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > %s
"""
_GUARDED = """
SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger
WHERE NOT tgisinternal AND tgrelid::regclass::text = ANY (%s)
"""


def copy_from_template() -> None:
    """Let the test database be made as a copy of a migrated one; migrate one if there is none."""
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        return
    with (postgres.tests_folder() / "migrating").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _allow_copies()
        connection.settings_dict["TEST"]["TEMPLATE"] = _template()


def be_patient() -> None:
    """Let a transaction of this process stand still for as long as it takes.

    A test is one transaction. On a machine that stood still for a minute its server would end it,
    as it ends one of the product, and the test would fail of that. Processes that a test starts
    keep the product's limit.
    """
    options = connection.settings_dict["OPTIONS"]
    options["options"] = f"{options['options']} -c idle_in_transaction_session_timeout=0"


def _allow_copies() -> None:
    """Let rows be put back past triggers, as ``tests.keeping`` does it."""
    server = postgres.ensure_running(postgres.tests_folder())
    with psycopg.connect(server.url("postgres", role=postgres.ADMIN), autocommit=True) as admin:
        admin.execute(f"GRANT SET ON PARAMETER session_replication_role TO {postgres.OWNER}")


def _template() -> str:
    wanted = TEMPLATES + _state()
    draft = TEMPLATES + "draft"
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [TEMPLATES]
        )
        known = {name for (name,) in cursor.fetchall()}
        if wanted in known:
            return wanted
        for name in known:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {draft}")
    name = connection.settings_dict["NAME"]
    try:
        connection.settings_dict["NAME"] = draft
        migrate_if_empty()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
    with connection.creation._nodb_cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {draft} RENAME TO {wanted}")
    return wanted


def _state() -> str:
    """A hash of everything that tables are made from."""
    found = hashlib.sha256()
    for library in LIBRARIES:
        found.update(f"{library} {version(library)}\n".encode())
    for label in sorted(model._meta.label for model in apps.get_models()):
        found.update(f"{label}\n".encode())
    package = Path(settings.ROOT) / "paceline"
    for path in sorted(package.rglob("migrations/*.py")):
        found.update(f"{path.relative_to(package)}\n".encode())
        found.update(path.read_bytes())
    return found.hexdigest()[:16]


def sweep() -> None:
    """Take away what rolled-back and deleted rows left, where there is much of it.

    The tests' own server does not do it by itself (``postgres.server.THROWAWAY``): what it learned
    of a table while a test filled it would lead that test's queries astray.
    """
    if connection.connection is None or "TEMPLATE" not in connection.settings_dict["TEST"]:
        return
    with connection.cursor() as cursor:
        cursor.execute(_GROWN, [SWEPT_FROM])
        grown = [name for (name,) in cursor.fetchall()]
        if grown:
            cursor.execute(f"VACUUM {', '.join(grown)}")


def delete_all_rows(_case: TransactionTestCase) -> None:
    """Empty the tables after a test that commits, as their owner, past append-only triggers.

    Few tables hold anything, and few rows: deleting these takes a tenth of truncating two hundred
    tables and telling Django's applications of it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [KEPT])
        tables = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})"  # noqa: S608 - from the catalogue
                for name in tables
            )
        )
        filled = {name for (name,) in cursor.fetchall()}
        full = [name for name in tables if name in filled]
        cursor.execute(_GUARDED, [full])
        guarded = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            ";".join(
                [
                    "BEGIN",
                    "SET CONSTRAINTS ALL DEFERRED",
                    *(f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in guarded),
                    *(f"DELETE FROM {name}" for name in full),  # noqa: S608
                    "SET CONSTRAINTS ALL IMMEDIATE",
                    *(f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in guarded),
                    "COMMIT",
                ]
            )
        )
