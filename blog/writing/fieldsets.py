"""Fieldsets of an essay's form: the text is open, settings are collapsed below it."""

from typing import Any

from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from blog.models import Essay

TEXT_FIELDS = ("title", "deck", "body")
EDITOR_FIELDS = ("is_pinned", "is_in_menu", "menu_order")  # on pages of the whole site, so only for editors
TAG_LIMIT = 3


def build_fieldsets(essay: Essay | None, *, may_pin: bool) -> list[tuple[Any, dict[str, Any]]]:
    """Return the admin's fieldsets of an essay's form; the heading of a collapsed one shows its values."""
    place = ("slug", "kind", "canonical", *(EDITOR_FIELDS if may_pin else ()))
    return [
        (None, {"fields": TEXT_FIELDS, "classes": ("writing",)}),
        collapsed_fieldset(_("Excerpt and tags"), tags_for_heading(essay), "excerpt", "tags"),
        collapsed_fieldset(_("Cover picture"), cover_for_heading(essay), "cover"),
        collapsed_fieldset(_("Series"), series_for_heading(essay), "series", "series_position"),
        collapsed_fieldset(_("Language and translation"), language_for_heading(essay), "language", "translation_of"),
        collapsed_fieldset(
            _("URL, type and menu") if may_pin else _("URL and type"),
            Truncator(essay.slug).chars(40) if essay else "",
            *place,
        ),
    ]


def collapsed_fieldset(name: str, value: str, *fields: str) -> tuple[Any, dict[str, Any]]:
    """Return a collapsed fieldset with a value beside its name."""
    heading = format_html('{} <span class="holds">{}</span>', name, value) if value else name
    return (heading, {"fields": fields, "classes": ("collapse",)})


def tags_for_heading(essay: Essay | None) -> str:
    """Return the first tags, separated by commas, or "" for a new essay."""
    names = [tag.name for tag in essay.tags.all()[: TAG_LIMIT + 1]] if essay and essay.pk else []
    return ", ".join([*names[:TAG_LIMIT], "…"] if len(names) > TAG_LIMIT else names)


def cover_for_heading(essay: Essay | None) -> str:
    """Return the alternative text or file name of the cover, or "" without one."""
    return Truncator(essay.cover).chars(40) if essay and essay.cover else ""


def series_for_heading(essay: Essay | None) -> str:
    """Return the series and the essay's position in it, or "" without a series."""
    if essay is None or essay.series is None:
        return ""
    return f"{essay.series}, {essay.series_position}" if essay.series_position else str(essay.series)


def language_for_heading(essay: Essay | None) -> str:
    """Return the essay's language in that language, or "" for the site's."""
    return str(get_language_info(essay.language)["name_local"]) if essay and essay.language else ""
