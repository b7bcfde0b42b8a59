"""Admin of trusted, held and blocked people; moderators have the same on a person's page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments.models import Block
from comments.screening.blocks import clean_email, clean_network


class BlockForm(forms.ModelForm[Block]):
    def clean_email(self) -> str:
        return clean_email(self.cleaned_data["email"])

    def clean_network(self) -> str:
        return clean_network(self.cleaned_data["network"])

    def clean(self) -> dict[str, Any]:
        """Require exactly one of person, email address and network."""
        cleaned = super().clean() or {}
        names = ("commenter", "email", "network")
        if len([name for name in names if cleaned.get(name)]) != 1 and self.errors.keys().isdisjoint(names):
            self.add_error("commenter", _("Fill in only one: person, verified email address or IP network."))
        return cleaned


class InForceFilter(admin.SimpleListFilter):
    title = gettext_lazy("status")
    parameter_name = "holds"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", _("active")), ("no", _("expired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Block]) -> QuerySet[Block]:
        if self.value() == "no":
            return queryset.filter(until__lte=timezone.now())
        return queryset.exclude(until__lte=timezone.now()) if self.value() == "yes" else queryset


@admin.register(Block)
class BlockAdmin(admin.ModelAdmin[Block]):
    form = BlockForm
    fields = ("kind", "commenter", "email", "network", "until", "sentence", "note")
    list_display = ("__str__", "until", "sentence", "note", "moderator", "created")
    list_filter = ("kind", InForceFilter)
    list_select_related = ("commenter", "moderator")
    search_fields = ("commenter__name", "email", "network", "note")
    raw_id_fields = ("commenter",)
    ordering = ("-pk",)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **more: Any) -> Any:
        """Label date and time for screen readers: the text before them is no label."""
        field = super().formfield_for_dbfield(db_field, request, **more)
        if field and isinstance(field.widget, forms.MultiWidget):
            for part, widget in zip((_("Date"), _("Time")), field.widget.widgets, strict=True):
                widget.attrs["aria-label"] = f"{capfirst(str(field.label))}: {part}"
        return field

    def save_model(self, request: HttpRequest, obj: Block, form: Any, change: bool) -> None:
        """Record the moderator who created the block."""
        if not change:
            obj.moderator = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
