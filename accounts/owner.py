"""The owner's page about who comes in: accounts elsewhere, mail, invitations; on the stock admin."""

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

from accounts.middleware import Request
from accounts.models import Invitation, User
from accounts.profiles import invitations
from accounts.profiles.forms import EmailField, LineField

# Where each has the page that asks for our address, and how the place is called there.
CONSOLES = {
    "x": ("https://developer.x.com/en/portal/dashboard", gettext_lazy(
        "Your app, “User authentication settings”: a “Web App”, with “Request email from users”; “Callback URI”.")),
    "facebook": ("https://developers.facebook.com/apps/", gettext_lazy(
        "Your app, “Use cases”, “Facebook Login”, “Settings”: “Valid OAuth Redirect URIs”. Its keys are the app’s.")),
    "wordpress": ("https://developer.wordpress.com/apps/", gettext_lazy("Your application: “Redirect URLs”.")),
    "google": ("https://console.cloud.google.com/auth/clients", gettext_lazy(
        "A client of the type “Web application”: “Authorized redirect URIs”.")),
    "apple": ("https://developer.apple.com/account/resources/identifiers/list/serviceId", gettext_lazy(
        "Your Services ID, “Sign In with Apple”, “Configure”: “Return URLs”; only for a site with an https address.")),
    "github": ("https://github.com/settings/developers", gettext_lazy(
        "An OAuth app: “Authorization callback URL”.")),
    "microsoft": ("https://entra.microsoft.com/", gettext_lazy(
        "“App registrations”, your app, “Authentication”, platform “Web”: “Redirect URIs”.")),
    "linkedin": ("https://www.linkedin.com/developers/apps", gettext_lazy(
        "Your app, product “Sign In with LinkedIn using OpenID Connect”, then “Auth”: “Authorized redirect URLs”.")),
}  # fmt: skip


@dataclass(frozen=True)
class Service:
    """One way to log in, as the owner sets it up."""

    name: str
    is_on: bool
    is_demo: bool
    callback: str
    missing: str
    console: str
    words: str
    people: int


def services() -> list[Service]:
    """Those that are on, in the order of their icons, then those that could be."""
    counted = SocialAccount.objects.values("provider").annotate(people=Count("user", distinct=True))
    people = dict(counted.values_list("provider", "people"))
    on = {one.key: one for one in settings.PROVIDERS}
    rest = [known for known in settings.KNOWN_PROVIDERS if known.key not in on]
    return [service(one, is_on=one.key in on, people=people.get(one.id, 0)) for one in [*on.values(), *rest]]


def service(one: Any, *, is_on: bool, people: int) -> Service:
    elsewhere = (one.server_url, gettext_lazy("That server’s own page for clients: the redirect URI."))
    console, words = CONSOLES.get(one.key, elsewhere)
    is_missing = one.key in CONSOLES and (not is_on or one.is_demo)
    return Service(
        name=one.name,
        is_on=is_on,
        is_demo=one.is_demo,
        callback=settings.SITE_URL + one.callback,
        missing=", ".join(one.names) if is_missing else "",
        console=console,
        words=str(words),
        people=people,
    )


