"""The record of decisions, to be read."""

from django.contrib import admin
from django.http import HttpRequest

from moderation.models import Decision


@admin.register(Decision)
class DecisionAdmin(admin.ModelAdmin[Decision]):
    list_display = ("created", "moderator", "verb", "comment", "before", "after", "why")
    list_filter = ("verb", "moderator")
    list_select_related = ("moderator", "comment__commenter")
    date_hierarchy = "created"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Decision | None = None) -> bool:
        return False
