"""The passage in the reply form: what it shows, and the buttons that change or remove it without JavaScript."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from blog.models import Essay
from blog.views import render_essay
from comments.models import Rules
from comments.passages import placing, quotations
from comments.posting import drafts
from comments.posting.forms import CommentForm, details_form

CHOOSE = "choose"  # the value of `on` in the URL of the page on which a reader chooses a paragraph


def describe(essay: Essay, value: Any) -> dict[str, Any] | None:
    """Return the field's value, the words to show, and whether the essay does not have them; None for no passage."""
    if not value:
        return None
    quotation = quotations.parse(str(value))
    passage = placing.find(essay, quotation) if quotation else None
    if passage is None or quotation is None:
        return {"value": "", "words": "", "is_lost": True}
    return {"value": quotation.value, "words": passage.quotation, "is_lost": False}


def change_or_remove(request: HttpRequest, essay: Essay, rules: Rules, *, is_guest: bool) -> HttpResponse:
    """Let a reader choose another passage, with the draft kept in the session; or show the form again without it."""
    if request.POST["passage"] == "change":
        drafts.save(request, essay)
        return redirect(f"{essay.get_absolute_url()}?on={CHOOSE}")
    typed = {name: request.POST[name] for name in drafts.FIELDS if name in request.POST and name != "on"}
    details = details_form(request, rules, initial=typed) if is_guest else None
    response = render_essay(request, essay, form=CommentForm(initial=typed), details=details)
    response.headers["Cache-Control"] = "private, no-store"
    return response
