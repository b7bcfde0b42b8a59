"""The page on which authors check where comments on passages go when a changed text is published."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.middleware import Request
from blog.models import Essay
from blog.writing.revisions import latest_text
from comments.models import Passage
from comments.passages import matching
from comments.passages.moving import Move, locate_words, summarize

FOUND, NONE, OTHER = "found", "none", "other"


def review(request: Request, pk: int) -> HttpResponse:
    """Show the passages that changed, and store for each what its author chooses."""
    essay = get_object_or_404(Essay.objects.changeable_by(request.user), pk=pk)
    body = latest_text(essay).text.body
    summary = summarize(essay, body)
    moves = summary.to_review if summary else []
    errors = save_choices(request.POST, moves, matching.parse_text(body)) if request.method == "POST" else {}
    if request.method == "POST" and not errors:
        messages.success(request, _("Changes saved. They apply when you publish."))
        return redirect("essay-publish", which=essay.pk)
    rows = [Row(move, request.POST, errors.get(move.passage.pk, "")) for move in moves]
    context = {"essay": essay, "summary": summary, "rows": rows, "title": _("Comments on passages"), "errors": errors}
    return render(request, "admin/blog/essay/passages.html", context, status=422 if errors else 200)


class Row:
    """One comment on the page: what was found, and what is chosen or typed."""

    def __init__(self, move: Move, posted: Any, error: str) -> None:
        self.move, self.error = move, error
        self.passage = move.passage
        self.name = f"choice-{move.passage.pk}"
        default = FOUND if move.place and move.how != "chosen" else OTHER if move.place else NONE
        self.choice = posted.get(self.name, default)
        self.words = posted.get(f"words-{move.passage.pk}", move.passage.chosen)


def save_choices(posted: Any, moves: list[Move], text: matching.Text) -> dict[int, str]:
    """Store the choices that differ from what is found, if all are valid; return messages by comment otherwise."""
    errors: dict[int, str] = {}
    chosen: list[Passage] = []
    for move in moves:
        passage, choice = move.passage, posted.get(f"choice-{move.passage.pk}", FOUND)
        words = matching.tidy_words(posted.get(f"words-{passage.pk}", ""))
        passage.is_chosen = choice in {NONE, OTHER}
        passage.chosen = words if choice == OTHER else ""
        if choice == OTHER and not words:
            errors[passage.pk] = _("Enter the words as they are in the new text.")
        elif choice == OTHER and locate_words(text, words) is None:
            errors[passage.pk] = _("The new text doesn’t have these words exactly once. Enter more of them.")
        chosen.append(passage)
    if not errors:
        Passage.objects.bulk_update(chosen, ["is_chosen", "chosen"])
    return errors
