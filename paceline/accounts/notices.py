"""What the owner of an account is told by mail when the ways into it changed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# The act as the trail calls it → the subject, and what happened.
NOTICES = {
    "authenticator_app_added": (
        _("An authenticator app was set up"),
        _("An authenticator app was set up as the second step of your sign-in to Paceline."),
    ),
    "authenticator_app_removed": (
        _("Your authenticator app was removed"),
        _("The authenticator app is no longer a second step of your sign-in to Paceline."),
    ),
    "passkey_added": (
        _("A passkey was added"),
        _("A passkey was added with which you can sign in to Paceline."),
    ),
    "passkey_removed": (
        _("A passkey was removed"),
        _("One of the passkeys with which you signed in to Paceline no longer works."),
    ),
    "password_changed": (
        _("Your password was changed"),
        _("The password with which you sign in to Paceline was changed."),
    ),
    "recovery_codes_made": (
        _("New recovery codes were made"),
        _("New recovery codes were made for your sign-in to Paceline; earlier ones are void."),
    ),
}
