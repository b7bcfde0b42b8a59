"""Series in the admin, and each author's own page."""

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

import pagecache
from accounts.models import User
from blog import actions
from blog.models import Profile, Series


@admin.register(Series)
class SeriesAdmin(admin.ModelAdmin[Series]):
    list_display = ("title", "slug", "how_many")
    search_fields = ("title",)
    prepopulated_fields = {"slug": ("title",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Series]:
        return super().get_queryset(request).annotate(number=Count("essays"))

    @admin.display(description=_("essays"), ordering="number")
    def how_many(self, series: Any) -> int:
        return int(series.number)

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Series, form: Any, change: bool) -> None:
        old = Series.objects.filter(pk=obj.pk).first()
        obj.save()
        if old and old.slug != obj.slug:
            actions.keep_address(old.get_absolute_url(), series=obj)
        actions.take_address(obj.get_absolute_url())
        pagecache.bump("site")

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Series) -> None:
        obj.delete()
        pagecache.bump("site")

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Series]) -> None:
        queryset.delete()
        pagecache.bump("site")


@admin.register(Profile)
class ProfileAdmin(admin.ModelAdmin[Profile]):
    """Everybody's list is the form of their own."""

    fields = ("about", "links", "time_zone")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        own, _new = Profile.objects.get_or_create(user=cast(User, request.user))
        return redirect("admin:blog_profile_change", own.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Profile | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Profile | None = None) -> bool:
        is_own = obj is None or obj.user_id == request.user.pk or request.user.has_perm("blog.change_others")
        return super().has_change_permission(request, obj) and is_own

    has_view_permission = has_change_permission

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Profile, form: Any, change: bool) -> None:
        obj.save()
        pagecache.bump("site")
