"""The owner's rules, an essay's own settings of discussion, and notices that went wrong."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

import pagecache
from blog.admin import EssayAdmin
from blog.models import Essay
from comments.models import Discussion, Notice, Rules


@admin.register(Rules)
class RulesAdmin(admin.ModelAdmin[Rules]):
    """One row: its list is its form."""

    fieldsets = (
        (None, {"fields": ("who_may_comment", "close_after_days", "flood_seconds")}),
        (_("Held for a moderator"), {"fields": ("hold_everything", "hold_first_comment", "hold_links", "hold_words")}),
        (_("Sent back to the writer"), {"fields": ("refuse_words",)}),
        (_("One’s own comments"), {"fields": ("edit_minutes", "edit_until_answered")}),
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
    fields = ("is_open",)
    can_delete = False
    min_num = max_num = 1


EssayAdmin.inlines = (*EssayAdmin.inlines, DiscussionInline)


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
