"""The owner's rules, an essay's own settings of discussion, who likes what, and notices that went wrong."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

import pagecache
from blog.admin import EssayAdmin
from blog.models import Essay
from comments import liking
from comments.models import Bar, Discussion, Like, Notice, Rules


@admin.register(Rules)
class RulesAdmin(admin.ModelAdmin[Rules]):
    """One row: its list is its form."""

    fieldsets = (
        (None, {"fields": ("who_may_comment", "close_after_days", "flood_seconds")}),
        (_("Held for a moderator"), {"fields": ("hold_everything", "hold_first_comment", "hold_links", "hold_words")}),
        (_("Sent back to the writer"), {"fields": ("refuse_words",)}),
        (_("One’s own comments"), {"fields": ("edit_minutes", "edit_until_answered")}),
        (_("Likes"), {"fields": ("likes", "guests_may_like", "likers")}),
        (_("On the page"), {"fields": ("order", "threads_a_page", "shown_depth")}),
    )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:comments_rules_change", 1)

    def save_model(self, request: HttpRequest, obj: Rules, form: Any, change: bool) -> None:
        obj.pk = 1
        super().save_model(request, obj, form, change)
        pagecache.bump("site")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Rules | None = None) -> bool:
        return False


class DiscussionInline(admin.StackedInline[Discussion, Essay]):
    model = Discussion
    fields = ("is_open", "may_be_liked")
    can_delete = False
    min_num = max_num = 1


EssayAdmin.inlines = (*EssayAdmin.inlines, DiscussionInline)


@admin.register(Like)
class LikeAdmin(admin.ModelAdmin[Like]):
    """Likes come from readers; here they are only taken away."""

    list_display = ("who", "what", "network", "created")
    list_display_links = None
    list_select_related = ("commenter", "essay", "comment__commenter", "comment__essay")
    search_fields = ("commenter__name", "commenter__email", "network", "essay__title", "comment__essay__title")
    date_hierarchy = "created"
    ordering = ("-pk",)
    actions = ("remove", "remove_and_bar")

    @admin.display(description=_("who"), ordering="commenter__name")
    def who(self, like: Like) -> str:
        return str(like.commenter) or gettext("a guest")

    @admin.display(description=_("what"))
    def what(self, like: Like) -> str:
        if like.comment is None:
            return str(like.essay)
        told = gettext("Comment by %(name)s on “%(title)s”")
        return told % {"name": like.comment.commenter, "title": like.comment.essay}

    @admin.action(description=_("Remove"), permissions=["delete"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Like]) -> None:
        self.tell(request, liking.remove(queryset.values_list("pk", flat=True)))

    @admin.action(description=_("Remove and bar"), permissions=["delete"])
    def remove_and_bar(self, request: HttpRequest, queryset: QuerySet[Like]) -> None:
        self.tell(request, liking.remove(queryset.values_list("pk", flat=True), bar=True))

    def tell(self, request: HttpRequest, count: int) -> None:
        words = ngettext("%(count)d like is removed.", "%(count)d likes are removed.", count)
        self.message_user(request, words % {"count": count}, messages.SUCCESS)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without the stock way to delete, which counts nothing."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def delete_model(self, request: HttpRequest, obj: Like) -> None:
        liking.remove([obj.pk])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Like | None = None) -> bool:
        return False


@admin.register(Bar)
class BarAdmin(admin.ModelAdmin[Bar]):
    """Whoever is deleted here may like again."""

    list_display = ("__str__", "network", "created")
    list_select_related = ("commenter",)
    search_fields = ("commenter__name", "commenter__email", "network")
    raw_id_fields = ("commenter",)

    def has_change_permission(self, request: HttpRequest, obj: Bar | None = None) -> bool:
        return False


@admin.register(Notice)
class NoticeAdmin(admin.ModelAdmin[Notice]):
    list_display = ("__str__", "comment", "state", "tries", "due", "error")
    list_filter = ("state", "kind")
    list_select_related = ("recipient", "comment__commenter")

    actions = ("send_again",)

    @admin.action(description=_("Send again"))
    def send_again(self, request: HttpRequest, queryset: QuerySet[Notice]) -> None:
        """For one that failed, or of which nobody knows whether it arrived."""
        stuck = queryset.filter(state__in=(Notice.State.FAILED, Notice.State.SENDING))
        count = stuck.update(state=Notice.State.READY, tries=0, due=timezone.now(), changed=timezone.now())
        words = ngettext("%(count)d notice is sent again.", "%(count)d notices are sent again.", count)
        self.message_user(request, words % {"count": count})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Notice | None = None) -> bool:
        return False
