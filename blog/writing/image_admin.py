"""The admin of images: list, alternative text, and upload without JavaScript."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from blog.images import renditions, uploads, usage
from blog.images import views as image_views
from blog.models import Image
from blog.writing.permissions import OwnObjectsOnlyMixin


class ImageForm(forms.ModelForm[Image]):
    file = forms.FileField(label=_("File"), required=False)

    class Meta:
        model = Image
        fields = ("file", "alt")

    def clean_file(self) -> Any:
        """Return the uploaded file re-encoded; that of an existing image never changes, because essays use it."""
        sent = self.cleaned_data.get("file")
        if self.instance.pk:
            return self.instance.file
        if not isinstance(sent, UploadedFile):
            raise ValidationError(_("Choose a picture."))
        try:
            return uploads.reencoded_file(sent.read(uploads.MAX_BYTES + 1))
        except uploads.InvalidPicture as error:
            raise ValidationError(
                _("“%(name)s” wasn’t uploaded: %(why)s."), params={"name": sent.name, "why": error}
            ) from error


@admin.register(Image)
class ImageAdmin(OwnObjectsOnlyMixin, admin.ModelAdmin[Image]):
    form = ImageForm
    list_display = ("__str__", "id", "width", "height", "uploaded_by", "created")
    list_select_related = ("uploaded_by",)
    search_fields = ("alt", "file")
    readonly_fields = ("address", "uses", "width", "height", "uploaded_by", "source")

    def get_urls(self) -> list[URLPattern]:
        """Add the editor's JSON views."""
        wrap = self.admin_site.admin_view
        own = [
            path("upload/", wrap(image_views.upload), name="image-upload"),
            path("find/", wrap(image_views.search), name="image-find"),
            path("<int:pk>/alt/", wrap(image_views.set_alt), name="image-alt"),
        ]
        return own + super().get_urls()

    def get_fields(self, request: HttpRequest, obj: Image | None = None) -> Any:
        """Show an upload field for a new picture, and the data of an existing one."""
        return ("address", "alt", "uses", "width", "height", "uploaded_by", "source") if obj else ("file", "alt")

    @admin.display(description=_("URL"))
    def address(self, image: Image) -> str:
        return format_html('<a href="{}">{}</a>', image.file.url, image.file.url)

    def save_model(self, request: HttpRequest, obj: Image, form: Any, change: bool) -> None:
        """Save a new picture, or only the alternative text of an existing one."""
        if change:
            uploads.save_alt(obj)
        else:
            obj.uploaded_by = cast(User, request.user)
            uploads.save(obj)

    @admin.display(description=_("usage"))
    def uses(self, image: Image) -> str:
        """List the places that use the picture, as links."""
        uses = usage.find_uses(image)
        if not uses:
            return str(_("not used"))
        rows = ((use.address, use.text) for use in uses)
        return format_html("<ul>{}</ul>", format_html_join("", '<li><a href="{}">{}</a></li>', rows))

    def has_delete_permission(self, request: HttpRequest, obj: Image | None = None) -> bool:
        """Forbid deleting a picture that is in use."""
        return super().has_delete_permission(request, obj) and (obj is None or usage.is_deletable_by(obj, request.user))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Remove the bulk deletion, so that the uses of each image are checked first."""
        found = super().get_actions(request)
        found.pop("delete_selected", None)
        return found

    def delete_model(self, request: HttpRequest, obj: Image) -> None:
        renditions.delete(obj)
