"""Admin pages for users and commenters. An address that the owner sets counts as verified."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm as DjangoAdminUserCreationForm
from django.contrib.auth.forms import UserChangeForm as DjangoUserChangeForm
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

import pagecache
from accounts.login import email_verification
from accounts.models import Commenter, User, email_if_it_fits
from accounts.profiles import avatars

MODERATE_PERMISSION = "comments.add_decision"


class EmailMixin:
    instance: User
    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        """Reject an address that another account has verified."""
        email: str = self.cleaned_data["email"]
        if email and email_verification.is_verified_by_another(email, self.instance):
            raise ValidationError(_("This email address belongs to another account. Enter a different one."))
        return email


class UserChangeForm(EmailMixin, DjangoUserChangeForm): ...  # type: ignore[type-arg]


class AdminUserCreationForm(EmailMixin, DjangoAdminUserCreationForm): ...  # type: ignore[type-arg]


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = AdminUserCreationForm
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Personal info"), {"fields": ("name", "email")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fields = ("username", "name", "email", "usable_password", "password1", "password2")
    add_fieldsets = ((None, {"classes": ("wide",), "fields": add_fields}),)
    list_display = ("username", "name", "email", "is_staff", "is_active")
    search_fields = ("username", "name", "email")
    readonly_fields = ("last_login", "date_joined")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save a user, verify a changed address, and update the commenter whose name pages show."""
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:  # saving other fields must not verify the address
            obj.emailaddress_set.filter(email=form.initial.get("email", "").lower()).delete()
            obj.verify_address()
        values = {"name": obj.get_full_name(), "email": email_if_it_fits(obj.email), "changed": timezone.now()}
        Commenter.objects.filter(user=obj).update(**values)
        pagecache.invalidate("site")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Let the owner delete users with what belongs to them alone, such as the author page."""
        found, counts, forbidden, protected = super().get_deleted_objects(objs, request)
        return found, counts, set() if request.user.is_superuser else forbidden, protected

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Delete a user from the page with its confirmation, and invalidate the pages that show the name."""
        super().delete_model(request, obj)
        pagecache.invalidate("site")

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        pagecache.invalidate("site")


@admin.register(Commenter)
class CommenterAdmin(admin.ModelAdmin[Commenter]):
    list_display = ("name", "thumbnail", "email", "website", "user", "created")
    list_filter = (("picture", admin.EmptyFieldListFilter), "has_lost_picture")
    search_fields = ("name", "email", "website")
    fields = ("name", "thumbnail", "email", "website", "user", "created")
    readonly_fields = ("thumbnail", "user", "created")
    list_select_related = ("user",)
    actions = ("remove_pictures", "allow_pictures")
    formfield_overrides: ClassVar = {models.URLField: {"assume_scheme": "https"}}

    # Moderators see commenters, whose pictures they may remove, without any permission for the model.

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MODERATE_PERMISSION)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return super().has_module_permission(request) or self.has_moderate_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Commenter | None = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_moderate_permission(request)

    @admin.display(description=_("picture"))
    def thumbnail(self, commenter: Commenter) -> str:
        if not commenter.picture:
            return str(_("removed")) if commenter.has_lost_picture else ""
        url = avatars.template_context(commenter)["picture"]
        return format_html('<img src="{}-64.webp" width="32" height="32" alt="">', url)

    @admin.action(description=_("Remove pictures"), permissions=["moderate"])
    def remove_pictures(self, request: HttpRequest, queryset: QuerySet[Commenter]) -> None:
        """Remove the selected commenters' profile pictures, and allow no new ones."""
        changed = [commenter for commenter in queryset if avatars.set_forbidden(commenter, True)]
        for commenter in changed:
            self.log_change(request, commenter, gettext("Removed the picture."))
        message = ngettext("Removed %(count)d picture.", "Removed %(count)d pictures.", len(changed))
        self.message_user(request, message % {"count": len(changed)}, messages.SUCCESS)

    @admin.action(description=_("Allow pictures again"), permissions=["moderate"])
    def allow_pictures(self, request: HttpRequest, queryset: QuerySet[Commenter]) -> None:
        """Allow the selected commenters' profile pictures again."""
        changed = [commenter for commenter in queryset if avatars.set_forbidden(commenter, False)]
        for commenter in changed:
            self.log_change(request, commenter, gettext("Allowed pictures again."))
        message = ngettext(
            "%(count)d person can have a picture again.", "%(count)d people can have a picture again.", len(changed)
        )
        self.message_user(request, message % {"count": len(changed)}, messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Commenter | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Commenter, form: Any, change: bool) -> None:
        """Save a commenter, whose cached comments are then rendered again."""
        obj.changed = timezone.now()
        super().save_model(request, obj, form, change)
        pagecache.invalidate("site")
