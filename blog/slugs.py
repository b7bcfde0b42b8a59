"""Slugs: the last part of an address, made from a title or a name."""

from typing import Any

from django import forms
from django.utils.text import slugify


def make_slug(text: str) -> str:
    """Return a slug of letters, digits and hyphens; a dot becomes a hyphen, so that 5.2 does not become 52."""
    return slugify(text.replace(".", "-"), allow_unicode=True)


def unused_slug(rows: Any, name: str, *, otherwise: str) -> str:
    """Return a slug of a name, or of `otherwise` for a name without letters, that none of the rows has."""
    slug = stem = make_slug(name)[:90] or otherwise
    number = 1
    while rows.filter(slug=slug).exists():
        number += 1
        slug = f"{stem}-{number}"
    return slug


def tidy_slug(typed: str) -> str:
    """Return a slug as it is stored if someone typed it: with hyphens for dots."""
    return typed.strip().replace(".", "-").strip("-")


class SlugField(forms.SlugField):
    """A field that turns dots into hyphens."""

    def to_python(self, value: Any) -> Any:
        return tidy_slug(super().to_python(value) or "")
