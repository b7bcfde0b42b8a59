"""The form in which an essay is written: it opens with the newest text, and only publishing asks for anything."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy as _

from blog.models import Essay, Tag, Text
from blog.models.revision import LINES


def as_initial(text: Text) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(text, name) for name in LINES}
    return found | {"tags": Tag.objects.known_as(text.tags)}


def is_publishing(data: Any) -> bool:
    """By the button; what is sent without one means what its time says."""
    return "_publish" in data or ("_draft" not in data and bool(data.get("published_0")))


class WritingForm(forms.ModelForm[Essay]):
    shown: ClassVar[dict[str, Any]] = {}  # instead of what readers have

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {**self.shown, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if is_publishing(self.data):
            if not str(data.get("title") or "").strip():
                self.add_error("title", ValidationError(_("Please give it a title before you publish it.")))
            body = str(data.get("body") or "")
            if not strip_tags(body).strip() and "<img" not in body:
                self.add_error("body", ValidationError(_("There is nothing to read yet.")))
        return data

    @property
    def missing(self) -> list[tuple[str, str, list[str]]]:
        """What keeps it from being saved: id and name of the field, and why."""
        return [
            (self[name].id_for_label or f"id_{name}", str(self[name].label), [str(error) for error in errors])
            for name, errors in self.errors.items()
            if name in self.fields
        ]

    @property
    def is_for_readers(self) -> bool:
        return is_publishing(self.data)
