"""Admin permissions: authors change only their own objects; editors and the owner change all."""

from typing import TYPE_CHECKING, Any, Protocol

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest


class HasMayChange(Protocol):
    def may_change(self, user: Any) -> bool: ...


if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object


class OwnObjectsOnlyMixin(Base):
    """Mixin for a model with `may_change` whose QuerySet has `changeable_by`."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """List only what an author may change, but everything for users who may only view, such as moderators."""
        found = super().get_queryset(request)
        if is_change_list(request) and self.is_writer(request):
            return found.changeable_by(request.user)  # type: ignore[attr-defined, no-any-return]
        return found

    def is_writer(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def is_anothers(self, request: HttpRequest, obj: Any) -> bool:
        return isinstance(obj, models.Model) and not obj._state.adding and not self.touches(request, obj)

    def touches(self, request: HttpRequest, obj: Any) -> bool:
        return bool(obj.may_change(request.user))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not self.is_anothers(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not self.is_anothers(request, obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and not (
            self.is_writer(request) and self.is_anothers(request, obj)
        )


def is_change_list(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and (match.url_name or "").endswith("_changelist")
