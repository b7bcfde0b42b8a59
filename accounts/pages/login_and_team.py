"""The owner's admin page for login services, email and invitations."""

from dataclasses import dataclass
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from typing import Any, cast

from allauth.socialaccount.models import SocialAccount
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.login import sessions
from accounts.middleware import Request
from accounts.models import Invitation, User
from accounts.pages import invitations
from accounts.profiles.forms import EmailField, LineField

# For each provider, the page where our redirect URI is entered, and instructions.
CONSOLES = {
    "x": ("https://developer.x.com/en/portal/dashboard", gettext_lazy(
        "In your app’s “User authentication settings”, choose “Web App”, turn on “Request email from users” and enter "
        "the redirect URI under “Callback URI”.")),
    "facebook": ("https://developers.facebook.com/apps/", gettext_lazy(
        "In your app, go to “Use cases”, “Facebook Login”, “Settings” and enter the redirect URI under “Valid OAuth "
        "Redirect URIs”. The client ID and secret are the app ID and app secret.")),
    "wordpress": ("https://developer.wordpress.com/apps/", gettext_lazy(
        "In your application, enter the redirect URI under “Redirect URLs”.")),
    "google": ("https://console.cloud.google.com/auth/clients", gettext_lazy(
        "Create a client of the type “Web application” and enter the redirect URI under “Authorized redirect URIs”.")),
    "apple": ("https://developer.apple.com/account/resources/identifiers/list/serviceId", gettext_lazy(
        "In your Services ID, go to “Sign In with Apple”, “Configure” and enter the redirect URI under “Return URLs”. "
        "The site needs an HTTPS address.")),
    "github": ("https://github.com/settings/developers", gettext_lazy(
        "Create an OAuth app and enter the redirect URI under “Authorization callback URL”.")),
    "microsoft": ("https://entra.microsoft.com/", gettext_lazy(
        "In “App registrations”, go to your app, “Authentication”, platform “Web” and enter the redirect URI under "
        "“Redirect URIs”.")),
    "linkedin": ("https://www.linkedin.com/developers/apps", gettext_lazy(
        "Add the product “Sign In with LinkedIn using OpenID Connect” to your app. Then go to “Auth” and enter the "
        "redirect URI under “Authorized redirect URLs”.")),
}  # fmt: skip


@dataclass(frozen=True)
class Service:
    """A login service and how the owner sets it up."""

    name: str
    is_on: bool
    is_demo: bool
    redirect_uri: str
    missing: str
    console_url: str
    instructions: str
    people: int


def list_services() -> list[Service]:
    """Return the configured services in the order of their icons, then the others."""
    counts = SocialAccount.objects.values("provider").annotate(people=Count("user", distinct=True))
    people = dict(counts.values_list("provider", "people"))
    on = {provider.key: provider for provider in settings.PROVIDERS}
    off = [provider for provider in settings.KNOWN_PROVIDERS if provider.key not in on]
    return [
        describe_service(each, is_on=each.key in on, people=people.get(each.id, 0)) for each in [*on.values(), *off]
    ]


def describe_service(provider: Any, *, is_on: bool, people: int) -> Service:
    """Return what the page shows about a provider; `people` is how many users have connected an account of it."""
    default = (
        provider.server_url,
        gettext_lazy("Register this site as a client on that server, with this redirect URI."),
    )
    console_url, instructions = CONSOLES.get(provider.key, default)
    is_missing = provider.key in CONSOLES and (not is_on or provider.is_demo)
    return Service(
        name=provider.name,
        is_on=is_on,
        is_demo=provider.is_demo,
        redirect_uri=settings.SITE_URL + provider.callback,
        missing=", ".join(provider.names) if is_missing else "",
        console_url=console_url,
        instructions=str(instructions),
        people=people,
    )


