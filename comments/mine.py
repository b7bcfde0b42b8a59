"""What somebody said here, all of it, and what became of each."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.middleware import Request
from accounts.models import Commenter
from blog import markup
from comments import screening
from comments.models import Comment, Rules, Status
from comments.pages import Viewer

A_PAGE = 20
WORDS, LETTERS = 60, 500


@require_safe
def mine(request: Request) -> HttpResponse:
    """Whoever this browser speaks as: somebody logged in, or the guest it remembers."""
    speaker = request.commenter or None
    page = Paginator(said_by(speaker), A_PAGE).get_page(request.GET.get("page"))
    viewer, rules = Viewer(speaker), Rules.objects.current()
    own = viewer.verbs_of([comment.pk for comment in page if comment.status != Status.TRASH], rules)
    comments = [
        {
            "row": comment,
            "own": own.get(comment.pk),
            "words": beginning(markup.plain(comment.wording.html) if comment.wording else ""),
            "state": state(comment),
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


def state(comment: Comment) -> str:
    """What became of it, as its writer reads it."""
    match Status.PENDING if comment.is_waiting else comment.status:
        case Status.PENDING:
            why = screening.to_writer(comment.wording.reasons if comment.wording else [])
            return f"{_('Your comment is awaiting moderation.')} {why}"
        case Status.SPAM:
            return _("Not published: it was taken for an advertisement. If that is wrong, tell the owner of this site.")
        case Status.TRASH:
            return removal(comment.removed_by)
    if not comment.essay.is_published:
        return _("Published, under an essay that is no longer public.")
    return _("Published.")


def removal(by: str) -> str:
    if by == Comment.Remover.AUTHOR:
        return _("Removed by you.")
    if by == Comment.Remover.MODERATOR:
        return _("Removed by a moderator.")
    return _("Removed.")
