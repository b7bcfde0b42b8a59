"""The admin's list of essays, with the drafts of essays that were never saved as its first rows."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from blog import markup
from blog.models import Draft, Essay
from blog.writing import drafts
from blog.writing.lists.dates import edited
from blog.writing.permissions import AdminMixin

NO_CHECKBOX = SafeString("&nbsp;")


class EssayList(ChangeList):
    """A list whose first rows may be drafts, which open in the form for a new essay."""

    def url_for_result(self, result: Any) -> str:
        if draft := get_draft(result):
            return f"{reverse('admin:blog_essay_add')}?draft={draft.pk}"
        return super().url_for_result(result)


class ListMixin(AdminMixin):
    """Mixin for the admin of essays: drafts come first, with their words and when they were changed."""

    ordering: ClassVar[Any] = (F("published").desc(nulls_first=True), "-changed", "-pk")

    def get_changelist(self, request: HttpRequest, **more: Any) -> type[ChangeList]:
        return EssayList

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Add the drafts of essays that were never saved to the first page."""
        found: Any = super().get_changelist_instance(request)
        never_saved = never_saved_drafts(request) if self.has_add_permission(request) else []
        if never_saved and found.page_num == 1:
            found.result_list = [*(as_essay(draft) for draft in never_saved), *found.result_list]
        found.result_count += len(never_saved)
        if not (found.query or found.has_active_filters):
            found.full_result_count = found.result_count  # so that no number of results is shown
        return found

    def action_checkbox(self, obj: Any) -> SafeString:
        """Return no checkbox for a draft, because the actions are for saved essays."""
        return NO_CHECKBOX if get_draft(obj) else super().action_checkbox(obj)

    @admin.display(description=_("title"), ordering="title")
    def headline(self, essay: Essay) -> str:
        """Return the title and, for a draft, the number of words."""
        if essay.published:
            return str(essay)
        words = ngettext("%(number)s word", "%(number)s words", essay.word_count)
        number = formats.number_format(essay.word_count, force_grouping=True)
        return format_html("{}<small>{}</small>", essay, words % {"number": number})

    @admin.display(description=_("date"), ordering="published")
    def date(self, essay: Essay) -> str | SafeString:
        """Return when an essay was or will be published, or when a draft was changed."""
        if essay.published:
            return formats.date_format(timezone.localtime(essay.published), "DATETIME_FORMAT")
        if draft := get_draft(essay):
            url = f"{reverse('essay-draft', args=['new'])}?draft={draft.pk}"
            return format_html('{}<small><a href="{}">{}</a></small>', edited(draft.changed), url, _("View or delete"))
        return edited(essay.changed)


def never_saved_drafts(request: HttpRequest) -> list[Draft]:
    """Return the author's drafts of essays that were never saved, if they match the filters and search of the list."""
    asked = {name: value for name, value in request.GET.items() if name not in {"q", "o", "p", "all"}}
    if asked not in ({}, {"state": "draft"}):
        return []
    words = request.GET.get("q", "").casefold().split()
    own = drafts.by_author(cast(User, request.user), None).select_related("author")
    return [draft for draft in own if all(word in " ".join(draft.text.lines).casefold() for word in words)]


def as_essay(draft: Draft) -> Essay:
    """Return an essay that is not stored, to show a draft in a list of essays."""
    essay: Any = Essay(title=draft.text.title, changed=draft.changed, word_count=markup.count_words(draft.text.body))
    essay.draft = draft
    essay.bylines = [draft.author]
    return cast(Essay, essay)


def get_draft(essay: Essay) -> Draft | None:
    """Return the draft that a row of the list stands for, if it is not a saved essay."""
    return getattr(essay, "draft", None)
