from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.orders.shops.views import messages, orders, shops

app_name = "shops"
urlpatterns: list[URLPattern | URLResolver] = [
    path("in/<str:key>", messages.receive, name="receive"),
    path("", shops.index, name="list"),
    path("new", shops.create, name="new"),
    path("<int:pk>", shops.show, name="shop"),
    path("<int:pk>/messages/<int:delivery_pk>", shops.delivery, name="delivery"),
    path("<int:pk>/retry", shops.retry, name="retry"),
    path("<int:pk>/secret", shops.secret, name="secret"),
    path("<int:pk>/access", shops.reach, name="access"),
    path("<int:pk>/stop/<str:kind>", shops.stop, name="stop"),
    path("<int:pk>/resume", shops.resume, name="resume"),
    path("orders", orders.index, name="orders"),
    path("orders/<int:pk>", orders.show, name="order"),
    path("orders/<int:pk>/retry", orders.retry, name="order_retry"),
    path("orders/<int:pk>/book", orders.book, name="order_book"),
]
