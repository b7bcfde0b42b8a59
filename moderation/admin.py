"""Admin pages of decisions (read-only) and of the owner's reasons for rejection."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

import pagecache
from comments.models import Decision, Reason
from moderation.list_columns import LabeledRowForm
from moderation.rules import admin as rules_admin  # noqa: F401  registers RuleAdmin


@admin.register(Decision)
class DecisionAdmin(admin.ModelAdmin[Decision]):
    list_display = ("created", "moderator", "verb", "comment", "before", "after", "note")
    list_filter = ("verb", ("moderator", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("moderator", "comment__commenter")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False


@admin.register(Reason)
class ReasonAdmin(admin.ModelAdmin[Reason]):
    """The reasons moderators choose from, in this order; withdrawn ones are still shown at earlier decisions."""

    list_display = ("name", "sentence", "position", "is_offered")
    list_editable = ("position", "is_offered")

    def get_changelist_form(self, request: HttpRequest, **more: Any) -> Any:
        return super().get_changelist_form(request, form=LabeledRowForm, **more)

    def save_model(self, request: HttpRequest, obj: Reason, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        pagecache.invalidate("site")  # tombstones may show it

    def delete_model(self, request: HttpRequest, obj: Reason) -> None:
        super().delete_model(request, obj)
        pagecache.invalidate("site")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Reason]) -> None:
        super().delete_queryset(request, queryset)
        pagecache.invalidate("site")
