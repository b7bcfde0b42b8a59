"""The admin of series and of authors' own profiles."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

import pagecache
from accounts.models import User
from blog.models import Profile, Series, Site
from blog.models.profile import parse_fediverse_handle
from blog.writing.permissions import FixedRowsMixin
from blog.writing.tag_admin import EssayGroupForm, EssayGroupMixin
from blog.writing.time_zones import TimeZoneSelect


class SeriesForm(EssayGroupForm):
    source, fallback = "title", "series"


@admin.register(Series)
class SeriesAdmin(EssayGroupMixin, admin.ModelAdmin[Series]):
    form = SeriesForm
    list_display = ("title", "slug", "essay_count")
    search_fields = ("title",)
    prepopulated_fields = {"slug": ("title",)}
    readonly_fields = ("essays_in_order",)

    def get_fields(self, request: HttpRequest, obj: Series | None = None) -> Any:
        """Show the essays of an existing series."""
        return ("title", "slug", "description", "essays_in_order") if obj else ("title", "slug", "description")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Series | None:
        """Set on the series which essays its page shows: all to editors, to authors no drafts of others."""
        found: Any = super().get_object(request, object_id, from_field)
        if found:
            mine = request.user.has_perm("blog.change_others")
            found.shown = found.essays.all() if mine else found.essays.selectable_by(request.user).distinct()
        return cast(Series | None, found)

    @admin.display(description=_("essays in order"))
    def essays_in_order(self, series: Any) -> str:
        """List the essays as links, without other authors' drafts."""
        lines = [
            (reverse("admin:blog_essay_change", args=[essay.pk]), essay, essay.series_position or "")
            for essay in series.shown.in_series()
        ]
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a> {}', lines) or _t(
            "No essays yet. To add an essay, edit it and choose this series."
        )


class ProfileForm(forms.ModelForm[Profile]):
    def clean_fediverse(self) -> str:
        """Return the handle as `@name@server`, also from a profile's URL."""
        typed: str = self.cleaned_data["fediverse"]
        return parse_fediverse_handle(typed) if typed else ""


@admin.register(Profile)
class ProfileAdmin(FixedRowsMixin, admin.ModelAdmin[Profile]):
    """The user's own profile: the list redirects to its form."""

    form = ProfileForm
    fields = ("about", "links", "fediverse", "time_zone")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **more: Any) -> Any:
        """Offer time zones, and that of the site first."""
        if db_field.name == "time_zone":
            own = _t("Site time zone: %(zone)s") % {"zone": Site.objects.current().time_zone}
            more["widget"] = TimeZoneSelect(choices=[("", own), ("UTC", "UTC")])
        return super().formfield_for_dbfield(db_field, request, **more)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Redirect to the user's own profile, created if there is none."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        own, _new = Profile.objects.get_or_create(user=cast(User, request.user))
        return redirect("admin:blog_profile_change", own.pk)

    def has_change_permission(self, request: HttpRequest, obj: Profile | None = None) -> bool:
        """Allow users to change their own profile, and editors to change all."""
        is_own = obj is None or obj.user_id == request.user.pk or request.user.has_perm("blog.change_others")
        return super().has_change_permission(request, obj) and is_own

    has_view_permission = has_change_permission

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Profile, form: Any, change: bool) -> None:
        """Save a profile and invalidate all pages."""
        obj.save()
        pagecache.invalidate("site")
