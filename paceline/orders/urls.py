from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.orders import views

app_name = "orders"
urlpatterns: list[URLPattern | URLResolver] = [
    path("lines", views.lines, name="lines"),
    path("lines/<int:pk>", views.line, name="line"),
    path("attributes", views.attributes, name="attributes"),
    path("owners", views.owners, name="owners"),
    path("owners/new", views.set_owner, name="owner_new"),
    path("rates", views.rates, name="rates"),
]
