from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.leads.views import forms, inquiries, public, routing

app_name = "leads"
urlpatterns: list[URLPattern | URLResolver] = [
    path("inquiries", inquiries.index, name="inquiries"),
    path("inquiries/report", inquiries.report, name="report"),
    path("hours", routing.own_hours, name="own_hours"),
    path("routing", routing.index, name="routing"),
    path("routing/<int:pk>", routing.desk, name="desk"),
    path("routing/<int:pk>/hours", routing.hours, name="hours"),
    path("routing/<int:pk>/try", routing.trial, name="try"),
    path("routing/<int:pk>/rules/new", routing.add, name="rule_new"),
    path("rules/<int:pk>", routing.rule, name="rule"),
    path("rules/<int:pk>/place", routing.place, name="rule_place"),
    path("rules/<int:pk>/remove", routing.remove, name="rule_remove"),
    path("forms", forms.index, name="forms"),
    path("forms/new", forms.add, name="form_new"),
    path("forms/<int:pk>", forms.change, name="form"),
    path("forms/<int:pk>/state", forms.state, name="form_state"),
    path("quarantine", forms.held, name="held"),
    path("quarantine/<int:pk>/<slug:what>", forms.decide, name="decide"),
    path("f/form.js", public.script, name="public_script"),
    path("f/<str:key>", public.show, name="public_form"),
    path("f/<str:key>/token", public.token, name="public_token"),
    path("f/<str:key>/thanks", public.thanks, name="public_thanks"),
    path("leads/<int:pk>/give", routing.give, name="give"),
]
