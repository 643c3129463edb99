"""The index: by what words a thing of any app is found."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class SearchDocument(models.Model):
    """One thing that can be found: ``folded`` are its texts, ``terms`` what is looked up.

    Each term begins with the kind, so that a word of one kind is a word of its own in the index.
    ``keys`` say roughly who might see it. Nothing of this table is ever shown: hits are worded by
    the app that the thing belongs to, under that app's rights.
    """

    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    folded = models.TextField()
    terms = SearchVectorField()
    keys = ArrayField(models.TextField())

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "object_id"], name="search_document_once"),
        )
        indexes = (
            GinIndex(fields=["terms"], name="search_terms"),
            GinIndex(fields=["keys"], name="search_keys"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
