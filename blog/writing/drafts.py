"""Drafts: unsaved text of open forms, stored every few seconds, one row for each browser tab."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import User
from blog.markup.paragraphs import begin_paragraphs
from blog.models import Draft, Essay, Text
from blog.models.revision import TEXT_FIELDS
from blog.writing import revisions
from blog.writing.term_fields import split_names

MAX_CHARACTERS = 4_000_000
MAX_SETTINGS = 50_000  # characters
MAX_AGE = timedelta(days=365)


@dataclass(frozen=True)
class FormState:
    """The state of an open form, as it was sent."""

    text: Text
    base: str  # the version of the text it began from
    tab: str  # the browser tab in which it is written
    save_count: int  # how often the tab has sent it
    draft: int  # the draft with which the form was opened, 0 for none
    over: str  # when that draft was last changed, as the form was told
    age: timedelta  # how long ago it was typed, for a text that waited in a browser
    settings: dict[str, list[str]] = field(default_factory=dict)  # see Draft.settings


def parse_text(data: Any) -> Text:
    """Return the text of a submitted form, as it was typed."""
    names = sorted(split_names(data.get("tags", "")))
    text = Text(**{name: data.get(name, "")[:MAX_CHARACTERS] for name in TEXT_FIELDS}, tags=tuple(names))
    return text if data.get("tab") else replace(text, body=begin_paragraphs(text.body))  # a script enters the tab


def parse_form(data: Any) -> FormState:
    """Return the state of the form from submitted data."""
    return FormState(
        text=parse_text(data),
        base=data.get("base", "")[:60],
        tab=data.get("tab", "")[:40],
        save_count=parse_number(data.get("number", ""), digits=9),
        draft=parse_number(data.get("draft", "")),
        over=data.get("over", "")[:40],
        age=min(timedelta(seconds=parse_number(data.get("age", ""), digits=9)), MAX_AGE),
        settings=parse_settings(data.get("settings", "")),
    )


def parse_settings(sent: str) -> dict[str, list[str]]:
    """Return the changed settings that a script sent as JSON, none if they are not of the form of `Draft.settings`."""
    try:
        found = json.loads(sent[:MAX_SETTINGS]) if sent else {}
    except (ValueError, RecursionError):
        return {}
    is_sound = isinstance(found, dict) and all(
        isinstance(entry, list) and len(entry) == 3 and all(isinstance(part, str) for part in entry)
        for entry in found.values()
    )
    return found if is_sound else {}


def parse_number(typed: str, digits: int = 18) -> int:
    """Return the number in a submitted field, 0 for anything else or for more digits."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= digits else 0


def by_author(author: User, essay: Essay | None) -> "QuerySet[Draft]":
    """Return the author's drafts of an essay, for None of essays never saved, latest first."""
    return Draft.objects.filter(author=author, essay=essay).order_by("-changed", "-pk")


def newest_typed(author: User, essay: Essay) -> Draft | None:
    """Return the author's latest draft of an essay if they typed it after what they last saved."""
    draft = by_author(author, essay).first()
    saved = essay.revisions.filter(author=author).newest()
    return draft if draft and not (saved and saved.created > draft.changed) else None


def of_coauthors(author: User, essay: Essay) -> "list[Draft]":
    """Return the latest draft of each other author of an essay."""
    rows = Draft.objects.filter(essay=essay).exclude(author=author).select_related("author").order_by("changed")
    return [*{row.author_id: row for row in rows}.values()]


def other_drafts(author: User, essay: Essay | None, *, tab: str, over: str) -> list[Draft]:
    """Return the author's drafts except the tab's own and the one it was opened with, last changed at `over`."""
    return [row for row in by_author(author, essay) if (not tab or row.tab != tab) and row.changed.isoformat() != over]


def store(author: User, essay: Essay | None, form: FormState) -> tuple[str, Draft | None]:
    """Store a form's text and settings as a draft.

    Return `kept` and the draft, or `same` and None if they equal the saved ones.
    """
    try:
        with transaction.atomic():
            return _store_once(author, essay, form)
    except IntegrityError:  # the same tab sent it twice at the same moment
        with transaction.atomic():
            return _store_once(author, essay, form)


def _store_once(author: User, essay: Essay | None, form: FormState) -> tuple[str, Draft | None]:
    """Do what `store` does, but raise IntegrityError if the same tab stores its text at this moment."""
    rows = by_author(author, essay).select_for_update()
    row = rows.filter(tab=form.tab).first() if form.tab else None
    if row and form.save_count <= row.save_count:
        return "kept", row
    row = row or find_continued_draft(rows, form)
    stored = revisions.latest_text(essay).text if essay else Text()
    if not form.settings and form.text.cleaned() == stored.cleaned():
        if row:
            row.delete()
        return "same", None
    fields = {name: getattr(form.text, name) for name in TEXT_FIELDS} | {"tags": list(form.text.tags)}

    def is_same(draft: Draft) -> bool:
        return bool(draft.fields == fields and draft.settings == form.settings)

    if row is None:
        if form.age and (same := next((one for one in rows if is_same(one)), None)):
            return "kept", same  # a copy of it waited in a browser
        row = Draft(author=author, essay=essay)
    if not is_same(row):
        row.fields, row.settings, row.changed = fields, form.settings, timezone.now() - form.age
    row.tab, row.save_count, row.base = form.tab or get_random_string(32), form.save_count, form.base
    row.save()
    return "kept", row


def is_saved(author: User, essay: Essay, form: FormState) -> bool:
    """Return whether a text that waited in a browser has been saved since it was typed, by its own form or another.

    Of the settings `form` has only those that are not saved; its own form saved them with the text, whatever they are
    now.
    """
    if not form.age:
        return False
    text, typed = form.text.cleaned(), timezone.now() - form.age - timedelta(seconds=1)
    lines = {name: getattr(text, name) for name in TEXT_FIELDS if name != "slug" or text.slug}  # no slug: a new one
    rows = essay.revisions.filter(author=author, created__gte=typed, **lines).values_list("tab", "tags")
    return any(tags == list(text.tags) and (not form.settings or tab == form.tab != "") for tab, tags in rows)


def find_continued_draft(rows: "QuerySet[Draft]", form: FormState) -> Draft | None:
    """Return the draft that a form continues, unless another tab has changed it since."""
    row = rows.filter(pk=form.draft).first() if form.draft else None
    return row if row and row.changed.isoformat() == form.over else None


def delete_after_save(
    author: User, essay: Essay, form: FormState, find_unsaved: Callable[[dict[str, list[str]]], object]
) -> None:
    """Delete the draft of a form that is saved now, and drafts with the same text and settings; keep other ones.

    `find_unsaved` returns which of a draft's settings are not saved: a form that was sent before its script ran has
    none of them.
    """
    for row in Draft.objects.filter(Q(essay=essay) | Q(essay=None), author=author):
        is_own = bool(form.tab) and row.tab == form.tab
        is_continued = row.pk == form.draft and row.changed.isoformat() == form.over
        is_entered = is_own or (is_continued and bool(form.tab))  # a script enters the draft's settings in the form
        if is_entered or ((is_continued or row.text == form.text) and not find_unsaved(row.settings)):
            row.delete()
        elif is_continued:
            row.essay = essay
            row.save(update_fields=["essay"])
