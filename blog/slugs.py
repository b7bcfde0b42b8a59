"""Slugs: the last part of an address, made from a title or a name."""

from typing import Any

from django import forms
from django.utils.text import slugify


def make_slug(text: str) -> str:
    """Return a slug of letters, digits and hyphens; a dot becomes a hyphen, so that 5.2 does not become 52."""
    return slugify(text.replace(".", "-"), allow_unicode=True)


def tidy_slug(typed: str) -> str:
    """Return a slug as it is stored if someone typed it: with hyphens for dots."""
    return typed.strip().replace(".", "-").strip("-")


class SlugField(forms.SlugField):
    """A field that turns dots into hyphens."""

    def to_python(self, value: Any) -> Any:
        return tidy_slug(super().to_python(value) or "")