class InvitationForm(forms.Form):
    email = EmailField(
        label=gettext_lazy("Email"), max_bytes=100, error_messages={"required": gettext_lazy("Enter an email address.")}
    )
    name = LineField(
        label=gettext_lazy("Name"),
        max_bytes=245,
        help_text=gettext_lazy("Shown with essays and comments. The person you invite can change it later."),
        error_messages={"required": gettext_lazy("Enter a name.")},
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=Invitation.Role.choices, widget=forms.RadioSelect, initial="Authors"
    )

    def clean(self) -> dict[str, Any]:
        """Reject the address of a user who already has the role."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        email, role = data.get("email", ""), data.get("role", "")
        if email and role and (known := invitations.user_with_role(email, role)):
            message = _("This email address belongs to %(name)s, who already has this role.")
            self.add_error("email", ValidationError(message, params={"name": known}))
        return data


@require_http_methods(["GET", "HEAD", "POST"])
def login_and_team_page(request: Request) -> HttpResponse:
    """Show superusers the page, perform the action of a pressed button, or invite a person."""
    user = request.user
    if not isinstance(user, User) or not user.is_superuser:
        raise PermissionDenied
    actions = {"test-mail": send_test_email, "again": resend_invitation, "withdraw": withdraw_invitation}
    if request.method == "POST" and (action := actions.get(request.POST.get("action", ""))):
        action(request, user)
        return redirect("admin-identity")
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and invite(request, form):
        return redirect("admin-identity")
    return render_page(request, form)


def render_page(request: Request, form: InvitationForm) -> HttpResponse:
    now = timezone.now()
    context = {
        **admin.site.each_context(request),
        "title": _("Login and team"),
        "services": list_services(),
        "form": form,
        "invitations": [(row, row.sent + invitations.LIFETIME < now) for row in Invitation.objects.order_by("-sent")],
        "email_is_set": settings.EMAIL_URL_IS_SET,
        "requires_two_factor": settings.STAFF_SECOND_FACTOR,
    }
    return TemplateResponse(request, "admin/identity.html", context, status=422 if form.errors else 200)


def letterhead(request: Request) -> invitations.Letterhead:
    """Return what an invitation's email says of its sender and site."""
    site: Any = request.site
    return invitations.Letterhead(cast(User, request.user).get_full_name(), str(site), site.language)


def invite(request: Request, form: InvitationForm) -> bool:
    """Send the invitation in a valid form, or add an error to the form; return whether it was sent."""
    try:
        by = cast(User, request.user)
        invitation = invitations.invite(**form.cleaned_data, by=by, letterhead=letterhead(request))
    except invitations.AlreadyInvited as error:
        known: Invitation = error.args[0]
        message = _("%(name)s was invited on %(day)s. You can send that invitation again or withdraw it below.")
        form.add_error("email", message % {"name": known.name, "day": date_format(known.sent, "DATE_FORMAT")})
        return False
    messages.success(request, _("We’re sending the invitation to %(email)s.") % {"email": invitation.email})
    return True


def resend_invitation(request: Request, user: User) -> None:
    for invitation in requested_invitations(request):
        invitations.resend(invitation, letterhead=letterhead(request))
        messages.success(request, _("We’re sending another invitation to %(email)s.") % {"email": invitation.email})


def withdraw_invitation(request: Request, user: User) -> None:
    for invitation in requested_invitations(request):
        invitation.delete()
        message = _("Invitation withdrawn. The link sent to %(email)s no longer works.")
        messages.success(request, message % {"email": invitation.email})


def requested_invitations(request: Request) -> list[Invitation]:
    """Return the invitation whose button was pressed, in a list that is empty if it no longer exists."""
    return list(Invitation.objects.filter(pk=sessions.parse_key(request.POST.get("invitation", ""))))


# Email


def send_test_email(request: Request, user: User) -> None:
    """Send a test email now, not in a job, so that the owner sees the mail server's answer."""
    if not user.email:
        messages.error(request, _("You have no email address. Add one under “Your account” first."))
        return
    site = letterhead(request).site
    subject = _("[%(site)s] Test email") % {"site": site}
    body = _("This is a test email from %(site)s (%(url)s). Your email settings work.")
    try:
        EmailMessage(subject, body % {"site": site, "url": settings.SITE_URL}, to=[user.email]).send()
    except (OSError, ValueError) as error:  # SMTPException is an OSError; a wrong port or address is a ValueError
        message = _("The test email to %(email)s wasn’t sent. Check EMAIL_URL. The mail server answered: %(answer)s")
        messages.error(request, message % {"email": user.email, "answer": server_reply(error)})
        return
    if settings.EMAIL_URL_IS_SET:
        message = _("The mail server accepted the test email to %(email)s. Check that it arrives.")
    else:
        message = _("EMAIL_URL is not set, so the test email was only written to a file in DATA_DIR.")
    messages.success(request, message % {"email": user.email})


def server_reply(error: Exception) -> str:
    """Return the mail server's reply in an error, or the error's own text."""
    if isinstance(error, SMTPRecipientsRefused):
        return "; ".join(f"{code} {decode_reply(reply)}" for code, reply in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        return f"{error.smtp_code} {decode_reply(error.smtp_error)}"
    return str(error) or type(error).__name__


def decode_reply(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply
