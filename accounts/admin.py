"""People, in the admin: an address that the owner sets counts as proved."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

import pagecache
from accounts.models import Commenter, User


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("name", "email")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "name", "email", "usable_password", "password1", "password2"),
            },
        ),
    )
    list_display = ("username", "name", "email", "is_staff", "is_active")
    search_fields = ("username", "name", "email")
    readonly_fields = ("last_login", "date_joined")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        obj.prove_address()
        Commenter.objects.filter(user=obj).update(name=obj.get_full_name(), email=obj.email, changed=timezone.now())
        pagecache.bump("site")

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        super().delete_model(request, obj)
        pagecache.bump("site")

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        pagecache.bump("site")


@admin.register(Commenter)
class CommenterAdmin(admin.ModelAdmin[Commenter]):
    list_display = ("name", "email", "website", "user", "created")
    search_fields = ("name", "email", "website")
    fields = ("name", "email", "website", "user", "created")
    readonly_fields = ("user", "created")
    list_select_related = ("user",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Commenter | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Commenter, form: Any, change: bool) -> None:
        obj.changed = timezone.now()
        super().save_model(request, obj, form, change)
        pagecache.bump("site")
