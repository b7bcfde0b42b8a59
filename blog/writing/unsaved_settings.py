"""Settings that an open form sends while they are changed: which of them are not saved yet."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from blog.models import Essay


def find_unsaved(request: HttpRequest, essay: Essay, sent: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the entries of `Draft.settings` whose typed value is not the one that the essay's form opens with now."""
    saved = dict(form_values(request, essay)) if sent else {}
    return {name: entry for name, entry in sent.items() if saved.get(name) != entry[1]}


def form_values(request: HttpRequest, essay: Essay) -> Iterator[tuple[str, str]]:
    """Return the names and values of the form's fields, as the page's script reads them."""
    writing_admin = admin.site.get_model_admin(Essay)
    opened: list[Any] = [writing_admin.get_form(request, essay, change=True)(instance=essay)]
    for kind, inline in writing_admin.get_formsets_with_inlines(request, essay):
        formset = kind(instance=essay, queryset=inline.get_queryset(request))
        opened += [formset.management_form, *formset.forms]
    for form in opened:
        for field in form:
            yield field.html_name, value_of(field)


def value_of(field: forms.BoundField) -> str:
    if isinstance(field.field.widget, forms.CheckboxInput):
        return "true" if field.value() else "false"
    shown = field.field.widget.format_value(field.value())
    return str((shown[0] if shown else "") if isinstance(shown, list) else shown or "")
