"""The identity row of the reply form: log in and out without losing the draft, switch to guest, reload the row."""

from collections.abc import Mapping
from typing import Any

from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
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
from blog.views import render_essay
from comments.models import Discussion, Rules, Wording
from comments.posting import drafts
from comments.posting.forms import NO_DRAFT, CommentForm, details_form
from comments.screening import author_record, screening
from comments.screening.screening import Blocked, Draft, Sender

SITE_ACCOUNT = "site"  # the site's own accounts, among the providers


@require_POST
def connect(request: Request, provider: str, **address: Any) -> HttpResponse:
    """Start a login in a popup, or in this tab with the draft saved in the session."""
    essay = Discussion.objects.get_essay_or_404(request.user, **address)
    is_popup = "window" in request.POST
    back = reverse("login_done") if is_popup else form_url(request, essay)
    if oauth_start.is_rate_limited(request):
        return redirect(redirects.add_outcome(back, "often")) if is_popup else too_many_attempts(request, essay)
    if not is_popup:
        drafts.save(request, essay)
    if provider == SITE_ACCOUNT:
        return redirect(f"{reverse('account_login')}?{urlencode({'next': back})}")
    return oauth_start.redirect_to_provider(request, provider, AuthProcess.LOGIN, back)


@require_POST
def log_out(request: Request, **address: Any) -> HttpResponse:
    """Log out; the draft stays in the page or in the next session."""
    essay = Discussion.objects.get_essay_or_404(request.user, **address)
    was_logged_in = request.user.is_authenticated
    logout(request, show_message=False)
    if "window" in request.POST:
        return HttpResponse(status=204)
    if not was_logged_in and oauth_start.is_rate_limited(request):
        return too_many_attempts(request, essay)
    drafts.save(request, essay)
    return redirect(form_url(request, essay))


@require_POST
def change(request: Request, **address: Any) -> HttpResponse:
    """Show the row for choosing another identity without logging out, or switch back to the account."""
    essay = Discussion.objects.get_essay_or_404(request.user, **address)
    if not request.user.is_authenticated and oauth_start.is_rate_limited(request):
        return too_many_attempts(request, essay)
    drafts.save(request, essay)
    return redirect(form_url(request, essay, change=None if "keep" in request.POST else "1"))


@require_safe
def identity_fragment(request: Request, **address: Any) -> HttpResponse:
    """Return the row alone, for JavaScript to replace after a login or logout in another window."""
    essay = Discussion.objects.get_essay_or_404(request.user, **address)
    rules = Discussion.objects.for_essay(essay).rules
    response = render(request, "comments/_identity.html", identity_context(request, essay, rules))
    response.headers["Cache-Control"] = "private, no-store"
    return response


def too_many_attempts(request: Request, essay: Essay) -> HttpResponse:
    """Show the submitted form again, because this browser has started too many logins; no draft is saved."""
    rules = Discussion.objects.for_essay(essay).rules
    is_guest = rules.who_may_comment != Rules.Who.LOGIN and not request.user.is_authenticated
    details = details_form(request, rules, request.POST) if is_guest else None
    problem = _("Too many login attempts. Your comment is still below; please try again in a minute.")
    response = render_essay(request, essay, 429, form=CommentForm(request.POST), details=details, problem=problem)
    response.headers["Retry-After"] = "60"
    return response


def form_url(request: HttpRequest, essay: Essay, **more: Any) -> str:
    """Return the URL of the reply form: under the comment being answered, or at the end of the page."""
    parent = request.POST.get("parent", "")
    query = {"replyto": parent if parent.isascii() and parent.isdigit() and len(parent) < 19 else None, **more}
    query_string = urlencode({name: value for name, value in query.items() if value})
    return f"{essay.get_absolute_url()}{f'?{query_string}' if query_string else ''}#respond"


def identity_context(
    request: Any, essay: Essay, rules: Rules, details: DetailsForm | None = None, draft: Mapping[str, Any] = NO_DRAFT
) -> dict[str, Any]:
    """Context of `comments/_identity.html`. `details`: a guest's submitted form; `draft`: their saved draft."""
    user = request.user if request.commenter and isinstance(request.user, User) else None
    is_changing = user is not None and (details is not None or "change" in request.GET)
    is_user = user is not None and not is_changing
    if details is None and not is_user and rules.who_may_comment != Rules.Who.LOGIN:
        details = details_form(request, rules, initial=draft)
    commenter = request.commenter if user else None
    known = None if is_changing else request.commenter or None  # as far as known from this browser
    return {
        "essay_url": essay.get_absolute_url(),
        "commenter": commenter and avatars.template_context(commenter) | {"name": commenter.name, "row": commenter},
        "account": identity.account_name(request) if commenter else "",
        "is_changing": is_changing,
        "details": None if is_user else details,
        "icons": login_icons(str(request.site)),
        "login_problem": login_problem(request.GET.get("login", "")),
        "login_problems": login_problems(),
        "rules": rules,
        "hint": moderation_hint(essay, rules, known, request.META["REMOTE_ADDR"]),
    }


def login_icons(site: str) -> list[Any]:
    """Return the site's own login, then the providers: each with `key`, `name` and `mark`."""
    return [{"key": SITE_ACCOUNT, "name": site, "mark": "site"}, *settings.PROVIDERS]


def login_problem(outcome: str) -> str | None:
    """Return the message for the outcome of a login in the URL; None if it succeeded."""
    return redirects.staff_refusal(outcome) or login_problems().get(outcome)


def login_problems() -> dict[str, str]:
    """Return the messages for logins that did not succeed, by outcome."""
    return {
        "denied": _("Login canceled. Your comment is still here."),
        "failed": _("We couldn’t log you in. Your comment is still here; try again, or choose another way to comment."),
        "often": _("Too many login attempts. Your comment is still here; please try again in a minute."),
        "lost": _("Your login timed out. Your comment is still here; please try again."),
        "staff": redirects.staff_refusal_text("%s"),  # JavaScript inserts the provider's name
    }


def moderation_hint(essay: Essay, rules: Rules, commenter: Commenter | None = None, address: str = "") -> str:
    """Predict whether a comment will be held, before it is written. Without `commenter`: a new guest's."""
    if commenter is None:
        return hint_for_reason(rules.newcomer_hold)
    record = author_record.load(commenter, essay, address)
    draft = Draft(commenter, Sender(address), Wording(), rules, essay, record.history)
    try:
        reason = screening.expected_hold(draft, is_trusted=record.is_trusted)
    except Blocked as error:
        return str(error)
    return hint_for_reason(reason["code"] if reason else "")


def hint_for_reason(code: str) -> str:
    """Say beside the form why a comment will be held, by the code of the reason."""
    return {
        "": "",
        "everything": _("A moderator reads every comment before it appears."),
        "first": _("A moderator will read your first comment before it appears."),
        "kept": _("A moderator will read your comments before they appear."),
    }[code]
