"""Every address of the product, by app."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("paceline.web.urls")),
    path("api/", include("paceline.api.urls")),
    path("account/", include("paceline.accounts.urls")),
    path("account/", include("allauth.urls")),
    path("org/", include("paceline.org.urls")),
    path("live/", include("paceline.live.urls")),
    path("notifications/", include("paceline.notifications.urls")),
    path("webhooks/", include("paceline.webhooks.urls")),
    path("imports/", include("paceline.imports.urls")),
    path("orders/", include("paceline.orders.urls")),
    path("shops/", include("paceline.orders.shops.urls")),
    path("quota-plans/", include("paceline.goals.planning.urls")),
    path("goals/", include("paceline.goals.urls")),
    path("crm/", include("paceline.crm.urls")),
    path("leads/", include("paceline.leads.urls")),
    path("sequences/", include("paceline.sequences.urls")),
    path("boards/trello/", include("paceline.boards.trello.urls")),
    path("boards/", include("paceline.boards.urls")),
    path("mail/", include("paceline.mail.urls")),
    path("incentives/", include("paceline.incentives.urls")),
    path("insights/", include("paceline.insights.urls")),
]

handler400 = "paceline.web.views.errors.bad_request"
handler403 = "paceline.web.views.errors.forbidden"
handler404 = "paceline.web.views.errors.not_found"
handler429 = "paceline.web.views.errors.too_many"  # asked by the sign-in library
handler500 = "paceline.web.views.errors.failed"
