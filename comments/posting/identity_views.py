"""The identity row of the reply form: log in without losing a word, log out, change, and the row by itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from allauth.socialaccount.providers.base.constants import AuthProcess
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.allauth_private import logout
from accounts.login import oauth_start, redirects
from accounts.middleware import Request
from accounts.models import Commenter, User
from accounts.profiles import avatars, identity
from accounts.profiles.forms import DetailsForm
from blog.models import Essay
from blog.views import draw
from comments.models import Discussion, Rules, Wording
from comments.models.lookup import essay_at
from comments.posting import drafts
from comments.posting.forms import CommentForm
from comments.screening import author_record, screening
from comments.screening.screening import Blocked, Draft, Sender

OWN = "site"  # the site's own accounts, among the providers
NOTHING: Mapping[str, Any] = MappingProxyType({})


@require_POST
def connect(request: Request, provider: str, **address: Any) -> HttpResponse:
    """Off to log in: in a small window of its own, or in this tab, where the draft waits in the session."""
    essay = essay_at(request.user, **address)
    is_in_window = "window" in request.POST
    back = redirects.done() if is_in_window else form_at(request, essay)
    if oauth_start.is_too_often(request):
        return redirect(redirects.with_outcome(back, "often")) if is_in_window else too_often(request, essay)
    if not is_in_window:
        drafts.keep(request, essay)
    if provider == OWN:
        return redirect(f"{reverse('account_login')}?{urlencode({'next': back})}")
    return oauth_start.to(request, provider, AuthProcess.LOGIN, back)


@require_POST
def log_out(request: Request, **address: Any) -> HttpResponse:
    """The session ends; the text stays, in the page or in the session that follows."""
    essay = essay_at(request.user, **address)
    was_in = request.user.is_authenticated
    logout(request, show_message=False)
    if "window" in request.POST:
        return HttpResponse(status=204)
    if not was_in and oauth_start.is_too_often(request):
        return too_often(request, essay)
    drafts.keep(request, essay)
    return redirect(form_at(request, essay))


@require_POST
def change(request: Request, **address: Any) -> HttpResponse:
    """The row again, without logging out; or back to the account as it was."""
    essay = essay_at(request.user, **address)
    if not request.user.is_authenticated and oauth_start.is_too_often(request):
        return too_often(request, essay)
    drafts.keep(request, essay)
    return redirect(form_at(request, essay, change=None if "keep" in request.POST else "1"))


@require_safe
def block(request: Request, **address: Any) -> HttpResponse:
    """The row by itself, for the page that is open while somebody logs in or out elsewhere."""
    essay = essay_at(request.user, **address)
    rules = Discussion.objects.of(essay).rules
    response = render(request, "comments/_identity.html", row(request, essay, rules))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def too_often(request: Request, essay: Essay) -> HttpResponse:
    """Nothing more is put aside for a stranger: the words come back in the page itself."""
    rules = Discussion.objects.of(essay).rules
    is_guest = rules.who_may_comment != Rules.Who.LOGIN and not request.user.is_authenticated
    details = details_form(request, rules, request.POST) if is_guest else None
    problem = _("Too many login attempts. Your comment is still below; please try again in a minute.")
    response = draw(request, essay, 429, form=CommentForm(request.POST), details=details, problem=problem)
    response.headers["Retry-After"] = "60"
    return response


def form_at(request: HttpRequest, essay: Essay, **more: Any) -> str:
    """The address of the reply form as it stood: under the comment being answered, or at the end."""
    parent = request.POST.get("parent", "")
    query = {"replyto": parent if parent.isascii() and parent.isdigit() and len(parent) < 19 else None, **more}
    words = urlencode({name: value for name, value in query.items() if value})
    return f"{essay.get_absolute_url()}{f'?{words}' if words else ''}#respond"


def row(
    request: Any, essay: Essay, rules: Rules, details: DetailsForm | None = None, draft: Mapping[str, Any] = NOTHING
) -> dict[str, Any]:
    """What `comments/_identity.html` draws. `details`: a guest's, as they were sent; `draft`: as they were left."""
    user = request.user if request.commenter and isinstance(request.user, User) else None
    is_changing = user is not None and (details is not None or "change" in request.GET)
    speaks_for_user = user is not None and not is_changing
    if details is None and not speaks_for_user and rules.who_may_comment != Rules.Who.LOGIN:
        details = details_form(request, rules, initial=draft)
    commenter = request.commenter if user else None
    writer = None if is_changing else request.commenter or None  # as far as this browser knows
    return {
        "base": essay.get_absolute_url(),
        "commenter": commenter and avatars.face(commenter) | {"name": commenter.name, "row": commenter},
        "account": identity.account_name(request) if commenter else "",
        "is_changing": is_changing,
        "details": None if speaks_for_user else details,
        "icons": icons(str(request.site)),
        "trouble": trouble(request.GET.get("login", "")),
        "troubles": troubles(),
        "rules": rules,
        "hint": hint(essay, rules, writer, request.META["REMOTE_ADDR"]),
    }


def details_form(request: Any, rules: Rules, data: Any = None, initial: Mapping[str, Any] = NOTHING) -> DetailsForm:
    """A guest's details, as this browser remembers them, was sent them, or left them when somebody went to log in."""
    guest = None if isinstance(request.user, User) else request.commenter or None
    if guest and not guest.name:  # who only ever liked something asked for no more than that
        guest = None
    needs_email = rules.who_may_comment == Rules.Who.DETAILS
    return DetailsForm(data, guest=guest, needs_email=needs_email, initial=dict(initial))


def icons(site: str) -> list[dict[str, str]]:
    return [{"key": OWN, "name": site, "mark": "site"}, *identity.elsewhere()]


def trouble(outcome: str) -> str | None:
    return redirects.staff_refusal(outcome) or troubles().get(outcome)


def troubles() -> dict[str, str]:
    """The ways in which a log-in ends that are not well, in words."""
    return {
        "denied": _("Login canceled. Your comment is still here."),
        "failed": _("We couldn’t log you in. Your comment is still here; try again, or choose another way to comment."),
        "often": _("Too many login attempts. Your comment is still here; please try again in a minute."),
        "lost": _("Your login timed out. Your comment is still here; please try again."),
        "staff": redirects.staff_sentence("%s"),  # the script knows the provider's name
    }


def hint(essay: Essay, rules: Rules, commenter: Commenter | None = None, address: str = "") -> str:
    """What becomes of a comment, as far as that is known before it is written. Without `commenter`: a stranger's."""
    writer = author_record.of(commenter, essay, address)
    draft = Draft(commenter or Commenter(), Sender(address), Wording(), rules, essay, writer.history)
    try:
        reason = screening.foreseen(draft, is_trusted=writer.is_trusted)
    except Blocked as error:
        return str(error)
    return held(reason["code"]) if reason else ""


def held(code: str) -> str:
    return {
        "everything": _("A moderator reads every comment before it appears."),
        "first": _("A moderator will read your first comment before it appears."),
        "kept": _("A moderator will read your comments before they appear."),
    }[code]
