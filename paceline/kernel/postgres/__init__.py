"""A private PostgreSQL for trials and tests: started when needed, stopped by its last user.

Nothing here needs Django; the settings call :func:`database_url` while they are being read, which
only computes an address. Whoever really uses the database holds :func:`database_running` (or
:func:`running_server`) around that use::

    with database_running():
        call_command("migrate")

The server listens on a Unix socket in a folder of its own, asks for a password, runs as a plain
operating-system user even when root calls, and is shared by all processes that hold a lease on it.
"""

from __future__ import annotations

from paceline.kernel.postgres.binaries import Binaries, PostgresMissing, find_binaries
from paceline.kernel.postgres.secrets import kept_secret
from paceline.kernel.postgres.server import (
    ADMIN,
    OWNER,
    Server,
    ServerBroken,
    database_running,
    database_url,
    default_folder,
    ensure_running,
    is_running,
    renew_database,
    running_server,
    stop,
    tests_folder,
)

__all__ = [
    "ADMIN",
    "OWNER",
    "Binaries",
    "PostgresMissing",
    "Server",
    "ServerBroken",
    "database_running",
    "database_url",
    "default_folder",
    "ensure_running",
    "find_binaries",
    "is_running",
    "kept_secret",
    "renew_database",
    "running_server",
    "stop",
    "tests_folder",
]
