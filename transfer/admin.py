"""The admin's list of pictures that an import has not fetched yet."""

from django.contrib import admin
from django.http import HttpRequest

from transfer.models import WantedPicture


@admin.register(WantedPicture)
class WantedPictureAdmin(admin.ModelAdmin[WantedPicture]):
    list_display = ("address", "essay", "error", "due")
    list_select_related = ("essay",)
    search_fields = ("address", "error")
    readonly_fields = ("essay", "address", "written_address", "alt", "tries", "due", "error")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Forbid adding: imports do."""
        return False
