from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.orders.shops.views import attribution, messages, orders, setting_up, shops

app_name = "shops"
urlpatterns: list[URLPattern | URLResolver] = [
    path("in/<str:key>", messages.receive, name="receive"),
    path("", shops.index, name="list"),
    path("new", setting_up.create, name="new"),
    path("<int:pk>", shops.show, name="shop"),
    path("<int:pk>/messages/<int:delivery_pk>", shops.delivery, name="delivery"),
    path("<int:pk>/retry", shops.retry, name="retry"),
    path("<int:pk>/secret", setting_up.secret, name="secret"),
    path("<int:pk>/access", setting_up.reach, name="access"),
    path("<int:pk>/stop/<str:kind>", shops.stop, name="stop"),
    path("<int:pk>/resume", shops.resume, name="resume"),
    path("<int:pk>/comparison", shops.compare, name="compare"),
    path("rules", attribution.rules, name="rules"),
    path("rules/new", attribution.make_rule, name="rule_new"),
    path("rules/<int:pk>/end", attribution.end_rule, name="rule_end"),
    path("slots", attribution.slots, name="slots"),
    path("slots/new", attribution.add_slot, name="slot_new"),
    path("slots/removal", attribution.remove_slots, name="slots_remove"),
    path("claims", attribution.claims, name="claims"),
    path("claims/new", attribution.make_claim, name="claim_new"),
    path("claims/<int:pk>", attribution.claim, name="claim"),
    path("claims/<int:pk>/<str:decision>", attribution.decide, name="claim_decide"),
    path("orders/assignment", orders.assign, name="orders_assign"),
    path("orders", orders.index, name="orders"),
    path("orders/<int:pk>", orders.show, name="order"),
    path("orders/<int:pk>/retry", orders.retry, name="order_retry"),
    path("orders/<int:pk>/book", orders.book, name="order_book"),
]
