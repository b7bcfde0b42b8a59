"""Publishing and unpublishing several essays from the list, which also marks those with unpublished changes."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import User
from blog import actions
from blog.models import Essay
from blog.writing import check_views, revisions
from blog.writing.fieldsets import EDITOR_FIELDS
from blog.writing.permissions import AdminMixin
from blog.writing.publishing.changes import find_changed, find_typed
from blog.writing.time_zones import activate_own_time_zone


class PublishingMixin(AdminMixin):
    """Mixin for the admin of essays: list actions, publish dates in the user's time zone."""

    actions: Any = ("publish_now", "unpublish", "pin", "unpin")

    def get_urls(self) -> list[URLPattern]:
        """Add the view that checks a text."""
        own = path("check/", self.admin_site.admin_view(check_views.check), name="essay-check")
        return [own, *super().get_urls()]

    def changeform_view(self, request: HttpRequest, *args: Any, **more: Any) -> Any:
        """Show and read dates in the user's time zone."""
        activate_own_time_zone(request)
        return super().changeform_view(request, *args, **more)

    def changelist_view(self, request: HttpRequest, *args: Any, **more: Any) -> Any:
        """Show dates in the user's time zone."""
        activate_own_time_zone(request)
        return super().changelist_view(request, *args, **more)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Essay]:
        """Show only published essays to users who may only view, such as moderators."""
        found: Any = super().get_queryset(request)
        return found if super().has_change_permission(request) else found.published()  # type: ignore[no-any-return]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Essay], search_term: str) -> Any:
        """Leave other authors' drafts out of autocompletion, such as for `translation_of`."""
        match = request.resolver_match
        if match and match.url_name == "autocomplete" and not request.user.has_perm("blog.change_others"):
            queryset = queryset.filter(pk__in=Essay.objects.selectable_by(request.user).values("pk"))
        return super().get_search_results(request, queryset, search_term)

    def get_readonly_fields(self, request: HttpRequest, obj: Essay | None = None) -> Any:
        """Let only editors change whether an essay is pinned to the home page or in the menu."""
        found = super().get_readonly_fields(request, obj)
        return found if request.user.has_perm("blog.change_others") else [*found, *EDITOR_FIELDS]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Let only editors pin and unpin."""
        found = super().get_actions(request)
        if not request.user.has_perm("blog.change_others"):
            found = {name: action for name, action in found.items() if name not in {"pin", "unpin"}}
        return found

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Find out which essays of the page have unpublished changes, for the column `state`."""
        found: Any = super().get_changelist_instance(request)
        found.result_list = list(found.result_list)
        changed = find_changed(found.result_list) | find_typed(cast(User, request.user), found.result_list)
        for essay in found.result_list:
            essay.has_changes = essay.pk in changed
        return found

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may publish at all; the list shows only essays that they may change."""
        return request.user.has_perm("blog.publish_essay")

    @admin.action(description=_("Publish now without emails"), permissions=["publish"])
    def publish_now(self, request: HttpRequest, queryset: QuerySet[Essay]) -> None:
        """Publish drafts and scheduled essays; changes of published ones go through the publishing step."""
        done, published = 0, []
        for essay in queryset:
            if essay.is_published:
                published.append(essay)
                continue
            try:
                revisions.publish_latest(essay, by=cast(User, request.user))
                done += 1
            except revisions.NotReady as error:
                self.message_user(request, not_ready_message(essay, error), messages.WARNING)
        if published:
            self.message_user(request, published_message(published), messages.INFO)
        if done:
            message = ngettext("%(n)d essay published.", "%(n)d essays published.", done)
            self.message_user(request, message % {"n": done}, messages.SUCCESS)

    @admin.action(description=_("Unpublish"), permissions=["publish"])
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Essay]) -> None:
        chosen = list(queryset)
        done = [revisions.unpublish_latest(essay, by=cast(User, request.user)) for essay in chosen if essay.published]
        if drafts := len(chosen) - len(done):
            message = ngettext("%(n)d essay is already a draft.", "%(n)d essays are already drafts.", drafts)
            self.message_user(request, message % {"n": drafts}, messages.INFO)
        if done:
            message = ngettext("%(n)d essay unpublished.", "%(n)d essays unpublished.", len(done))
            self.message_user(request, message % {"n": len(done)}, messages.SUCCESS)

    @admin.action(description=_("Pin to the home page"), permissions=["change"])
    def pin(self, request: HttpRequest, queryset: QuerySet[Essay]) -> None:
        done = [actions.set_pinned(essay) for essay in queryset]
        message = ngettext("%(n)d essay pinned.", "%(n)d essays pinned.", len(done))
        self.message_user(request, message % {"n": len(done)}, messages.SUCCESS)

    @admin.action(description=_("Unpin"), permissions=["change"])
    def unpin(self, request: HttpRequest, queryset: QuerySet[Essay]) -> None:
        done = [actions.set_pinned(essay, is_pinned=False) for essay in queryset]
        message = ngettext("%(n)d essay unpinned.", "%(n)d essays unpinned.", len(done))
        self.message_user(request, message % {"n": len(done)}, messages.SUCCESS)


def not_ready_message(essay: Essay, error: revisions.NotReady) -> str:
    return format_html(
        '<a href="{}">{}</a>: {}',
        reverse("admin:blog_essay_change", args=[essay.pk]),
        essay,
        " ".join([_t("Not published."), *error.missing.values()]),
    )


def published_message(essays: list[Essay]) -> str:
    """Say that essays were published before, and how to publish their changes if any has some."""
    count = len(essays)
    words = ngettext("%(n)d essay is already published.", "%(n)d essays are already published.", count) % {"n": count}
    if find_changed(essays):
        words += " " + _t("To publish changes, open the essay and choose “Update”.")
    return words
