"""Account pages that allauth lacks or that we replace."""

from typing import Any, cast

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import views
from allauth.mfa.webauthn.views import AddWebAuthnView
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import allauth_private
from accounts.allauth_private import auto_generate_recovery_codes, logout, post_authentication, signup_authenticator
from accounts.login import email_verification, mfa, oauth_start, redirects, sessions
from accounts.login.disconnecting import has_other_login_method
from accounts.middleware import Request
from accounts.models import Commenter, User
from accounts.profiles import avatars, identity, renaming
from accounts.profiles.forms import ProfileForm

Type = Authenticator.Type


@require_safe
def login_done(request: Request) -> HttpResponse:
    """Show the last page of the login window, which tells the site's other tabs how the login ended, and closes."""
    outcome = request.GET.get("login", "")
    if refusal := redirects.staff_refusal(outcome):
        return render(request, "account/login_outcome.html", {"outcome": "staff", "refusal": refusal})
    return render(request, "account/login_outcome.html", {"outcome": outcome if outcome in redirects.OUTCOMES else ""})


@require_POST
def start_login(request: Request, provider: str) -> HttpResponse:
    """Redirect to a provider, to log in or, for a logged-in user, to connect an account."""
    if request.user.is_authenticated:
        process, back = AuthProcess.CONNECT, reverse("socialaccount_connections")
    else:
        target = request.POST.get("next", "")
        query = f"?{urlencode({'next': target})}" if target else ""
        process, back = AuthProcess.LOGIN, f"{reverse('account_login')}{query}"
    if oauth_start.is_rate_limited(request):
        return redirect(redirects.add_outcome(back, "failed"))
    return oauth_start.redirect_to_provider(request, provider, process, back)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: Request) -> HttpResponse:
    """Show the user's account page, where name and website can be changed."""
    user = cast(User, request.user)
    commenter = Commenter.objects.for_user(user)
    form = ProfileForm(request.POST or None, initial={"name": commenter.name, "website": commenter.website})
    if request.method == "POST" and form.is_valid():
        try:
            renaming.rename(commenter, **form.cleaned_data, site=str(request.site))
        except ValidationError as error:
            form.add_error("name", error)
        else:
            messages.success(request, _("Changes saved."))
            return redirect("account_me")
    factors_by_type = list(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    context = {
        "commenter": avatars.template_context(commenter) | {"name": commenter.name, "row": commenter},
        "form": form,
        "account": identity.account_name(request),
        "addresses": EmailAddress.objects.filter(user=user).order_by("-primary", "email"),
        "connected": SocialAccount.objects.filter(user=user).order_by("pk"),
        "passkeys": factors_by_type.count(Type.WEBAUTHN),
        "has_app": Type.TOTP in factors_by_type,
        "sessions": sessions.for_user(user).count(),
    }
    return render(request, "account/account.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sessions_page(request: Request) -> HttpResponse:
    """List the user's sessions and end the chosen ones."""
    user = cast(User, request.user)
    current = request.session.session_key
    rows = sessions.for_user(user)
    if request.method == "POST":
        choice = request.POST.get("end", "")
        chosen = rows.exclude(session_key=current) if choice == "others" else rows.filter(pk=sessions.parse_key(choice))
        if current in {sessions.end(session) for session in chosen}:
            logout(request)
            return redirect("account_login")
        messages.success(request, _("Other sessions ended.") if choice == "others" else _("Session ended."))
        return redirect("usersessions_list")
    return render(request, "usersessions/usersession_list.html", {"sessions": rows, "current": current})


@login_required
@reauthentication_required
@require_POST
def remove_password(request: Request) -> HttpResponse:
    """Remove the password of a user who has another login method."""
    user = cast(User, request.user)
    if not has_other_login_method(user):
        messages.error(request, _("Without a password you couldn’t log in again. Verify an email address first."))
        return redirect("account_change_password")
    user.set_unusable_password()
    user.save(update_fields=["password"])
    update_session_auth_hash(request, user)
    sessions.record(request, user)
    messages.success(request, _("Password removed. All other sessions have ended."))
    return redirect("account_me")


class ActivateTOTPView(views.ActivateTOTPView):
    def form_valid(self, form: Any) -> HttpResponse:
        """Show the recovery codes without asking for another code of the app first."""
        response: HttpResponse = super().form_valid(form)
        post_authentication(
            self.request, Authenticator.objects.get(user=self.request.user, type=Type.TOTP), reauthenticated=True
        )
        return response


class AddPasskeyView(AddWebAuthnView):
    def form_valid(self, form: Any) -> HttpResponse:
        """Add a passkey that can be used to log in, and recovery codes for users who need two-factor authentication."""
        user = cast(User, self.request.user)
        passkey = signup_authenticator(
            self.request, user=user, name=form.cleaned_data["name"], credential=form.cleaned_data["credential"]
        )
        post_authentication(self.request, passkey, reauthenticated=True)
        get_account_adapter(self.request).send_notification_mail("mfa/email/webauthn_added", user)
        if mfa.is_required_for(user) and auto_generate_recovery_codes(self.request):
            return redirect("mfa_view_recovery_codes")
        return redirect("mfa_list_webauthn")


class ConfirmCodeView(allauth_private.ConfirmLoginCodeView):
    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form to which address the code was emailed."""
        kwargs: dict[str, Any] = super().get_form_kwargs()
        return kwargs if self.is_resending else {**kwargs, "email": self.state.get("email", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Tell the template whether the code is needed only because strangers guess at the password."""
        return {**super().get_context_data(**kwargs), "is_after_guesses": not self.state["initiated_by_user"]}

    def user_to_log_in(self, user: User) -> User:
        """Return the user who has verified the address: an emailed code verifies it, as a link does."""
        email = self.state.get("email")
        if not email or not self.state["initiated_by_user"]:
            return user
        return email_verification.get_or_create_user(email, name=user.get_full_name())


class ConfirmResetCodeView(allauth_private.ConfirmPasswordResetCodeView):
    def get_form_kwargs(self) -> dict[str, Any]:
        """Tell the form to which address the code was emailed."""
        return {**super().get_form_kwargs(), "email": self.state["email"]}  # type: ignore[no-untyped-call]
