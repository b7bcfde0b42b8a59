"""Decisions by signed email links (one comment, one moderator, one week), and the choice of moderation emails."""

from typing import Any

from django import forms
from django.core.signing import SignatureExpired
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from accounts.models import QueueMail, User
from comments.models import Comment, Decision, Reason, Report, Rules, Status
from comments.notifications import signed_links
from comments.notifications.messages import ACTION_LABELS
from comments.notifications.signed_links import DecisionToken
from comments.notifications.views import limit_referrer
from comments.reports import appeals
from comments.threads import removals
from moderation.decisions import digest
from moderation.decisions.actions import AlreadyDecided
from moderation.decisions.in_words import describe_decision
from moderation.decisions.rights import Rights, moderator_required, rights_of
from moderation.queue.deciding import MESSAGE_LENGTH, VERBS, rejection_options


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def decide_by_email(request: Request, token: str) -> HttpResponse:
    """Show the comment with buttons to decide about it; GET changes nothing, because mail scanners open links."""
    try:
        link = signed_links.read_decision_token(token)
    except SignatureExpired:
        return render_problem(request, 410, _("This link has expired. Look for the comment in the queue."))
    found = link and moderator_and_comment(link)
    if not link or not found:
        return render_problem(request, 404, _("This link is not valid. Copy the whole link from the email."))
    user, comment = found
    action = request.POST.get("action", "")
    if action in available_actions(comment, link):
        verb, expected = VERBS[action], {"expected_status": link.status, "expected_wording": link.wording}
        try:
            verb(comment, by=user, **expected, **rejection_options(request, verb))
        except (AlreadyDecided, Comment.DoesNotExist):
            return render_page(request, 409, link, user)
        return limit_referrer(redirect(request.path))
    return render_page(request, 409 if request.method == "POST" else 200, link, user)


def moderator_and_comment(link: DecisionToken) -> tuple[User, Comment] | None:
    """Return the moderator a link was sent to and its comment, or None if they may no longer decide about it."""
    user = User.objects.filter(pk=link.user).first()
    rights = rights_of(user) if user else None
    if user is None or rights is None:
        return None
    rows = rights.comments().select_related("commenter", "wording", "essay", "parent__commenter")
    comment = rows.filter(pk=link.comment).first()
    return (user, comment) if comment and comment.wording else None


def available_actions(comment: Comment, link: DecisionToken) -> list[str]:
    """Return the names of the actions for a comment; none if it has changed since the email was sent."""
    if (comment.status, comment.wording_id) != (link.status, link.wording):
        return []
    match comment.status:
        case Status.PENDING:
            return ["approve", "spam", "trash"]
        case Status.APPROVED:
            return ["keep", "spam", "trash"] if comment.reports else []
    return ["approve", "deny"] if appeals.has_open_appeal(comment) else []


def render_page(request: Request, status: int, link: DecisionToken, user: User) -> HttpResponse:
    """Render the page that a link leads to: the comment as it is now, with the actions that are still available."""
    found = moderator_and_comment(link)
    if found is None:
        return render_problem(request, 404, _("This comment no longer exists."))
    comment = found[1]
    ways = available_actions(comment, link)
    preferred = request.GET.get("do")
    context = {
        "comment": comment,
        "moderator": user,
        "actions": [(way, ACTION_LABELS[way]) for way in sorted(ways, key=lambda way: way != preferred)],
        "reports": Report.objects.open().filter(comment=comment) if comment.reports and ways else (),
        "removal": removals.for_comments([comment.pk]).get(comment.pk) if "deny" in ways else None,
        "reasons": Reason.objects.filter(is_offered=True) if "spam" in ways else (),
        "change": "" if ways else describe_change(comment, link, user),
        "unsent": request.POST.get("told", "")[:MESSAGE_LENGTH].strip(),
    }
    return limit_referrer(render(request, "moderation/decision_by_email.html", context, status=status))


def describe_change(comment: Comment, link: DecisionToken, user: User) -> str:
    """Return a sentence on how the comment changed after the email was sent; `user` reads it."""
    if comment.wording_id != link.wording and comment.status == link.status:
        return _("This comment was edited after we sent the email. Please review it in the queue.")
    newest = Decision.objects.select_related("moderator", "rule").filter(comment=comment).first()
    if newest is None or newest.after != comment.status:
        return _("This comment is already %(status)s.") % {"status": comment.get_status_display()}
    return _("Already moderated: %(how)s.") % {"how": describe_decision(newest, user)}


def render_problem(request: Request, status: int, sentence: str) -> HttpResponse:
    """Show an error page that reveals neither the moderator nor the comment."""
    context = {"heading": _("This link can’t be used"), "sentence": sentence}
    return limit_referrer(render(request, "problem.html", context, status=status))


class FrequencyForm(forms.Form):
    queue_mail = forms.ChoiceField(choices=QueueMail.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        default = QueueMail(Rules.objects.current().moderator_emails).label
        site = (QueueMail.SITE, _("site default (%(how_often)s)") % {"how_often": default})
        self.fields["queue_mail"].choices = [site, *QueueMail.site_choices()]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@moderator_required
def choose_frequency(request: Request, rights: Rights) -> HttpResponse:
    """Let a moderator choose how often we email them about the queue."""
    form = FrequencyForm(request.POST or None, initial={"queue_mail": rights.user.queue_mail})
    if form.is_valid():
        digest.set_email_frequency(rights.user, QueueMail(form.cleaned_data["queue_mail"]))
        return redirect(f"{request.path}?said=saved")
    context = {"form": form, "is_saved": request.GET.get("said") == "saved", "email": rights.user.email}
    return render(request, "moderation/email_frequency.html", context, status=422 if form.is_bound else 200)
