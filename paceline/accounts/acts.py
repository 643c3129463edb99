"""What the acts of this app are called in the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ACTS = {
    "account_closed": _("Account closed"),
    "account_opened": _("Account opened"),
    "account_reopened": _("Account opened again"),
    "address_changed": _("Sign-in address changed"),
    "authenticator_app_added": _("Authenticator app set up"),
    "authenticator_app_removed": _("Authenticator app removed"),
    "passkey_added": _("Passkey added"),
    "passkey_removed": _("Passkey removed"),
    "password_changed": _("Password changed"),
    "password_link_made": _("Link to set a password made"),
    "preferences_changed": _("Preferences changed"),
    "recovery_codes_made": _("Recovery codes made"),
    "second_step_removed": _("Second step taken away"),
    "session_ended": _("Browser signed out"),
    "sessions_ended": _("Browsers signed out"),
    "sign_in_failed": _("Sign-in failed"),
    "signed_in": _("Signed in"),
    "token_made": _("API token made"),
    "token_revoked": _("API token revoked"),
}
