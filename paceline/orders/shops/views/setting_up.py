"""Adding a shop, its secret, and what is needed to ask it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from paceline.kernel.pages import go_to, page
from paceline.orders.access import may_import_lines
from paceline.orders.shops import access, actions, connectors
from paceline.orders.shops.forms import AccessForm, FilesShopForm, SecretForm, ShopForm
from paceline.orders.shops.models import Shop, ShopKind
from paceline.org.models import Person
from paceline.org.requests import PersonRequest


def _address(shop: Shop) -> str:
    return reverse("shops:shop", args=[shop.pk])


def _mine(request: PersonRequest, pk: int) -> Shop:
    """A shop that the person may keep."""
    shop = get_object_or_404(Shop.objects.visible_to(request.person), pk=pk)
    if not access.may_keep_shops(request.person):
        raise PermissionDenied
    return shop


@never_cache
@require_http_methods(["GET", "POST"])
def create(request: PersonRequest) -> HttpResponse:
    """Add a shop; the answer shows its address and secret this once."""
    if not access.may_keep_shops(request.person):
        raise PermissionDenied
    kind = request.GET.get("kind", "")
    if kind == ShopKind.FILES:
        return _create_of_files(request)
    if kind not in connectors.CONNECTORS:
        return page(request, "shops/choose.html", {"kinds": _kinds(request.person)})
    connector = connectors.CONNECTORS[ShopKind(kind)]
    initial = {"time_zone": timezone.get_current_timezone_name()}
    form = ShopForm(
        request.POST or None,
        kind=ShopKind(kind),
        gives_secret=connector.gives_secret,
        initial=initial,
    )
    if request.method == "POST" and form.is_valid():
        try:
            shop, secret = actions.add_shop(
                new=form.new_shop(),
                secret=form.cleaned_data.get("secret", ""),
                by=request.person,
                at=timezone.now(),
            )
        except actions.NameTaken as error:
            form.add_error(error.field, _("Another shop has this already."))
        else:
            return _secret_page(request, shop, secret)
    context = {"form": form, "kind": ShopKind(kind).label}
    return page(request, "shops/new.html", context, status=422 if form.errors else 200)


def _kinds(person: Person) -> list[tuple[str, Any, str]]:
    """The kinds that a person may add: files import order lines in their name."""
    hints = {
        ShopKind.SHOPIFY: _("Webhooks of a Shopify store; compared every night."),
        ShopKind.WOOCOMMERCE: _("Webhooks of a WooCommerce store; compared every night."),
        ShopKind.WEBHOOK: _("Any other shop that can send signed JSON."),
        ShopKind.FILES: _("A shop that leaves CSV or XLSX files."),
    }
    return [
        (kind.value, kind.label, hint)
        for kind, hint in hints.items()
        if kind != ShopKind.FILES or may_import_lines(person)
    ]


def _create_of_files(request: PersonRequest) -> HttpResponse:
    if not may_import_lines(request.person):
        raise PermissionDenied
    initial = {"time_zone": timezone.get_current_timezone_name()}
    form = FilesShopForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given: dict[str, Any] = {"by": request.person, "at": timezone.now()}
        try:
            shop, _nothing = actions.add_shop(new=form.new_shop(), **given)
        except actions.NameTaken as error:
            form.add_error(error.field, _("Another shop has this already."))
        else:
            if form.access():
                actions.set_access(shop=shop, access=form.access(), **given)
            return go_to(request, _address(shop))
    context = {"form": form, "kind": ShopKind.FILES.label}
    return page(request, "shops/new.html", context, status=422 if form.errors else 200)


def _secret_page(request: PersonRequest, shop: Shop, secret: str) -> HttpResponse:
    connector = connectors.of(shop)
    context = {
        "shop": shop,
        "secret": "" if connector is None or connector.gives_secret else secret,
        "receive_url": request.build_absolute_uri(reverse("shops:receive", args=[shop.key])),
        "back": _address(shop),
    }
    return page(request, "shops/secret.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
def secret(request: PersonRequest, pk: int) -> HttpResponse:
    """Renew the signing secret; the old one is good for a day more."""
    shop = _mine(request, pk)
    connector = connectors.of(shop)
    if connector is None:
        raise Http404
    form = SecretForm(request.POST or None) if connector.gives_secret else None
    if request.method == "POST" and (form is None or form.is_valid()):
        given = "" if form is None else form.cleaned_data["secret"]
        made = actions.renew_secret(shop=shop, secret=given, by=request.person, at=timezone.now())
        if form is None:
            return _secret_page(request, shop, made)
        messages.success(request, _("The secret was renewed."))
        return go_to(request, _address(shop))
    status = 422 if form is not None and form.errors else 200
    return page(request, "shops/renew.html", {"shop": shop, "form": form}, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def reach(request: PersonRequest, pk: int) -> HttpResponse:
    """Give what is needed to ask the shop."""
    shop = _mine(request, pk)
    kind = ShopKind(shop.kind)
    is_near = kind is ShopKind.FILES and not shop.options.get("host")
    if kind not in AccessForm.FIELDS or is_near:
        raise Http404
    form = AccessForm(request.POST if request.method == "POST" else None, kind=kind)
    if request.method == "POST" and form.is_valid():
        actions.set_access(shop=shop, access=form.access(), by=request.person, at=timezone.now())
        messages.success(request, _("The access was kept. It is not shown again."))
        return go_to(request, _address(shop))
    status = 422 if form.errors else 200
    return page(request, "shops/access.html", {"shop": shop, "form": form}, status=status)
