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


def verbs(names: tuple[str, ...]) -> SafeString:
    """Return the buttons for these actions, each with the resulting status."""
    return _verbs(names, get_language())


def forms(names: tuple[str, ...], at: str) -> SafeString:
    """Return links to these forms; `at` is the escaped address of the comment's page."""
    return mark_safe(_forms(names, get_language()).replace(AT, at))  # noqa: S308 – escaped in _forms()


@cache
def _verbs(names: tuple[str, ...], language: str | None) -> SafeString:
    rows: list[Any] = [
        (name, capfirst(Decision.Verb(name).label), shortcut(name), LABELS[name], key_hint(name)) for name in names
    ]
    return format_html_join("\n", '<button name="action" value="{}" data-done="{}"{}>{}{}</button>', rows)


@cache
def _forms(names: tuple[str, ...], language: str | None) -> SafeString:
    rows: list[Any] = [(AT, name, name, shortcut(name), FORMS[name], key_hint(name)) for name in names]
    return format_html_join("\n", '<a href="{}#{}" data-form="{}"{}>{}{}</a>', rows)


def shortcut(name: str) -> str:
    return format_html(' aria-keyshortcuts="{}"', KEYS[name]) if name in KEYS else ""


def key_hint(name: str) -> str:
    return format_html(' <kbd aria-hidden="true">{}</kbd>', KEYS[name]) if name in KEYS else ""
