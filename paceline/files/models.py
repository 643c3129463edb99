"""Uploaded and produced files, kept once by their content."""

from __future__ import annotations

from django.db import models

from paceline.org.models import Person


class StoredFile(models.Model):
    """Bytes that never change, found by their SHA-256 below ``MEDIA_ROOT``.

    ``removed_at``: nothing needed them any more, and they are gone; the row stays.
    """

    digest = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    stored_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    stored_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
