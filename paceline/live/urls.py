from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.live import views

app_name = "live"
urlpatterns: list[URLPattern | URLResolver] = [
    path("events", views.events, name="events"),
    path("presence/<slug:kind>/<str:ref>", views.others, name="presence"),
    path("progress/<int:pk>/", views.progress, name="progress"),
    path("progress/<int:pk>/cancel", views.cancel, name="cancel"),
]