class InvitationForm(forms.Form):
    email = EmailField(
        label=gettext_lazy("Email"), max_bytes=100, error_messages={"required": gettext_lazy("Please give an address.")}
    )
    name = LineField(
        label=gettext_lazy("Name"),
        max_bytes=245,
        help_text=gettext_lazy("As it will stand over essays and comments; they can change it."),
        error_messages={"required": gettext_lazy("Please give a name.")},
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=Invitation.Role.choices, widget=forms.RadioSelect, initial="Authors"
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        email, role = data.get("email", ""), data.get("role", "")
        if email and role and (known := invitations.who_has(email, role)):
            words = _("This address is that of %(name)s, who has this role already.")
            self.add_error("email", ValidationError(words, params={"name": known}))
        return data


@require_http_methods(["GET", "HEAD", "POST"])
def identity_page(request: Request) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or not user.is_superuser:
        raise PermissionDenied
    actions = {"test-mail": test_mail, "again": invite_again, "withdraw": withdraw}
    if request.method == "POST" and (action := actions.get(request.POST.get("action", ""))):
        action(request, user)
        return redirect("admin-identity")
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and invite(request, form):
        return redirect("admin-identity")
    return drawn(request, form)


def drawn(request: Request, form: InvitationForm) -> HttpResponse:
    now = timezone.now()
    context = {
        **admin.site.each_context(request),
        "title": _("Who comes in"),
        "services": services(),
        "form": form,
        "invitations": [(row, row.sent + invitations.LASTS < now) for row in Invitation.objects.order_by("-sent")],
        "email_is_set": settings.EMAIL_URL_IS_SET,
        "asks_for_second_factor": settings.STAFF_SECOND_FACTOR,
    }
    return TemplateResponse(request, "admin/identity.html", context, status=422 if form.errors else 200)


def letterhead(request: Request) -> invitations.Letterhead:
    site: Any = request.site
    return invitations.Letterhead(cast(User, request.user).get_full_name(), str(site), site.language)


def invite(request: Request, form: InvitationForm) -> bool:
    try:
        by = cast(User, request.user)
        made = invitations.invite(**form.cleaned_data, by=by, letterhead=letterhead(request))
    except invitations.Already as already:
        known: Invitation = already.args[0]
        words = _("%(name)s was invited already, on %(day)s. Below you can send it again, or withdraw it.")
        form.add_error("email", words % {"name": known.name, "day": date_format(known.sent, "DATE_FORMAT")})
        return False
    messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": made.email})
    return True


def invite_again(request: Request, user: User) -> None:
    for found in chosen(request):
        invitations.invite_again(found, letterhead=letterhead(request))
        messages.success(request, _("Another invitation is on its way to %(email)s.") % {"email": found.email})


def withdraw(request: Request, user: User) -> None:
    for found in chosen(request):
        invitations.withdraw(found)
        messages.success(request, _("Withdrawn: the link that %(email)s got is void.") % {"email": found.email})


def chosen(request: Request) -> list[Invitation]:
    wish = request.POST.get("invitation", "")
    is_number = wish.isascii() and wish.isdigit() and len(wish) < 19
    return list(Invitation.objects.filter(pk=wish)) if is_number else []


# Mail


def test_mail(request: Request, user: User) -> None:
    """At once and not by a job: the owner is to see what the mail server says."""
    if not user.email:
        messages.error(request, _("You have no email address here; add one under “Your account” first."))
        return
    site = letterhead(request).site
    subject = _("[%(site)s] A test mail") % {"site": site}
    body = _("This mail was sent by %(site)s (%(url)s), to see whether its mail arrives. It does.")
    try:
        EmailMessage(subject, body % {"site": site, "url": settings.SITE_URL}, to=[user.email]).send()
    except (OSError, ValueError) as error:  # SMTPException is an OSError; a wrong port or address is a ValueError
        words = _("The test mail to %(email)s was not sent. The mail server answered: %(answer)s")
        messages.error(request, words % {"email": user.email, "answer": answer_in(error)})
        return
    if settings.EMAIL_URL_IS_SET:
        words = _("The mail server took the test mail to %(email)s. See whether it arrives.")
    else:
        words = _("EMAIL_URL is not set: the test mail was written to a file in DATA_DIR, and reaches nobody.")
    messages.success(request, words % {"email": user.email})


def answer_in(error: Exception) -> str:
    """What a mail server said, as it said it."""
    if isinstance(error, SMTPRecipientsRefused):
        return "; ".join(f"{code} {text(said)}" for code, said in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        return f"{error.smtp_code} {text(error.smtp_error)}"
    return str(error) or type(error).__name__


def text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
