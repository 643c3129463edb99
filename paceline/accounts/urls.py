from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from paceline.accounts.views import own, proofs, second_steps, tokens

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("preferences", own.preferences, name="preferences"),
    path("security", own.security, name="security"),
    path("address", own.address, name="address"),
    path("address/<str:token>", own.address_link, name="address_link"),
    path("sessions/others/end", own.end_other_sessions, name="other_sessions_end"),
    path("sessions/<int:pk>/end", own.end_session, name="session_end"),
    path("tokens", tokens.index, name="tokens"),
    path("tokens/new", tokens.create, name="token_new"),
    path("tokens/<int:pk>/revoke", tokens.revoke, name="token_revoke"),
    # An administrator keeps addresses and opens accounts; the sign-in library's own pages for that
    # are hidden by these.
    path("email/", own.closed_door, name="no_addresses"),
    path("signup/", own.closed_door, name="no_sign_up"),
    path("confirm-email/", own.closed_door, name="no_confirmation"),
    path("sessions/", own.closed_door, name="no_session_list"),
    # Where the library's pages for a second step lead back to: its own list of them shows less.
    path("2fa/", own.second_steps, name="second_steps"),
    # The library refuses an account that has no proof as if its role did not allow the page.
    path("reauthenticate/", proofs.by_password, name="proof_by_password"),
    path("2fa/reauthenticate/", proofs.by_code, name="proof_by_code"),
    path("2fa/webauthn/reauthenticate/", proofs.by_passkey, name="proof_by_passkey"),
    # The library's pages would not say that a second step is the last one.
    path("2fa/webauthn/remove/<int:pk>/", second_steps.remove_passkey, name="passkey_remove"),
    path("2fa/totp/deactivate/", second_steps.remove_app, name="app_remove"),
]
