"""Action buttons and form links of queue rows, cached per language because many rows share them."""

from functools import cache
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy

from comments.models import Decision

LABELS = {
    "approve": gettext_lazy("Approve"),
    "unapprove": gettext_lazy("Unapprove"),
    "spam": gettext_lazy("Spam"),
    "trash": gettext_lazy("Trash"),
    "restore": gettext_lazy("Restore"),
    "keep": gettext_lazy("Keep"),
    "deny": gettext_lazy("Reject appeal"),
}
FORMS = {
    "edit": gettext_lazy("Edit"),
    "reply": gettext_lazy("Reply"),
    "refuse": gettext_lazy("Reject with reason…"),
    "deny": gettext_lazy("Reject appeal"),
    "delete": gettext_lazy("Delete…"),
}
KEYS = {"approve": "a", "unapprove": "u", "spam": "s", "trash": "d", "edit": "e", "reply": "r"}
AT = "{at}"  # placeholder in cached markup for the address of a comment's page


def action_buttons(names: tuple[str, ...]) -> SafeString:
    """Return the buttons for these actions, each with the resulting status."""
    return _action_buttons(names, get_language())


def form_links(names: tuple[str, ...], url: str) -> SafeString:
    """Return links to these forms; `url` is the escaped address of the comment's page."""
    return mark_safe(_form_links(names, get_language()).replace(AT, url))  # noqa: S308 – escaped in _form_links()


@cache
def _action_buttons(names: tuple[str, ...], language: str | None) -> SafeString:
    """Return the buttons; `language` is the current one, and only a key of the cache."""
    rows: list[Any] = [
        (name, capfirst(Decision.Verb(name).label), key_attribute(name), LABELS[name], key_hint(name)) for name in names
    ]
    return format_html_join("\n", '<button name="action" value="{}" data-done="{}"{}>{}{}</button>', rows)


@cache
def _form_links(names: tuple[str, ...], language: str | None) -> SafeString:
    """Return the links with AT as their address; `language` is the current one, and only a key of the cache."""
    rows: list[Any] = [(AT, name, name, key_attribute(name), FORMS[name], key_hint(name)) for name in names]
    return format_html_join("\n", '<a href="{}#{}" data-form="{}"{}>{}{}</a>', rows)


def key_attribute(name: str) -> str:
    """Return the HTML attribute that names an action's keyboard shortcut, if it has one."""
    return format_html(' aria-keyshortcuts="{}"', KEYS[name]) if name in KEYS else ""


def key_hint(name: str) -> str:
    """Return the visible <kbd> with an action's keyboard shortcut, if it has one."""
    return format_html(' <kbd aria-hidden="true">{}</kbd>', KEYS[name]) if name in KEYS else ""
