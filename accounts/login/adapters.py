"""allauth's adapters: our rules for logging in and for accounts from providers."""

from smtplib import SMTPException
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context as account_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.allauth_private import build_apps_from_settings
from accounts.login import attempts, codes, connecting, devices, email_verification, redirects, sessions
from accounts.login import log as login_log
from accounts.login.backends import find_user_by_login
from accounts.models import User
from accounts.profiles import identity
from accounts.profiles.names import tidy_line
from accounts.providers import requests as provider_requests

STAGES = {
    "allauth.account.stages.LoginByCodeStage": "accounts.login.stages.CodeStage",
    "allauth.account.stages.EmailVerificationStage": "accounts.login.stages.AddressStage",
    "allauth.mfa.stages.AuthenticateStage": "accounts.login.stages.SecondFactorStage",
}
UNSENT_KEY = "unsent_email"  # the address that the last code could not be emailed to
# Messages that repeat what the next page says
SUPPRESSED_MESSAGES = {
    "account/messages/logged_in.txt",
    "account/messages/logged_out.txt",
    "account/messages/login_code_sent.txt",
    "account/messages/email_confirmation_sent.txt",
}
# Account ids that only a broken provider sends, as allauth stores them: many people would share one account
INVALID_UIDS = {"None", "False", "True", "0", "[]", "{}"}
REAUTHENTICATION_METHODS = {
    "reauthenticate": _("Use your password"),
    "mfa_reauthenticate": _("Use a code from your app or a recovery code"),
    "mfa_reauthenticate:webauthn": _("Use a passkey"),
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": _("This code is wrong or has expired. Check your email or request another code."),
        "email_password_mismatch": _("Wrong email address or password."),
        "username_password_mismatch": _("Wrong username or password."),
        "incorrect_password": _("Wrong password."),
        "too_many_login_attempts": _("Too many attempts. Please log in again."),
        "rate_limited": _("Too many requests. Please wait a moment and try again."),
        "duplicate_email": _("You’ve already added this address."),
        "same_as_current": _("We’ve already sent the code to this address. Enter a different one."),
    }

    def get_login_stages(self) -> list[str]:
        """Use our variants of allauth's stages."""
        return [STAGES.get(stage, stage) for stage in super().get_login_stages()]

    def generate_unique_username(self, txts: list[str | None], regex: str | None = None) -> str:
        """Never make a username from an email address: usernames are part of public URLs."""
        return super().generate_unique_username(
            [text for text in txts if text and "@" not in text] or ["reader"], regex
        )

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Check a password, within the limits of accounts.login.attempts. Raises ValidationError."""
        email, username = credentials.get("email", ""), credentials.get("username", "")
        attempt = attempts.begin_password(request, username or email, find_user_by_login(email, username))
        user = super().authenticate(request, **credentials)
        if user:
            attempt.succeed()
        else:
            attempt.fail()
        return user

    def post_login(self, request: HttpRequest, user: Any, **more: Any) -> HttpResponse:
        """Remember the browser as one in which the user has logged in."""
        response: HttpResponse = super().post_login(request, user, **more)
        devices.remember(request, response, user)
        return response

    def login(self, request: HttpRequest, user: Any) -> None:
        """Log the user in, record the session, and update the commenter from the account that was used."""
        super().login(request, user)
        login_log.log_success(request, user)
        request.session.set_expiry(None)  # the default, also for a session that was kept short for drafts
        sessions.start_limits(request.session)
        identity.update_from_account(request, user)
        sessions.record(request, user)

    def logout(self, request: HttpRequest) -> None:
        """End the session, except for drafts of comments."""
        drafts = request.session.get(redirects.DRAFTS_KEY)
        super().logout(request)
        if drafts:
            redirects.store_drafts(request, drafts)

    def is_safe_url(self, url: str) -> bool:
        """Return whether a login may redirect to this URL: only to this host."""
        request = account_context.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())

    def add_message(
        self, request: HttpRequest, level: int, message_template: Any = None, *rest: Any, **more: Any
    ) -> None:
        """Add the message unless it repeats what the next page says, or the email it speaks of could not be sent."""
        is_wanted = request.POST.get("action") == "resend" and UNSENT_KEY not in request.session
        if message_template not in SUPPRESSED_MESSAGES or is_wanted:
            super().add_message(request, level, message_template, *rest, **more)

    def format_email_subject(self, subject: str) -> str:
        """Begin the subject with the owner's name for the site, as in all of our other emails."""
        return gettext("[%(site)s] %(subject)s") % {"site": account_context.request.site.name, "subject": subject}

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send an email immediately, since the person is waiting, and show a message if that fails.

        Emails call the site by the owner's name for it, not by the host of the request.
        """
        request = account_context.request
        prepared = codes.prepare_context(request, template_prefix, email, context)
        if prepared is None:
            return
        site = SimpleNamespace(name=str(request.site), domain=urlsplit(settings.SITE_URL).netloc)
        extra = {"current_site": site, "login_url": settings.SITE_URL + reverse("account_login")}
        try:
            super().send_mail(template_prefix, email, {**extra, **prepared})
            if template_prefix in codes.PURPOSES:
                request.session.pop(UNSENT_KEY, None)
        except (SMTPException, OSError) as error:
            if template_prefix in codes.PURPOSES:
                request.session[UNSENT_KEY] = email
            identity.logger.warning("An email could not be sent: %s", error)
            message = _("We couldn’t send the email. Please try again in a few minutes.")
            messages.error(request, message)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return allauth's methods of reauthentication, with descriptions of our own."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [{**method, "description": REAUTHENTICATION_METHODS[method["id"]]} for method in methods]

    def get_http_user_agent(self, request: HttpRequest) -> str:
        """Return the browser's name for emails."""
        return sessions.describe_browser(super().get_http_user_agent(request))

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Make a missing username from the name alone."""
        user.username = user.username or self.generate_unique_username([user.name])

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Verify an address, and remove it from accounts that only claimed it."""
        confirmed = bool(super().confirm_email(request, email_address))
        if confirmed:
            email_verification.revoke_unverified_claims(email_address.email)
        return confirmed


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """Return the providers in the settings, without a query for others in the database, where we store none."""
        apps_by_provider = build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in apps_by_provider.values() for app in apps]

    def get_requests_session(self) -> requests.Session:
        """Return a session that sends requests through our guarded HTTP client."""
        return provider_requests.create_session()

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Fill in a new user from the provider's data. The name is shown with their comments."""
        user: User = super().populate_user(request, sociallogin, {"email": data.get("email")})
        full_name = f"{data.get('first_name') or ''} {data.get('last_name') or ''}"
        candidates = (data.get("name"), full_name, data.get("username"))
        names = [tidy_line(name, 245) for name in candidates if isinstance(name, str)]
        user.name = next(filter(None, names), "")
        handle = data.get("username")
        wanted: list[str | None] = [handle, user.name] if isinstance(handle, str) else [user.name]
        user.username = AccountAdapter().generate_unique_username(wanted)
        return user

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Create a new account completely or not at all, even if two responses arrive at once."""
        user: User = super().save_user(request, sociallogin, form)
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Trust only some providers to verify addresses, connect the account if asked to, and refuse staff."""
        if sociallogin.account.uid in INVALID_UIDS:
            raise ValueError(f"No account has the key {sociallogin.account.uid!r}.")
        provider = identity.provider_by_id(sociallogin.account.provider)
        for email in sociallogin.email_addresses:
            email.verified = email.verified and bool(provider and provider.verifies_emails)
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            connecting.connect_account(request, sociallogin)
            return
        if not sociallogin.account.pk and any(
            email_verification.belongs_to_staff(email) for email in provider_emails(sociallogin)
        ):
            key = identity.service_by_id(sociallogin.account.provider).key
            login_log.log_failure(request, key, ", ".join(sorted(provider_emails(sociallogin))))
            raise ImmediateHttpResponse(redirects.redirect_refused_staff(sociallogin.state, key))
        if sociallogin.is_existing:
            return
        sociallogin.email_addresses = [email for email in sociallogin.email_addresses if may_claim_email(email)]
        if isinstance(user := sociallogin.user, User):
            user.email = sociallogin.email_addresses[0].email if sociallogin.email_addresses else ""

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """Return whether an address logs in its user: both a trusted provider and our own code have verified it."""
        provider = identity.provider_by_id(login.account.provider)
        verified = EmailAddress.objects.filter(email=email.lower(), verified=True)
        return bool(provider and provider.verifies_emails) and verified.exists()

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Redirect to the page where the login began, which shows what happened."""
        if exception is not None or error != AuthError.CANCELLED:
            identity.logger.warning("Login with %s failed: %s", provider, exception or error)
            login_log.log_failure(request, identity.service_by_id(getattr(provider, "sub_id", str(provider))).key)
        state = (extra_context or {}).get("state")
        outcome = "denied" if error == AuthError.CANCELLED else "failed"
        raise ImmediateHttpResponse(redirects.redirect_after_failure(request, state, outcome))


def provider_emails(login: SocialLogin) -> set[str]:
    """Return every address that the provider sent, verified or not."""
    emails = {email.email for email in login.email_addresses} | {getattr(login.user, "email", "")}
    return {email for email in emails if email}


def may_claim_email(email: EmailAddress) -> bool:
    """Return whether a new user may have this address. First revoke unverified claims to a verified one."""
    if email.verified:
        email_verification.revoke_unverified_claims(email.email)
    others = EmailAddress.objects.filter(email=email.email.lower())
    return not others.exists() and not User.objects.filter(email__iexact=email.email).exists()
