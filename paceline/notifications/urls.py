from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.notifications import views

app_name = "notifications"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.index, name="list"),
    path("bell", views.bell, name="bell"),
    path("read", views.read_all, name="read_all"),
    path("<int:pk>/read", views.read, name="read"),
]
