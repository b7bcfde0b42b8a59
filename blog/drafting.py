"""What stands in an open form, kept on the server every few seconds: nobody's older words take a newer's place."""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from blog import revising
from blog.models import Draft, Essay, Tag, Text
from blog.models.revision import LINES

LONGEST = 4_000_000


@dataclass(frozen=True)
class Sent:
    """What a form sends of itself."""

    text: Text
    base: str  # the mark of the text it began from
    tab: str  # the page in which it is written
    number: int  # how often that page has sent it
    over: str  # the moment of the unsaved text that the page has taken up or thrown away
    key: str  # of the form of a new essay


def text_of(data: Any) -> Text:
    """The text in what a form sends, as it was typed."""
    tags = [int(pk) for pk in data.getlist("tags") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    names = Tag.objects.filter(pk__in=tags).order_by("name").values_list("name", flat=True)
    return Text(**{name: data.get(name, "")[:LONGEST] for name in LINES}, tags=tuple(names))


def sent(data: Any) -> Sent:
    number = data.get("number", "")
    return Sent(
        text=text_of(data),
        base=data.get("base", "")[:60],
        tab=data.get("tab", "")[:40],
        number=int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0,
        over=data.get("over", "")[:40],
        key=data.get("key", "")[:40],
    )


def of(author: User, essay: Essay | None, key: str = "") -> "QuerySet[Draft]":
    if essay:
        return Draft.objects.filter(author=author, essay=essay)
    return Draft.objects.filter(author=author, essay=None, key=key)


def unsaved(author: User) -> "QuerySet[Draft]":
    """Texts of new essays that were never saved."""
    return Draft.objects.filter(author=author, essay=None).order_by("-changed")


def keep(author: User, essay: Essay | None, form: Sent) -> tuple[str, Draft | None]:
    """Says what became of it: `kept`, `same` as what is stored, or `elsewhere`: another page has kept a newer one."""
    try:
        with transaction.atomic():
            return _keep(author, essay, form)
    except IntegrityError:  # another page was the first, this very moment
        return "elsewhere", of(author, essay, form.key).first()


def _keep(author: User, essay: Essay | None, form: Sent) -> tuple[str, Draft | None]:
    row = of(author, essay, form.key).select_for_update().first()
    if row and row.tab != form.tab and row.changed.isoformat() != form.over:
        return ("same", None) if row.text == form.text else ("elsewhere", row)
    if row and form.tab and row.tab == form.tab and form.number <= row.number:
        return "kept", row
    stored = revising.standing(essay).text if essay else Text()
    if form.text.cleaned() == stored.cleaned():
        if row:
            row.delete()
        return "same", None
    fields = {name: getattr(form.text, name) for name in LINES} | {"tags": list(form.text.tags)}
    row = row or Draft(author=author, essay=essay, key="" if essay else form.key)
    row.tab, row.number, row.base, row.fields, row.changed = form.tab, form.number, form.base, fields, timezone.now()
    row.save()
    return "kept", row


def done(author: User, essay: Essay, form: Sent) -> None:
    """The form was saved: what was kept of it meanwhile is not needed; what another page has kept is."""
    kept = Draft.objects.filter(author=author, tab=form.tab)
    kept.filter(essay=essay).delete()
    if form.key:
        kept.filter(essay=None, key=form.key).delete()
