"""Unsaved text of open forms, kept on the server every few seconds: each page has a row of its own."""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import User
from blog.models import Draft, Essay, Tag, Text
from blog.models.revision import LINES
from blog.writing import revisions

LONGEST = 4_000_000


@dataclass(frozen=True)
class Sent:
    """What a form sends of itself."""

    text: Text
    base: str  # the mark of the text it began from
    tab: str  # the page in which it is written
    number: int  # how often that page has sent it
    draft: int  # the unsaved text with which the page was opened, 0 for none
    over: str  # when that text was last changed, as the page saw it


def text_of(data: Any) -> Text:
    """The text in what a form sends, as it was typed."""
    tags = [int(pk) for pk in data.getlist("tags") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    names = Tag.objects.filter(pk__in=tags).order_by("name").values_list("name", flat=True)
    return Text(**{name: data.get(name, "")[:LONGEST] for name in LINES}, tags=tuple(names))


def sent(data: Any) -> Sent:
    return Sent(
        text=text_of(data),
        base=data.get("base", "")[:60],
        tab=data.get("tab", "")[:40],
        number=number_of(data.get("number", ""), digits=9),
        draft=number_of(data.get("draft", "")),
        over=data.get("over", "")[:40],
    )


def number_of(typed: str, digits: int = 18) -> int:
    """The number in a field, 0 for anything else."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= digits else 0


def of(author: User, essay: Essay | None) -> "QuerySet[Draft]":
    """The author's unsaved texts of an essay, the latest first; without an essay those of new ones."""
    return Draft.objects.filter(author=author, essay=essay).order_by("-changed", "-pk")


def others(author: User, essay: Essay | None, *, tab: str, over: str) -> list[Draft]:
    """The unsaved texts that a page does not hold already: not its own, nor the one it was opened with."""
    return [row for row in of(author, essay) if (not tab or row.tab != tab) and row.changed.isoformat() != over]


def keep(author: User, essay: Essay | None, form: Sent) -> tuple[str, Draft | None]:
    """Store what a page sent. Return `kept` with its row, or `same` if it equals the saved text."""
    try:
        with transaction.atomic():
            return _keep(author, essay, form)
    except IntegrityError:  # the same page sent it twice at the same moment
        with transaction.atomic():
            return _keep(author, essay, form)


def _keep(author: User, essay: Essay | None, form: Sent) -> tuple[str, Draft | None]:
    rows = of(author, essay).select_for_update()
    row = rows.filter(tab=form.tab).first() if form.tab else None
    if row and form.number <= row.number:
        return "kept", row
    row = row or opened_with(rows, form)
    stored = revisions.standing(essay).text if essay else Text()
    if form.text.cleaned() == stored.cleaned():
        if row:
            row.delete()
        return "same", None
    row = row or Draft(author=author, essay=essay)
    fields = {name: getattr(form.text, name) for name in LINES} | {"tags": list(form.text.tags)}
    if row.fields != fields:
        row.fields, row.changed = fields, timezone.now()
    row.tab, row.number, row.base = form.tab or get_random_string(32), form.number, form.base
    row.save()
    return "kept", row


def opened_with(rows: "QuerySet[Draft]", form: Sent) -> Draft | None:
    """The unsaved text that a page continues, unless it has changed since in another page."""
    row = rows.filter(pk=form.draft).first() if form.draft else None
    return row if row and row.changed.isoformat() == form.over else None


def done(author: User, essay: Essay, form: Sent) -> None:
    """Delete what was kept of a form that is saved now, and copies with the same text; other pages' texts stay."""
    for row in Draft.objects.filter(Q(essay=essay) | Q(essay=None), author=author):
        is_own = bool(form.tab) and row.tab == form.tab
        is_continued = row.pk == form.draft and row.changed.isoformat() == form.over
        if is_own or is_continued or row.text == form.text:
            row.delete()
