"""Who may use the addresses of accounts, and which of the sign-in library's are open."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from paceline.accounts.address_links import make_link_token
from tests.api.calling import program_for
from tests.permission_table import EVERYONE, NOBODY, Url
from tests.world import World


def _session(world: World) -> dict[str, int]:
    """A session of Priya's: nobody else may know of it."""
    row = UserSession.objects.create(user=world.priya.user, ip="127.0.0.1", session_key="kept")
    return {"pk": row.pk}


def _link(world: World) -> dict[str, str]:
    """The link that Priya was sent: nobody else's address changes by it."""
    return {"token": make_link_token(world.priya.user, "new@example.com")}  # type: ignore[arg-type]


def _passkey(world: World) -> dict[str, int]:
    """A passkey of Priya's: nobody else may take it away here, or know of it."""
    row = Authenticator.objects.create(
        user=world.priya.user, type=Authenticator.Type.WEBAUTHN, data={"name": "Laptop"}
    )
    return {"pk": row.pk}


def _token(world: World) -> dict[str, int]:
    """A token of Priya's: nobody else may know of it here."""
    token = program_for(world.priya).token
    assert token is not None
    return {"pk": token.pk}


URLS = {
    "accounts:preferences": Url(
        allow={"GET": EVERYONE, "POST": EVERYONE},
        data=lambda _world: {"language": "zh-hant"},
        anonymous="open",
    ),
    "accounts:security": Url(allow={"GET": EVERYONE}),
    "accounts:second_steps": Url(allow={"GET": EVERYONE}),
    "accounts:passkey_remove": Url(
        args=_passkey, allow={"GET": {"priya"}, "POST": {"priya"}}, hidden=404
    ),
    "accounts:proof_by_password": Url(allow={"GET": EVERYONE, "POST": EVERYONE}),
    "accounts:proof_by_code": Url(allow={"GET": EVERYONE, "POST": EVERYONE}),
    "accounts:proof_by_passkey": Url(allow={"GET": EVERYONE, "POST": EVERYONE}),
    "accounts:app_remove": Url(allow={"GET": EVERYONE, "POST": EVERYONE}),
    "accounts:address": Url(
        allow={"GET": EVERYONE, "POST": EVERYONE},
        data=lambda _world: {"email": "new@example.com"},
    ),
    "accounts:address_link": Url(
        args=_link, allow={"GET": {"priya"}, "POST": {"priya"}}, hidden=410
    ),
    "accounts:other_sessions_end": Url(allow={"POST": EVERYONE}),
    "accounts:tokens": Url(allow={"GET": EVERYONE}),
    "accounts:token_new": Url(
        allow={"GET": EVERYONE, "POST": EVERYONE},
        data=lambda _world: {"name": "Shop", "days": "30", "reads": ["org:read"]},
    ),
    "accounts:token_revoke": Url(args=_token, allow={"POST": {"priya"}}, hidden=404),
    "accounts:session_end": Url(args=_session, allow={"POST": {"priya"}}, hidden=404),
    **{
        f"accounts:{name}": Url(allow={"GET": NOBODY, "POST": NOBODY}, hidden=404, anonymous="open")
        for name in ("no_addresses", "no_sign_up", "no_confirmation", "no_session_list")
    },
}

OPEN = (
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_login_code",
    "account_email_verification_sent",
    "account_confirm_email",
    "mfa_authenticate",
    "mfa_login_webauthn",
)
SIGNED_IN = (
    "account_email",
    "account_change_password",
    "account_set_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "usersessions_list",
)
LIBRARY = {**dict.fromkeys(OPEN, "open"), **dict.fromkeys(SIGNED_IN, "login")}
