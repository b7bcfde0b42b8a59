"""The form field for an essay's body: a text area of HTML, and the data with which a script turns it into an editor."""

import json
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext
from django_prose_editor.widgets import importmap
from js_asset import Script
from js_asset.media import Media

from blog.markup.nesting import INLINE
from blog.markup.rules import ESSAY
from blog.models import Site


def allowlist() -> dict[str, Any]:
    """Return the essay's allowlist for the editor's schema: tags with their attributes, inline tags, `rel` of links."""
    general = [*ESSAY.attributes["*"]]
    return {
        "attributes": {tag: [*ESSAY.attributes.get(tag, ()), *general] for tag in sorted(ESSAY.tags)},
        "inline": sorted(INLINE & ESSAY.tags),
        "rel": ESSAY.rel,
    }


class EssayEditor(forms.Textarea):
    @property
    def media(self) -> forms.Media:
        """The editor's import map, style and script."""
        return Media(
            importmap=importmap,
            css={"all": ["css/editor.css"]},
            js=[Script("js/writing/editor/index.js", type="module")],
        )

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Render the text area with the editor's settings as JSON."""
        area = super().render(name, value, attrs, renderer)
        language = get_language() or "en"
        setup = {
            "rules": allowlist(),
            "language": language,
            "clean": reverse("clean-paste"),
            "formulas": Site.objects.current().formulas,
            "codeLanguage": gettext("Language of the code"),
        }
        return render_to_string("blog/editor/widget.html", {"area": area, "setup": json.dumps(setup)})
