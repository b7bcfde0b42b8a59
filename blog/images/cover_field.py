"""The form field for an essay's cover picture: its ID, which a script replaces by a preview and buttons."""

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from blog.models import Essay, Image


class CoverInput(forms.TextInput):
    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Render the field for the ID with a preview and buttons, which the script shows."""
        number = str(value or "")
        chosen = Image.objects.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None
        field = super().render(name, value, attrs, renderer)
        return render_to_string("blog/editor/cover.html", {"field": field, "chosen": chosen})


class CoverField(forms.ModelChoiceField[Image]):
    def __init__(self) -> None:
        super().__init__(
            queryset=Image.objects.all(),
            label=_("Cover picture"),
            help_text=Essay._meta.get_field("cover").help_text,
            required=False,
            widget=CoverInput(attrs={"inputmode": "numeric", "class": "vForeignKeyRawIdAdminField"}),
            error_messages={"invalid_choice": _("This picture doesn’t exist. Choose another one.")},
        )
