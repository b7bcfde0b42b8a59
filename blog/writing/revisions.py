"""What an author does with a text: keep it, have readers see it, have an older one back; each leaves a revision."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import pagecache
from accounts.models import User
from blog import actions, markup
from blog.models import Essay, Revision, Tag, Text

SHOWN = 60  # characters of an address in a message


class Standing(NamedTuple):
    """The newest text of an essay, and a mark that is another as soon as the text is."""

    text: Text
    revision: Revision | None
    mark: str


class NotReady(Exception):
    """Readers would have nothing of it; the argument is what is missing: fields, and what is asked for."""

    def __init__(self, missing: dict[str, str]) -> None:
        super().__init__(missing)
        self.missing = missing


def missing(text: Text) -> dict[str, str]:
    """What keeps a cleaned text from readers: the field, and what is asked for."""
    found = {}
    if not text.title.strip():
        found["title"] = _("Add a title before you publish.")
    if not markup.plain(text.body).strip() and "<img" not in text.body:
        found["body"] = _("Write some text before you publish.")
    elif unclear := markup.unclear_links(text.body):
        words = _("Start these links with https:// (another website) or ./ (this site): %(links)s")
        found["body"] = words % {"links": ", ".join(href[:SHOWN] for href in unclear)}
    return found


def standing(essay: Essay) -> Standing:
    """The newest revision may be ahead of what readers see; what was written past all revisions is ahead of them."""
    newest = essay.revisions.newest()
    shown = Text.of(essay)
    if newest and newest.beside == shown.print:
        return Standing(newest.text, newest, str(newest.pk))
    return Standing(shown, newest, f"{newest.pk if newest else 0}-{shown.print}")


def is_ahead(essay: Essay) -> bool:
    """Whether there is something that readers would see only once it is published."""
    return essay.published is not None and standing(essay).text.print != Text.of(essay).print


@transaction.atomic
def save(
    essay: Essay, text: Text, *, by: User | None, kind: str = Revision.Kind.SAVE, at: datetime | None = None
) -> Revision | None:
    """Keep the text as the newest; of an essay that is out, or will be at its time, readers see nothing of it.

    The essay may come with other settings than it had: those hold at once. None when nothing was written.
    """
    stored = locked(essay)
    before = stored and begin(stored)
    if stored and stored.published:
        for name in ("kind", "published", "dated"):
            setattr(essay, name, getattr(stored, name))
        Text.of(stored).onto(essay)
    else:
        essay.published = None
        text.onto(essay)
    actions.save(essay)
    if not essay.published:
        set_tags(essay, text)
    at = None if essay.published else at
    if before and before.text == text and (before.revision is None or before.revision.at == at):
        return None
    return record(essay, text, by=by, kind=kind, at=at)


@transaction.atomic
def publish(
    essay: Essay, text: Text, *, by: User | None, note: str = "", is_public_note: bool = False
) -> Revision | None:
    """Let readers have the text: now, or at the essay's own time. Raises NotReady."""
    if lacking := missing(text):
        raise NotReady(lacking)
    stored = locked(essay)
    before = stored and begin(stored)
    is_live = stored is not None and stored.is_published
    text.onto(essay)
    text = replace(text, slug=essay.slug)
    essay.published = essay.published or timezone.now()
    if is_live and is_public_note:
        essay.updated, essay.update_note = timezone.now(), note
    actions.save(essay)
    set_tags(essay, text)
    is_same = before and before.text == text and before.revision and before.revision.kind == Revision.Kind.PUBLISH
    if is_same and stored and is_same_time(stored.published, essay.published) and not note:
        return None
    return record(essay, text, by=by, kind=Revision.Kind.PUBLISH, note=note, is_public_note=is_public_note and is_live)


