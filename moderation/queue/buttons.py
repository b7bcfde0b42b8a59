"""The buttons of a row of the queue and the ways to its forms: alike in many rows, so made once in each language."""

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
AT = "{at}"  # where a row's own page is, in what is kept of the ways to its forms


def verbs(names: tuple[str, ...]) -> SafeString:
    """What can be done at once, each with what the comment then is."""
    return _verbs(names, get_language())


def forms(names: tuple[str, ...], at: str) -> SafeString:
    """What asks for more than a button; `at`: the row's own page, as an attribute holds it."""
    return mark_safe(_forms(names, get_language()).replace(AT, at))  # noqa: S308 – put together below, and escaped


@cache
def _verbs(names: tuple[str, ...], language: str | None) -> SafeString:
    rows: list[Any] = [
        (name, capfirst(Decision.Verb(name).label), shortcut(name), LABELS[name], key(name)) for name in names
    ]
    return format_html_join("\n", '<button name="action" value="{}" data-done="{}"{}>{}{}</button>', rows)


@cache
def _forms(names: tuple[str, ...], language: str | None) -> SafeString:
    rows: list[Any] = [(AT, name, name, shortcut(name), FORMS[name], key(name)) for name in names]
    return format_html_join("\n", '<a href="{}#{}" data-form="{}"{}>{}{}</a>', rows)


def shortcut(name: str) -> str:
    return format_html(' aria-keyshortcuts="{}"', KEYS[name]) if name in KEYS else ""


def key(name: str) -> str:
    return format_html(' <kbd aria-hidden="true">{}</kbd>', KEYS[name]) if name in KEYS else ""
