"""The page of a person's own comments with the status of each, beside the page of replies."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import BooleanField, ExpressionWrapper, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.middleware import Request
from accounts.models import Commenter
from blog import markup
from comments.models import Comment, Rules, Status, is_editable
from comments.models.passage import quotation_of
from comments.screening import reasons
from comments.threads import removals
from comments.threads.removals import Removal
from comments.threads.viewer import Viewer

PAGE_SIZE = 20
MAX_WORDS, MAX_CHARACTERS = 60, 500


@require_safe
def my_comments(request: Request) -> HttpResponse:
    """List the comments of the logged-in user, or of the guest that this browser remembers."""
    commenter = request.commenter or None
    viewer, rules = Viewer(commenter), Rules.objects.current()
    page = Paginator(comments_by(commenter, rules), PAGE_SIZE).get_page(request.GET.get("page"))
    removed = removals.for_comments([comment.pk for comment in page if removals.is_rejected(comment)])
    comments = [
        {
            "row": comment,
            "author_links": viewer.action_addresses(comment.pk, is_editable=comment.may_edit)
            if comment.status != Status.TRASH
            else None,
            "excerpt": excerpt(markup.plain_text(comment.wording.html) if comment.wording else ""),
            "status_text": describe_status(comment, removed.get(comment.pk)),
            "removal": removed.get(comment.pk),
            "appeal": appeal_url(comment, removed.get(comment.pk), rules),
            "is_shown": comment.essay.is_published and (comment.is_approved or comment.is_waiting),
        }
        for comment in page
    ]
    return render(request, "comments/my_comments.html", {"page": page, "comments": comments, "commenter": commenter})


def excerpt(text: str) -> str:
    """Return the beginning of a text: whole words, or characters in a script without spaces."""
    return Truncator(Truncator(text).words(MAX_WORDS, truncate="…")).chars(MAX_CHARACTERS)


def comments_by(commenter: Commenter | None, rules: Rules) -> QuerySet[Any]:
    """Return a person's comments, newest first, with `may_edit`; none for an unknown visitor."""
    found: QuerySet[Any] = Comment.objects.filter(commenter=commenter.pk) if commenter else Comment.objects.none()
    found = found.annotate(may_edit=ExpressionWrapper(is_editable(rules), BooleanField()), quotation=quotation_of())
    return found.select_related("essay", "wording", "parent__commenter").order_by("-created", "-pk")


def appeal_url(comment: Comment, removal: Removal | None, rules: Rules) -> str:
    """Return the link to appeal or to read the outcome; empty if there is neither."""
    if removal is None or not comment.essay.is_published:
        return ""
    has_page = removal.appeal or removal.may_appeal(comment, rules)
    return reverse("appeal-comment", args=[comment.pk]) if has_page else ""


def describe_status(comment: Comment, removed: Removal | None = None) -> str:
    """Describe a comment's status to its author."""
    if removed and removed.sentence:
        return removed.words
    match Status.PENDING if comment.is_waiting else comment.status:
        case Status.PENDING:
            reason = reasons.message_to_author(comment.wording.reasons if comment.wording else [])
            return f"{_('Your comment is awaiting moderation.')} {reason}"
        case Status.SPAM:
            return _("Not published: marked as spam. If this is a mistake, contact the site owner.")
        case Status.TRASH:
            return describe_removal(comment.removed_by)
    if not comment.essay.is_published:
        return _("Published, but the essay is no longer public.")
    return _("Published.")


def describe_removal(by: str) -> str:
    """Say who removed a comment, to its author; `by` is its `removed_by`."""
    if by in {Comment.Remover.AUTHOR, Comment.Remover.UNDONE}:
        return _("Removed by you.")
    if by == Comment.Remover.MODERATOR:
        return _("Removed by a moderator.")
    return _("Removed.")
