"""The page to report a comment; it works without JavaScript."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from comments.models import Comment, Discussion, Report, Subscription
from comments.notifications import known_addresses
from comments.notifications.views import too_many_attempts
from comments.posting.actions import CommenterChanged, CommentGone, RateLimited
from comments.posting.forms import TextField
from comments.reports import outcome_subscriptions, reporting
from comments.screening.screening import Sender
from comments.threads.viewer import Viewer

MAX_LENGTH = 1000


class ReportForm(outcome_subscriptions.OutcomeForm):
    kind = forms.ChoiceField(
        choices=Report.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Please choose a reason."),
            "invalid_choice": gettext_lazy("Please choose one of the reasons."),
        },
    )
    words = TextField(required=False, max_length=MAX_LENGTH)

    def clean(self) -> dict[str, Any]:
        """Require an explanation with the reason “something else”."""
        cleaned = super().clean() or {}
        if cleaned.get("kind") == Report.Kind.ELSE and not cleaned.get("words"):
            self.add_error("words", _("Please describe the problem."))
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: Request, pk: int) -> HttpResponse:
    """Report a comment, or show the form again with the reason it was rejected."""
    comment, viewer = find_readable(pk), Viewer.from_request(request)
    rules = Discussion.objects.for_essay(comment.essay).rules
    if not rules.readers_may_report:
        raise Http404
    form = ReportForm(
        request.POST or None, known=outcome_subscriptions.known_address(request), may_be_mailed=rules.readers_may_follow
    )
    page = {"comment": comment, "form": form, "sentences": confirmation_messages(request.GET.get("said", ""))}
    if viewer.is_author_of(comment):
        return render_page(request, 403, page, final=_("This is your own comment. You can edit or delete it instead."))
    if request.method != "POST":
        return render_page(request, 200, page)
    if not form.is_valid():
        return render_page(request, 422, page)
    subscriber = known_addresses.identify_subscriber(request, form.address, viewer.commenter)
    if seconds := outcome_subscriptions.acquire_attempt(request, subscriber):
        return too_many_attempts(request, "comments/report.html", page, seconds)
    sender = Sender(request.META["REMOTE_ADDR"], request.is_origin_verified)
    kind, words = form.cleaned_data["kind"], form.cleaned_data["words"]
    try:
        reporting.submit_report(comment=pk, commenter=viewer.commenter, sender=sender, kind=kind, words=words)
    except reporting.AlreadyReported:
        text = _("You or someone on your network already reported this comment. A moderator will review it.")
        return render_page(request, 409, page, final=text)
    except reporting.OwnComment:
        return render_page(request, 403, page, final=_("This is your own comment. You can edit or delete it instead."))
    except RateLimited as flooded:
        return too_many_attempts(request, "comments/report.html", page, flooded.seconds)
    except CommenterChanged:
        text = _("You’ve logged in or out in another window. Please try again.")
        return render_page(request, 409, page, problem=text)
    except CommentGone:
        raise Http404 from None
    outcome_subscriptions.subscribe(subscriber, Subscription.Kind.REPORT, comment)
    outcome = "reported" if subscriber.is_verified or not subscriber.email else "mailed"
    return HttpResponseRedirect(f"{request.path}?said={outcome}", status=303)


def find_readable(pk: int) -> Comment:
    """Return the comment if it is public, else 404."""
    rows = Comment.objects.select_related("essay__discussion__rules", "commenter", "wording", "parent__commenter")
    found: Comment | None = rows.approved().filter(pk=pk).first()
    if found is None or not found.essay.is_published:
        raise Http404
    return found


def confirmation_messages(outcome: str) -> list[str]:
    """Return the thanks after a report; `outcome`: `mailed` if a confirmation was emailed as well."""
    thanks = _("Thank you. A moderator will review the comment.")
    confirm = _("To get an email about the outcome, open the confirmation link we’ve sent you.")
    return {"reported": [thanks], "mailed": [thanks, confirm]}.get(outcome, [])


def render_page(request: Request, status: int, page: dict[str, Any], **more: Any) -> HttpResponse:
    """Render the report page with the context `page` and `more`."""
    return render(request, "comments/report.html", page | more, status=status)
