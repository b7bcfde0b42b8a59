"""Form fields for tags and a series: text fields, which a script turns into boxes with suggestions."""

import csv
from collections.abc import Iterable
from functools import reduce
from io import StringIO
from operator import or_
from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from blog.models import Series, Tag
from blog.slugs import unused_slug

MAX_TAGS = 50
MAX_LENGTH = Tag._meta.get_field("name").max_length or 100


def join_names(names: Iterable[str]) -> str:
    """Return names separated by commas; one that contains a comma is quoted."""
    line = StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue().replace(",", ", ") if '"' not in line.getvalue() else line.getvalue()


def split_names(typed: str) -> list[str]:
    """Return the names in a typed line, each once: a tag's own spelling if there is such a tag."""
    line = " ".join(typed.split())
    try:
        parts = next(csv.reader([line], skipinitialspace=True), [])
    except csv.Error:
        parts = line.split(",")
    found: dict[str, str] = {}
    for part in parts:
        if name := part.strip()[:MAX_LENGTH].strip():
            found.setdefault(name.casefold(), name)
    names = [*found.values()][:MAX_TAGS]
    is_known = reduce(or_, (Q(name__iexact=name) for name in names), Q(pk__in=()))
    known = {name.casefold(): name for name in Tag.objects.filter(is_known).values_list("name", flat=True)}
    return [known.get(name.casefold(), name) for name in names]


class TagsField(forms.CharField):
    def __init__(self) -> None:
        attrs = {
            "class": "vTextField",
            "data-suggest": reverse_lazy("suggest-tags"),
            "data-many": "",
            "data-create": _("Create tag “{name}”"),
            "data-remove": _("Remove {name}"),
        }
        super().__init__(
            label=_("Tags"),
            required=False,
            max_length=MAX_TAGS * (MAX_LENGTH + 4),
            help_text=_("Separate tags with commas."),
            widget=forms.TextInput(attrs=attrs),
        )

    def prepare_value(self, value: Any) -> Any:
        """Return names, or tags, as one line."""
        return value if value is None or isinstance(value, str) else join_names(str(each) for each in value)


class SeriesField(forms.CharField):
    """A title; a series that does not exist yet is returned unsaved."""

    def __init__(self) -> None:
        attrs = {
            "class": "vTextField",
            "data-suggest": reverse_lazy("suggest-series"),
            "data-create": _("Create series “{name}”"),
        }
        super().__init__(label=_("Series"), required=False, max_length=200, widget=forms.TextInput(attrs=attrs))

    def prepare_value(self, value: Any) -> Any:
        """Return the title of a series, which a model form gives by its key."""
        if isinstance(value, int):
            return str(Series.objects.filter(pk=value).first() or "")
        return value

    def clean(self, value: Any) -> Any:
        title = " ".join(str(super().clean(value) or "").split())
        if not title:
            return None
        found = Series.objects.filter(title=title).first() or Series.objects.filter(title__iexact=title).first()
        return found or Series(title=title, slug=unused_slug(Series.objects, title, otherwise="series"))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), data))
