from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.accounts import views

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("preferences", views.preferences, name="preferences"),
    path("security", views.security, name="security"),
    path("address", views.address, name="address"),
    path("address/<str:token>", views.address_link, name="address_link"),
    path("sessions/others/end", views.end_other_sessions, name="other_sessions_end"),
    path("sessions/<int:pk>/end", views.end_session, name="session_end"),
    # An administrator keeps addresses and opens accounts; the sign-in library's own pages for that
    # are hidden by these.
    path("email/", views.closed_door, name="no_addresses"),
    path("signup/", views.closed_door, name="no_sign_up"),
    path("confirm-email/", views.closed_door, name="no_confirmation"),
    path("sessions/", views.closed_door, name="no_session_list"),
]
