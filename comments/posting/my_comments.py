"""What somebody said here, all of it, and what became of each."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.middleware import Request
from accounts.models import Commenter
from blog import markup
from comments.models import Comment, Rules, Status
from comments.screening import reasons
from comments.threads import removals
from comments.threads.removals import Removal
from comments.threads.viewer import Viewer

A_PAGE = 20
WORDS, LETTERS = 60, 500


@require_safe
def mine(request: Request) -> HttpResponse:
    """Whoever this browser speaks as: somebody logged in, or the guest it remembers."""
    speaker = request.commenter or None
    page = Paginator(said_by(speaker), A_PAGE).get_page(request.GET.get("page"))
    viewer, rules = Viewer(speaker), Rules.objects.current()
    why = removals.of([comment.pk for comment in page if removals.is_refused(comment)])
    own = viewer.verbs_of([comment.pk for comment in page if comment.status != Status.TRASH], rules)
    comments = [
        {
            "row": comment,
            "own": own.get(comment.pk),
            "words": beginning(markup.plain(comment.wording.html) if comment.wording else ""),
            "state": state(comment, why.get(comment.pk)),
            "removal": why.get(comment.pk),
            "appeal": appeal_of(comment, why.get(comment.pk), rules),
            "is_shown": comment.essay.is_published and (comment.is_approved or comment.is_waiting),
        }
        for comment in page
    ]
    return render(request, "comments/mine.html", {"page": page, "comments": comments, "speaker": speaker})


def beginning(text: str) -> str:
    """Whole words, unless they are written without spaces between."""
    return Truncator(Truncator(text).words(WORDS, truncate="…")).chars(LETTERS)


def said_by(speaker: Commenter | None) -> QuerySet[Comment]:
    """The newest first; of nobody, nothing."""
    found: QuerySet[Comment] = Comment.objects.filter(commenter=speaker.pk) if speaker else Comment.objects.none()
    return found.select_related("essay", "wording", "parent__commenter").order_by("-created", "-pk")


def appeal_of(comment: Comment, removal: Removal | None, rules: Rules) -> str:
    """Where its writer says something against that it was refused, or reads what came of it."""
    if removal is None or not comment.essay.is_published:
        return ""
    is_heard = removal.appeal or removal.may_appeal(comment, rules)
    return reverse("appeal-comment", args=[comment.pk]) if is_heard else ""


def state(comment: Comment, why: Removal | None = None) -> str:
    """What became of it, as its writer reads it."""
    if why and why.sentence:
        return why.words
    match Status.PENDING if comment.is_waiting else comment.status:
        case Status.PENDING:
            waits = reasons.to_writer(comment.wording.reasons if comment.wording else [])
            return f"{_('Your comment is awaiting moderation.')} {waits}"
        case Status.SPAM:
            return _("Not published: marked as spam. If this is a mistake, contact the site owner.")
        case Status.TRASH:
            return removal(comment.removed_by)
    if not comment.essay.is_published:
        return _("Published, but the essay is no longer public.")
    return _("Published.")


def removal(by: str) -> str:
    if by in {Comment.Remover.AUTHOR, Comment.Remover.UNDONE}:
        return _("Removed by you.")
    if by == Comment.Remover.MODERATOR:
        return _("Removed by a moderator.")
    return _("Removed.")
