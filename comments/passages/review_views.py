"""The page on which authors check where comments on passages go when a changed text is published."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from accounts.middleware import Request
from blog.models import Essay, Revision
from blog.writing.revisions import latest_text, lock_essay
from comments.models import Passage
from comments.passages import matching
from comments.passages.jobs import move_passages
from comments.passages.moving import Move, Summary, locate_words, summarize

FOUND, NONE, OTHER = "found", "none", "other"


def review(request: Request, pk: int) -> HttpResponse:
    """Show the passages that changed, and store for each what its author chooses."""
    essay = get_object_or_404(Essay.objects.changeable_by(request.user), pk=pk)
    if request.method == "POST":
        return save(request, essay)
    return show(request, essay, summarize(essay, latest_text(essay).text.body), {})


@transaction.atomic
def save(request: Request, essay: Essay) -> HttpResponse:
    """Store what an author chooses, while no text is published and no passages are moved."""
    lock_essay(essay)
    body = latest_text(essay).text.body
    summary = summarize(essay, body)
    moves = summary.to_review if summary else []
    late = find_late(request.POST, essay, {move.passage.pk for move in moves})
    if errors := save_choices(request.POST, [*moves, *late], matching.parse_text(body)):
        return show(request, essay, summary, errors, late)
    if late:
        transaction.on_commit(partial(move_passages.enqueue, essay.pk))
    if len(moves) + len(late) < sum(name.startswith("choice-") for name in request.POST):
        messages.warning(
            request, _("The text was published in the meantime. The places of its comments can no longer be chosen.")
        )
    else:
        message = _("Changes saved.") if late else _("Changes saved. They apply when you publish.")
        messages.success(request, message)
    return redirect("essay-publish", which=essay.pk)


def find_late(posted: Any, essay: Essay, known: set[int]) -> list[Move]:
    """Return the passages that a form names and that are still to be moved to a text published since it was opened."""
    shown = Revision.objects.public(essay).first()
    named = {int(key) for name in posted if (key := name.removeprefix("choice-")) != name and key.isdecimal()}
    if shown is None or not (named - known):
        return []
    waiting = Passage.objects.misplaced(shown).filter(pk__in=named - known, comment__status="approved")
    return [Move(passage, "exact", None) for passage in waiting.select_related("comment__commenter").order_by("pk")]


def show(
    request: Request, essay: Essay, summary: Summary | None, errors: dict[int, str], late: Sequence[Move] = ()
) -> HttpResponse:
    """Show the page, with what was typed and its errors if it was not saved."""
    moves = [*(summary.to_review if summary else ()), *late]
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
