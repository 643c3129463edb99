"""Handing a file to a browser so that it is saved, never shown or run here."""

from __future__ import annotations

from pathlib import Path

from paceline.kernel.parts import FileInParts

SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"


def attachment(path: Path, *, name: str, media_type: str) -> FileInParts:
    """An answer that saves the file under ``name``. The view has checked the right before.

    Whoever uploaded the bytes chose them: the browser must not guess their type, open them in a
    page of ours, or keep them in a shared cache.
    """
    response = FileInParts(
        path.open("rb"), as_attachment=True, filename=name, content_type=media_type
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["Cache-Control"] = "private, no-store"
    return response
