"""Edit conflicts: a form based on an older text is not saved; both texts are shown, and merged if possible."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import User
from blog import difference
from blog.models import Draft, Essay
from blog.models.revision import TEXT_FIELDS
from blog.writing import drafts, merging, revisions
from blog.writing.draft_views import render_page
from blog.writing.form import requested_action
from blog.writing.revisions import LatestText
from blog.writing.term_fields import join_names

REPLACED_FIELDS = {"csrfmiddlewaretoken", "base", "tab", "draft", "over"}
SUBMIT_BUTTONS = {"_draft", "_publish", "_unpublish", "_undo"}


def find_conflict(request: HttpRequest, essay: Essay) -> LatestText | None:
    """Return the text saved since the submitted form was opened; None if there is none or the form's is the same.

    A form that sends again what it saved, because it did not get the answer, meets no conflict with itself.
    """
    found = revisions.latest_text(essay)
    base = request.POST.get("base")
    if revisions.is_saved_from(essay, request.POST.get("tab", ""), cast(User, request.user)):
        return None
    if base is None or base == found.version or drafts.parse_text(request.POST).cleaned() == found.text.cleaned():
        return None
    return found


def render_conflict(request: HttpRequest, essay: Essay, found: LatestText) -> HttpResponse:
    """Show the submitted text and `found`, the stored one, to choose from (409); store the submitted one as a draft."""
    submitted = drafts.parse_text(request.POST).cleaned()
    _state, draft = drafts.store(cast(User, request.user), essay, drafts.parse_form(request.POST))
    base = merging.find_base(essay, request.POST.get("base", ""))
    both = merging.merge_texts(base, found.text, submitted) if base else None
    context: dict[str, Any] = {
        "essay": essay,
        "newer": found,
        "submitted": submitted,
        "draft": draft,
        "is_own": found.revision is not None and found.revision.author == request.user,
        "is_publishing": requested_action(request.POST) == "publish",
        "difference": difference.compare(found.text, submitted),
        "fields": [*resubmitted_fields(request, {"body"}), *tab_field(draft)],
        "both": both,
        "brings": both and difference.compare(submitted, both.text),
        "both_fields": both and [*merged_fields(request, both), *tab_field(draft)],
    }
    return render_page(request, "conflict", _("This essay has changed since you opened it"), 409, **context)


def resubmitted_fields(request: HttpRequest, without: set[str]) -> list[tuple[str, str]]:
    """Return names and values of the submitted fields, except those in `without`, to be sent again."""
    sent = request.POST.lists()
    return [(name, str(value)) for name, values in sent for value in values if name not in REPLACED_FIELDS | without]


def tab_field(draft: Draft | None) -> list[tuple[str, str]]:
    """Return the name and value of the browser tab's field, by which saving one of the texts deletes the draft."""
    return [("tab", draft.tab)] if draft else []


def merged_fields(request: HttpRequest, both: merging.MergeResult) -> list[tuple[str, str]]:
    """Return names and values of a form with the merged text; with conflicts its button saves it as a draft."""
    fields = resubmitted_fields(request, {*TEXT_FIELDS, "tags", *(SUBMIT_BUTTONS if both.conflict_count else ())})
    fields += [(name, getattr(both.text, name)) for name in TEXT_FIELDS]
    fields.append(("tags", join_names(both.text.tags)))
    return [*fields, ("_draft", "1")] if both.conflict_count else fields
