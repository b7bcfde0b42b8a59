"""The page where the author of a rejected comment reads the reason and may appeal once."""

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from comments.models import Comment, Discussion, Subscription
from comments.notifications import known_addresses, signed_links
from comments.notifications.views import limit_referrer, too_many_attempts
from comments.posting.forms import TextField
from comments.reports import appeals, outcome_subscriptions
from comments.threads import removals
from comments.threads.viewer import Viewer

MAX_LENGTH = 2000


class AppealForm(outcome_subscriptions.OutcomeForm):
    words = TextField(
        max_length=MAX_LENGTH,
        error_messages={"required": gettext_lazy("Please explain why your comment should be published.")},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: Request, pk: int) -> HttpResponse:
    """Show the author why their comment was rejected, and accept one appeal."""
    comment = find_own_comment(request, pk)
    removal = removals.for_comments([pk]).get(pk)
    if removal is None or not (removal.appeal or removals.is_rejected(comment)):
        raise Http404
    rules = Discussion.objects.for_essay(comment.essay).rules
    may_appeal = removal.may_appeal(comment, rules)
    form = AppealForm(
        request.POST or None,
        known=outcome_subscriptions.known_address(request),
        may_be_mailed=rules.readers_may_follow,
        initial={"email": comment.commenter.email if Viewer.from_request(request).is_author_of(comment) else ""},
    )
    page = {"comment": comment, "removal": removal, "form": form, "may_appeal": may_appeal}
    if request.method != "POST":
        return render_page(request, 200, page)
    if not may_appeal:
        return render_page(request, 409 if removal.appeal else 403, page)
    if not form.is_valid():
        return render_page(request, 422, page)
    subscriber = known_addresses.identify_subscriber(request, form.address, comment.commenter)
    if seconds := outcome_subscriptions.acquire_attempt(request, subscriber):
        return limit_referrer(too_many_attempts(request, "comments/appeal.html", page, seconds))
    try:
        appeals.submit_appeal(pk, words=form.cleaned_data["words"], rules=rules)
    except appeals.AlreadyAppealed:
        return render_page(request, 409, page | {"removal": removals.for_comments([pk])[pk], "may_appeal": False})
    except appeals.AppealsClosed:
        return render_page(request, 403, page, problem=_("The decision has since changed. Please reload the page."))
    outcome_subscriptions.subscribe(subscriber, Subscription.Kind.APPEAL, comment)
    return limit_referrer(HttpResponseRedirect(request.get_full_path(), status=303))


def find_own_comment(request: Request, pk: int) -> Comment:
    """Return the visitor's own comment, by login, cookie, or the link after posting or in the email; else 404."""
    rows = Comment.objects.select_related("essay__discussion__rules", "commenter", "wording", "parent__commenter")
    comment: Comment | None = rows.filter(pk=pk).first()
    if comment is None or not comment.essay.is_published:
        raise Http404
    is_linked = signed_links.read_appeal_token(request.GET.get("by", "")) == pk
    if not is_linked and not Viewer.from_request(request).is_author_of(comment):
        raise Http404
    return comment


def render_page(request: Request, status: int, page: dict[str, Any], **more: Any) -> HttpResponse:
    """Render the appeal page with the context `page`, without leaking the link's token to other sites."""
    return limit_referrer(render(request, "comments/appeal.html", page | more, status=status))
