from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.web.views import gallery, home, palette

app_name = "web"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.show, name="home"),
    path("palette", palette.index, name="palette"),
    path("gallery", gallery.show, name="gallery"),
]
