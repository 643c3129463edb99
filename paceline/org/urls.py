from __future__ import annotations

from django.conf import settings
from django.urls import URLPattern, URLResolver, path

from paceline.org.views import (
    accounts,
    demo,
    hierarchies,
    leaves,
    people,
    rights,
    seats,
    teams,
    tokens,
)

app_name = "org"
urlpatterns: list[URLPattern | URLResolver] = [
    path("people", people.index, name="people"),
    path("people/new", people.create, name="person_new"),
    path("people/<int:pk>", people.show, name="person"),
    path("people/<int:pk>/change", people.change, name="person_change"),
    path("people/<int:pk>/employment", seats.employment, name="person_employment"),
    path("people/<int:pk>/employment/end", seats.employment_end, name="person_employment_end"),
    path("people/<int:pk>/position", seats.position, name="person_position"),
    path("people/<int:pk>/team", seats.team, name="person_team"),
    path("people/<int:pk>/manager", seats.manager, name="person_manager"),
    path("people/<int:pk>/successor", seats.successor, name="person_successor"),
    path("people/<int:pk>/leave", leaves.create, name="leave_new"),
    path("people/<int:pk>/role", seats.role, name="person_role"),
    path("people/<int:pk>/role/<str:role>/end", seats.role_end, name="person_role_end"),
    path("people/<int:pk>/account", accounts.create, name="account_new"),
    path("people/<int:pk>/account/address", accounts.address, name="account_address"),
    path("people/<int:pk>/account/link", accounts.link, name="account_link"),
    path("people/<int:pk>/account/second-step", accounts.second_step, name="account_second_step"),
    path("people/<int:pk>/account/close", accounts.close, name="account_close"),
    path("people/<int:pk>/account/reopen", accounts.reopen, name="account_reopen"),
    path("people/<int:pk>/account/sign-out", accounts.sign_out, name="account_sign_out"),
    path("teams", teams.index, name="teams"),
    path("teams/new", teams.create, name="team_new"),
    path("teams/<int:pk>", teams.show, name="team"),
    path("teams/<int:pk>/change", teams.change, name="team_change"),
    path("hierarchies", hierarchies.index, name="hierarchies"),
    path("hierarchies/new", hierarchies.create, name="hierarchy_new"),
    path("hierarchies/<int:pk>", hierarchies.show, name="hierarchy"),
    path("hierarchies/<int:pk>/name", hierarchies.rename, name="hierarchy_name"),
    path("hierarchies/<int:pk>/places", hierarchies.place, name="hierarchy_place"),
    path("hierarchies/places/<int:pk>/end", hierarchies.end, name="hierarchy_place_end"),
    path("leaves", leaves.index, name="leaves"),
    path("leaves/<int:pk>/change", leaves.change, name="leave_change"),
    path("leaves/<int:pk>/withdraw", leaves.withdraw, name="leave_withdraw"),
    path("positions/new", teams.create_position, name="position_new"),
    path("roles", rights.roles, name="roles"),
    path("roles/new", rights.grant, name="role_new"),
    path("access-review", rights.review, name="access_review"),
    path("audit", rights.audit, name="audit"),
    path("tokens", tokens.index, name="tokens"),
    path("tokens/<int:pk>/revoke", tokens.revoke, name="token_revoke"),
    path("audit/<int:pk>", rights.audit_entry, name="audit_entry"),
]
if settings.DEMO:
    urlpatterns += [
        path("demo", demo.index, name="demo_sign_in"),
        path("demo/<int:pk>", demo.create, name="demo_session"),
    ]
