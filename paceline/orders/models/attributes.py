"""Further columns of order lines that a company's own plans read: what they are called, and how."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

NAME_SHAPE = r"^[a-z][a-z0-9_]*$"


class AttributeType(models.TextChoices):
    """What an attribute holds; plans know a person's number as a text."""

    TEXT = "text", pgettext_lazy("attribute", "Text")
    PERSON = "person", pgettext_lazy("attribute", "Person")
    BOOLEAN = "boolean", pgettext_lazy("attribute", "Yes or no")
    DATE = "date", pgettext_lazy("attribute", "Date")
    MONEY = "money", pgettext_lazy("attribute", "Money")
    QUANTITY = "quantity", pgettext_lazy("attribute", "Quantity")
    PERCENT = "percent", pgettext_lazy("attribute", "Percentage")


class LineAttribute(models.Model):
    """An attribute that order lines may have: plans know it by its name, people by its label."""

    name = models.CharField(
        _("name in plans"), max_length=40, unique=True, validators=[RegexValidator(NAME_SHAPE)]
    )
    label = models.CharField(_("label"), max_length=60)
    type = models.CharField(
        pgettext_lazy("attribute", "holds"), max_length=8, choices=AttributeType.choices
    )

    class Meta:
        ordering = ("label", "id")
        constraints = (
            models.CheckConstraint(
                name="line_attribute_name_shape", condition=Q(name__regex=NAME_SHAPE)
            ),
        )

    def __str__(self) -> str:
        return self.label
