"""Admin permissions: authors change only their own objects; editors and the owner change all."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

if TYPE_CHECKING:
    AdminMixin = admin.ModelAdmin[Any]
else:
    AdminMixin = object


class FixedRowsMixin(AdminMixin):
    """Mixin for a model whose list creates its row."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Forbid adding rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forbid deleting rows."""
        return False


class OwnObjectsOnlyMixin(AdminMixin):
    """Mixin for a model with `may_change` whose QuerySet has `changeable_by`."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """List only what an author may change, but everything for users who may only view, such as moderators."""
        found = super().get_queryset(request)
        if is_change_list(request) and self.may_change_some(request):
            return found.changeable_by(request.user)  # type: ignore[attr-defined, no-any-return]
        return found

    def may_change_some(self, request: HttpRequest) -> bool:
        """Return whether the user may change objects of this model, even if only their own."""
        return super().has_change_permission(request)

    def is_not_own(self, request: HttpRequest, obj: Any) -> bool:
        """Return whether `obj` is a stored object that the user may not change because it belongs to others."""
        return isinstance(obj, models.Model) and not obj._state.adding and not obj.may_change(request.user)  # type: ignore[attr-defined]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow an author to change their own objects only."""
        return super().has_change_permission(request, obj) and not self.is_not_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow an author to delete their own objects only."""
        return super().has_delete_permission(request, obj) and not self.is_not_own(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow authors to view their own objects only, and users who may change none to view all."""
        return super().has_view_permission(request, obj) and not (
            self.may_change_some(request) and self.is_not_own(request, obj)
        )


def is_change_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and (match.url_name or "").endswith("_changelist")