@transaction.atomic
def publish_newest(essay: Essay, *, by: User) -> Revision | None:
    """Let readers have what was saved last, at once, whatever time it waited for. Raises NotReady."""
    essay = Essay.objects.select_for_update().get(pk=essay.pk)
    text = standing(essay).text
    essay.published = timezone.now()
    return publish(essay, text, by=by)


@transaction.atomic
def unpublish(essay: Essay, text: Text, *, by: User | None) -> Revision | None:
    """A draft again, with this text. Its address waits for it: whoever kept it finds it again once it is back."""
    stored = locked(essay)
    if stored is None or stored.published is None:
        return save(essay, text, by=by)
    begin(stored)
    essay.published = None
    text.onto(essay)
    actions.save(essay)
    set_tags(essay, text)
    return record(essay, text, by=by, kind=Revision.Kind.DRAFT)


@transaction.atomic
def withdraw(essay: Essay, *, by: User) -> Revision | None:
    """A draft again, with what was saved last."""
    essay = Essay.objects.select_for_update().get(pk=essay.pk)
    return unpublish(essay, standing(essay).text, by=by)


def is_same_time(one: datetime | None, other: datetime | None) -> bool:
    """As far as a form can tell."""
    return one is not None and other is not None and abs(one - other) < timedelta(seconds=1)


def restore(revision: Revision, *, by: User) -> Revision | None:
    """The old text as the newest; nothing in between is lost."""
    return save(revision.essay, revision.text, by=by, kind=Revision.Kind.RESTORE)


@transaction.atomic
def amend(essay: Essay, change: Callable[[str], str]) -> bool:
    """Change what nobody wrote, such as where a picture lies, in every text of an essay: whether there was any."""
    stored = locked(essay)
    if stored is None:
        return False
    before = Text.of(stored).print
    is_changed = False
    for row in [stored, *stored.revisions.all()]:
        if (body := change(row.body)) != row.body:
            row.body, is_changed = body, True
            row.save(update_fields=["body"])
    for draft in stored.drafts.all():
        if (body := change(draft.fields.get("body", ""))) != draft.fields.get("body", ""):
            draft.fields["body"] = body
            draft.save(update_fields=["fields"])
    stored.revisions.filter(beside=before).update(beside=Text.of(stored).print)
    if is_changed:
        pagecache.bump(stored.cache_key, "site")
    return is_changed


def locked(essay: Essay) -> Essay | None:
    return Essay.objects.select_for_update().filter(pk=essay.pk).first() if essay.pk else None


def begin(essay: Essay) -> Standing:
    """What was written past all revisions gets its own before anything takes its place."""
    found = standing(essay)
    if found.revision and found.revision.beside == Text.of(essay).print:
        return found
    if found.text == Text(slug=essay.slug):
        return found
    kind = Revision.Kind.PUBLISH if essay.published else Revision.Kind.SAVE
    made = record(essay, found.text, by=None, kind=kind)
    Revision.objects.filter(pk=made.pk).update(created=essay.changed)
    return Standing(found.text, made, str(made.pk))


def record(
    essay: Essay,
    text: Text,
    *,
    by: User | None,
    kind: str,
    at: datetime | None = None,
    note: str = "",
    is_public_note: bool = False,
) -> Revision:
    return Revision.objects.create(
        essay=essay,
        author=by,
        kind=kind,
        title=text.title,
        deck=text.deck,
        body=text.body,
        excerpt=text.excerpt,
        slug=text.slug,
        tags=list(text.tags),
        words=markup.count_words(text.body),
        at=at,
        beside=Text.of(essay).print,
        note=note,
        is_public_note=is_public_note,
    )


def set_tags(essay: Essay, text: Text) -> None:
    wanted = [tag for name in text.tags for tag in Tag.objects.known_as([name]) or [Tag.objects.named(name)]]
    if {tag.pk for tag in wanted} != set(essay.tags.values_list("pk", flat=True)):
        essay.tags.set(wanted)
        pagecache.bump(essay.cache_key, "site")
