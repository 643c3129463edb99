"""Companies and contacts: who buys, how to reach them, and what they allowed."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from paceline.crm.models.records import Record, RecordQuerySet, on_one_record
from paceline.kernel.money import CurrencyField
from paceline.org.models import Person


class Lifecycle(models.TextChoices):
    """How far somebody has come as a customer."""

    PROSPECT = "prospect", pgettext_lazy("lifecycle", "Prospect")
    CUSTOMER = "customer", pgettext_lazy("lifecycle", "Customer")
    REGULAR = "regular", pgettext_lazy("lifecycle", "Regular customer")
    LAPSED = "lapsed", pgettext_lazy("lifecycle", "Lapsed customer")


def _rating_in_range(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name, condition=Q(rating__isnull=True) | Q(rating__gte=1, rating__lte=5)
    )


class CustomerQuerySet(RecordQuerySet):
    """Companies and contacts under the rights of records."""


class Company(Record):
    """An organisation that buys or may buy. ``name_keys`` are what its names are compared by."""

    name = models.CharField(pgettext_lazy("company", "name"), max_length=200)
    latin_name = models.CharField(_("name in Latin letters"), max_length=200, blank=True)
    number = models.CharField(_("customer number"), max_length=60, blank=True)
    registration = models.CharField(_("registration number"), max_length=60, blank=True)
    industry = models.CharField(_("industry"), max_length=120, blank=True)
    people_count = models.PositiveIntegerField(_("number of people"), null=True, blank=True)
    website = models.CharField(_("website"), max_length=300, blank=True)
    address = models.TextField(_("address"), max_length=500, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    territory = models.CharField(_("territory"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    currency = CurrencyField(_("currency"), blank=True)
    lifecycle = models.CharField(
        _("lifecycle"), max_length=10, choices=Lifecycle.choices, default=Lifecycle.PROSPECT
    )
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent company"),
    )
    name_keys = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from"
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("company")
        constraints = (
            _rating_in_range("company_rating_in_range"),
            models.CheckConstraint(
                name="company_is_not_its_own_parent",
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
            ),
        )
        indexes = (
            models.Index(fields=["team", "name"], name="company_team_name"),
            models.Index(fields=["owner", "name"], name="company_owner_name"),
            models.Index(fields=["-changed_at", "id"], name="company_changed"),
            models.Index(fields=["number"], condition=~Q(number=""), name="company_number"),
            GinIndex(fields=["name_keys"], name="company_name_keys"),
        )

    def __str__(self) -> str:
        # The audit trail keeps this for ever, so it never names a customer.
        return f"company {self.pk}"


class Contact(Record):
    """A human being who buys, or who decides or asks for a company."""

    company = models.ForeignKey(
        Company,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("company"),
    )
    name = models.CharField(pgettext_lazy("person", "name"), max_length=200, blank=True)
    latin_name = models.CharField(_("name in Latin letters"), max_length=200, blank=True)
    number = models.CharField(_("customer number"), max_length=60, blank=True)
    title = models.CharField(_("job title"), max_length=120, blank=True)
    department = models.CharField(_("department"), max_length=120, blank=True)
    languages = ArrayField(
        models.CharField(max_length=10), verbose_name=_("languages"), default=list, blank=True
    )
    country = models.CharField(_("country"), max_length=2, blank=True)
    territory = models.CharField(_("territory"), max_length=80, blank=True)
    address = models.TextField(_("address"), max_length=500, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    lifecycle = models.CharField(
        _("lifecycle"), max_length=10, choices=Lifecycle.choices, default=Lifecycle.PROSPECT
    )
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    name_keys = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged_from"
    )

    objects = CustomerQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("contact")
        constraints = (_rating_in_range("contact_rating_in_range"),)
        indexes = (
            models.Index(fields=["team", "name"], name="contact_team_name"),
            models.Index(fields=["owner", "name"], name="contact_owner_name"),
            models.Index(fields=["-changed_at", "id"], name="contact_changed"),
            models.Index(fields=["number"], condition=~Q(number=""), name="contact_number"),
            GinIndex(fields=["name_keys"], name="contact_name_keys"),
        )

    def __str__(self) -> str:
        return f"contact {self.pk}"


class PointKind(models.TextChoices):
    """Ways to reach somebody."""

    MOBILE = "mobile", _("Mobile phone")
    PHONE = "phone", pgettext_lazy("way to reach somebody", "Phone")
    EMAIL = "email", pgettext_lazy("way to reach somebody", "E-mail")
    WECHAT = "wechat", _("WeChat")
    LINE = "line", _("LINE")
    WHATSAPP = "whatsapp", _("WhatsApp")
    TELEGRAM = "telegram", _("Telegram")
    MESSENGER = "messenger", _("Messenger")
    INSTAGRAM = "instagram", _("Instagram")
    DINGTALK = "dingtalk", _("DingTalk")
    FEISHU = "feishu", _("Feishu / Lark")
    SHOP = "shop", _("Shop account")
    OTHER = "other", pgettext_lazy("way to reach somebody", "Other")


PHONES = (PointKind.MOBILE, PointKind.PHONE, PointKind.WHATSAPP)


class ContactPoint(models.Model):
    """One phone number, address or chat name. ``normalised`` is what duplicates are found by."""

    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="points")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="points")
    lead = models.ForeignKey("crm.Lead", models.CASCADE, null=True, related_name="points")
    kind = models.CharField(_("kind"), max_length=12, choices=PointKind.choices)
    value = models.CharField(_("number or address"), max_length=300)
    normalised = models.CharField(max_length=300)
    label = models.CharField(_("label"), max_length=60, blank=True)
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("rank", "id")
        constraints = (
            on_one_record("point_of_one_holder", ("company", "contact", "lead")),
            *(
                models.UniqueConstraint(
                    fields=[holder, "kind", "normalised"],
                    condition=Q(**{f"{holder}__isnull": False}),
                    name=f"point_once_per_{holder}",
                )
                for holder in ("company", "contact", "lead")
            ),
        )
        indexes = (models.Index(fields=["normalised", "kind"], name="point_normalised"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class ConsentChannel(models.TextChoices):
    EMAIL = "email", pgettext_lazy("consent", "E-mail")
    PHONE = "phone", pgettext_lazy("consent", "Phone")
    SMS = "sms", pgettext_lazy("consent", "Text message")
    CHAT = "chat", pgettext_lazy("consent", "Chat")
    POST = "post", pgettext_lazy("consent", "Letter")


class Consent(models.Model):
    """That somebody allowed to be written to or called: who recorded it, when, and from where.

    A withdrawal closes the row and never removes it; a new consent is a new row.
    """

    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="consents")
    lead = models.ForeignKey("crm.Lead", models.PROTECT, null=True, related_name="consents")
    channel = models.CharField(_("channel"), max_length=5, choices=ConsentChannel.choices)
    purpose = models.CharField(_("for what"), max_length=200)
    source = models.CharField(_("where it was given"), max_length=200)
    given_at = models.DateTimeField(_("given"))
    recorded_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True)
    withdrawn_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    withdrawn_source = models.CharField(_("where it was withdrawn"), max_length=200, blank=True)

    class Meta:
        ordering = ("-given_at", "-id")
        constraints = (
            on_one_record("consent_of_one_holder", ("contact", "lead")),
            models.CheckConstraint(
                name="consent_withdrawn_after_given",
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
            ),
            models.UniqueConstraint(
                "contact",
                "channel",
                Lower("purpose"),
                condition=Q(withdrawn_at__isnull=True, contact__isnull=False),
                name="consent_stands_once_per_contact",
            ),
            models.UniqueConstraint(
                "lead",
                "channel",
                Lower("purpose"),
                condition=Q(withdrawn_at__isnull=True, lead__isnull=False),
                name="consent_stands_once_per_lead",
            ),
        )

    def __str__(self) -> str:
        return f"consent {self.pk}"

    @property
    def stands(self) -> bool:
        return self.withdrawn_at is None


class ErasureQuerySet(models.QuerySet[Any]):
    def visible_to(self, person: Person) -> ErasureQuerySet:
        """Whoever could see the contact may know that it was erased."""
        return self.filter(contact__in=Contact.objects.visible_to(person))


class Erasure(models.Model):
    """That a person's data were deleted under data-protection law: who did it, when, and why.

    What is left of the contact is a number without a name, so that orders in closed pay and the
    amounts of deals keep their place. ``removed`` counts what went, by kind; no content.
    """

    contact = models.OneToOneField(Contact, models.PROTECT, related_name="erasure")
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("why"), max_length=300)
    removed = models.JSONField(default=dict)
    orders_kept = models.PositiveIntegerField(default=0)

    objects = ErasureQuerySet.as_manager()

    def __str__(self) -> str:
        return f"erasure of contact {self.contact_id}"


class ErasedKey(models.Model):
    """The fingerprint of a number or address of somebody erased, so that no file brings them back.

    A keyed hash: the number cannot be read from it, only recognised when it comes again.
    """

    digest = models.CharField(max_length=64, unique=True)
    erasure = models.ForeignKey(Erasure, models.PROTECT, related_name="keys")

    def __str__(self) -> str:
        return f"key of erasure {self.erasure_id}"
