"""Which orders changed since somebody looked: written by a trigger, whatever changed them."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class TouchedOrder(models.Model):
    """That a line of this order came, changed or went. Whoever follows orders takes these away.

    Rows are only added, never met by a second writer: one that is not committed yet cannot be taken
    away with one that is, so that no change is overlooked. An order may stand here several times.
    """

    source = models.CharField(max_length=40)
    order_number = models.CharField(max_length=60)

    def __str__(self) -> str:
        return f"{self.source}/{self.order_number}"


class NamedCustomer(models.Model):
    """A customer as order lines name them, once however many lines do, and by what words they are
    found. Kept by whoever follows orders; it says nothing that no line says.
    """

    name = models.CharField(max_length=200, unique=True)
    folded = models.TextField()
    terms = SearchVectorField()

    class Meta:
        indexes = (GinIndex(fields=["terms"], name="named_customer_terms"),)

    def __str__(self) -> str:
        return f"named customer {self.pk}"
