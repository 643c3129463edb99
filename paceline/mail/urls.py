from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.mail.views import mails, many, public, server, templates

app_name = "mail"
urlpatterns: list[URLPattern | URLResolver] = [
    path("server", server.show, name="server"),
    path("server/trial", server.trial, name="server_trial"),
    path("templates", templates.index, name="templates"),
    path("templates/new", templates.add, name="template_new"),
    path("templates/<int:pk>", templates.change, name="template"),
    path("templates/<int:pk>/remove", templates.remove, name="template_remove"),
    path("write/<crm_kind:kind>/<int:pk>", mails.write, name="write"),
    path("<int:pk>", mails.show, name="mail"),
    path("files/<int:pk>", mails.file, name="file"),
    path("many/<int:pk>", many.show, name="mailing"),
    path("u/<str:signed>", public.unsubscribe, name="unsubscribe"),
]
