from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.boards.trello.views import connections, messages, setting_up

app_name = "trello"
urlpatterns: list[URLPattern | URLResolver] = [
    path("in/<str:key>", messages.receive, name="receive"),
    path("<int:pk>", connections.show, name="connection"),
    path("<int:pk>/access", setting_up.access, name="access"),
    path("<int:pk>/board", setting_up.board, name="board"),
    path("<int:pk>/start", setting_up.start, name="start"),
    path("<int:pk>/comparison", connections.compare, name="compare"),
    path("<int:pk>/end", connections.disconnect, name="disconnect"),
    path("members/<int:pk>", connections.member, name="member"),
]
