"""The form of an essay: it opens with the latest text and requires no fields."""

from dataclasses import replace
from typing import Any, ClassVar

from django import forms
from django.utils.functional import cached_property

from blog.images import renditions
from blog.models import Essay, Tag, Text
from blog.models.revision import TEXT_FIELDS
from blog.writing import drafts, revisions


def initial_values(text: Text) -> dict[str, Any]:
    """Return the values by field with which the form opens."""
    found: dict[str, Any] = {name: getattr(text, name) for name in TEXT_FIELDS}
    return found | {"tags": Tag.objects.named(text.tags)}


def requested_action(data: Any) -> str:
    """Return `publish`, `unpublish` or `undo` by the submitted button, else `draft`. Each of them saves the text."""
    return next((verb for verb in ("publish", "unpublish", "undo") if f"_{verb}" in data), "draft")


class WritingForm(forms.ModelForm[Essay]):
    shown: ClassVar[dict[str, Any]] = {}  # the latest text, which may be newer than the essay's

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {**self.shown, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    @property
    def field_errors(self) -> list[tuple[str, str, list[str]]]:
        """Return each invalid field's id, label and errors."""
        return [
            (self[name].id_for_label or f"id_{name}", str(self[name].label), [str(error) for error in errors])
            for name, errors in self.errors.items()
            if name in self.fields
        ]

    @property
    def text(self) -> Text:
        """Return the text as it will be stored."""
        return self._text_and_dropped[0]

    @property
    def dropped_pictures(self) -> list[str]:
        """Return the names of pictures that are not on this site and so are not stored."""
        return self._text_and_dropped[1]

    @cached_property
    def _text_and_dropped(self) -> tuple[Text, list[str]]:
        """Clean the submitted text; return it and the names of the pictures left out."""
        text = drafts.parse_text(self.data).cleaned()
        before = revisions.latest_text(self.instance).text.body if self.instance.pk else ""
        body, dropped = renditions.keep_local_pictures(text.body, before=before)
        return replace(text, body=body), [*renditions.find_unstorable(self.data.get("body", "")), *dropped]
