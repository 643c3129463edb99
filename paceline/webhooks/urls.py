from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.webhooks import views

app_name = "webhooks"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.index, name="list"),
    path("new", views.create, name="new"),
    path("<int:pk>", views.show, name="endpoint"),
    path("<int:pk>/change", views.change, name="change"),
    path("<int:pk>/secret", views.secret, name="secret"),
    path("<int:pk>/state", views.state, name="state"),
    path("<int:pk>/remove", views.remove, name="remove"),
    path("<int:pk>/trial", views.trial, name="trial"),
    path("<int:pk>/messages/<int:message>", views.message, name="message"),
    path("<int:pk>/messages/<int:message>/again", views.again, name="again"),
]
