"""A form that was begun from an older text than is stored: saving stops, shows both, and offers them together."""

from typing import cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from accounts.models import User
from blog import difference
from blog.models import Draft, Essay, Tag
from blog.models.revision import LINES
from blog.writing import drafting, merging, revisions
from blog.writing.form import wish
from blog.writing.revisions import Standing

AS_MARKED = {"csrfmiddlewaretoken", "base", "tab", "draft", "over"}
VERBS = {"_draft", "_publish", "_unpublish"}


def clash(request: HttpRequest, essay: Essay) -> Standing | None:
    """What was saved since the form was opened, unless it is what the form says too."""
    found = revisions.standing(essay)
    base = request.POST.get("base")
    if base is None or base == found.mark or drafting.text_of(request.POST).cleaned() == found.text.cleaned():
        return None
    return found


def conflict(request: HttpRequest, essay: Essay, found: Standing) -> HttpResponse:
    """Both texts, and the ways on; what was sent is kept as an unsaved text whichever is taken."""
    mine = drafting.text_of(request.POST).cleaned()
    _state, kept = drafting.keep(cast(User, request.user), essay, drafting.sent(request.POST))
    base = merging.base_of(essay, request.POST.get("base", ""))
    both = merging.together(base, found.text, mine) if base else None
    context = {
        **admin.site.each_context(request),
        "title": _("This essay has changed since you opened it"),
        "essay": essay,
        "newer": found,
        "mine": mine,
        "kept": kept,
        "is_own": found.revision is not None and found.revision.author == request.user,
        "is_publishing": wish(request.POST) == "publish",
        "difference": difference.between(found.text, mine),
        "fields": [*carried(request, {"body"}), *tab_of(kept)],
        "both": both,
        "brings": both and difference.between(mine, both.text),
        "both_fields": both and [*both_fields(request, both), *tab_of(kept)],
    }
    return TemplateResponse(request, "admin/blog/essay/conflict.html", context, status=409)


def carried(request: HttpRequest, without: set[str]) -> list[tuple[str, str]]:
    """What the form sent, to be sent again with another text."""
    sent = request.POST.lists()
    return [(name, str(value)) for name, values in sent for value in values if name not in AS_MARKED | without]


def tab_of(kept: Draft | None) -> list[tuple[str, str]]:
    """So that saving one of the texts deletes the unsaved copy."""
    return [("tab", kept.tab)] if kept else []


def both_fields(request: HttpRequest, both: merging.Together) -> list[tuple[str, str]]:
    """Where both changed the same, somebody chooses first: it is kept as a draft, whatever the button was."""
    fields = carried(request, {*LINES, "tags", *(VERBS if both.is_contested else ())})
    fields += [(name, getattr(both.text, name)) for name in LINES]
    fields += [("tags", str(tag.pk)) for tag in Tag.objects.known_as(both.text.tags)]
    return [*fields, ("_draft", "1")] if both.is_contested else fields
