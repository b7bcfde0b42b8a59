"""The page on which an author of the essay answers or picks a comment; it works without JavaScript."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from accounts.models import User
from comments.answers import actions
from comments.answers.forms import AnswerForm
from comments.models import AuthorAnswer, Comment, Discussion
from comments.models.passage import quotation_of
from comments.posting.actions import CommentGone


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: Request, pk: int) -> HttpResponse:
    """Show the author's answer to a comment as a form, and save it."""
    comment, user = find_readable(pk), request.user
    if not isinstance(user, User) or not comment.essay.authorships.filter(author=user).exists():
        raise PermissionDenied
    stored = AuthorAnswer.objects.filter(pk=pk).first()
    rules = Discussion.objects.for_essay(comment.essay).rules
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        comment=comment,
        stored=stored,
        has_picks=rules.authors_pick,
    )
    if form.is_bound and form.is_valid():
        try:
            actions.save(pk, form.choice, by=user)
        except CommentGone:
            raise Http404 from None
        return redirect(comment)
    context = {"comment": comment, "form": form, "strongest": find_strongest(comment)}
    return render(request, "comments/answer.html", context, status=422 if form.is_bound else 200)


def find_readable(pk: int) -> Comment:
    """Return a public comment. Raises Http404."""
    rows = Comment.objects.approved().select_related("essay", "commenter", "wording", "parent__commenter")
    found: Comment | None = rows.annotate(quotation=quotation_of()).filter(pk=pk).first()
    if found is None or not found.essay.is_published:
        raise Http404
    return found


def find_strongest(comment: Comment) -> AuthorAnswer | None:
    """Return the answer to another comment that is the essay's strongest objection now."""
    others = AuthorAnswer.objects.filter(essay=comment.essay_id, is_strongest=True).exclude(pk=comment.pk)
    return others.select_related("comment__commenter").first()
