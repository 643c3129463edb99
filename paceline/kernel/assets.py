"""Which files of the front-end packages are served, and under which names.

Packages hold thousands of files, some of which refer to others that they do not ship. Only those
listed in ``settings.PACKAGE_FILES`` are found: served name → path below ``node_modules``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage, Storage


class PackageFiles(BaseFinder):
    """Finds the listed files of the packages in ``node_modules``."""

    def __init__(self, *_arguments: Any, **_options: Any) -> None:
        self.storage = _Renamed(settings.NODE_MODULES, settings.PACKAGE_FILES)

    def check(self, **_options: Any) -> list[CheckMessage]:
        missing = [name for name in settings.PACKAGE_FILES if not self.storage.exists(name)]
        if not missing or not Path(settings.NODE_MODULES).is_dir():
            return []
        return [Error(f"The front-end packages lack files: {', '.join(missing)}. Run: npm ci")]

    def find(self, path: str, find_all: bool = False, **_options: Any) -> Any:  # noqa: FBT001, FBT002
        found = [self.storage.path(path)] if self.storage.exists(path) else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:  # noqa: ARG002
        return ((name, self.storage) for name in self.storage.names if self.storage.exists(name))


class _Renamed(FileSystemStorage):
    """Files below one folder, each under the name that it is served by."""

    prefix = ""

    def __init__(self, folder: Path, names: dict[str, str]) -> None:
        super().__init__(location=folder)
        self.names = names

    def path(self, name: str) -> str:
        return super().path(self.names.get(name, name))

    def exists(self, name: str) -> bool:
        return name in self.names and super().exists(name)
