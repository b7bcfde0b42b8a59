"""Write actions on an essay's text: save, publish, unpublish and restore; each records a revision."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

import pagecache
from accounts.models import User
from blog import actions, indexing, markup
from blog.models import Essay, Revision, Tag, Text, typeset
from blog.models.revision import TEXT_FIELDS

MAX_QUOTE = 60  # characters of an address in a message


class LatestText(NamedTuple):
    """The latest text of an essay, and a version that changes with the text."""

    text: Text
    revision: Revision | None
    version: str


class NotReady(Exception):
    """A text cannot be published; `missing` maps fields to messages."""

    def __init__(self, missing: dict[str, str]) -> None:
        super().__init__(missing)
        self.missing = missing


def missing_fields(text: Text) -> dict[str, str]:
    """Return messages by field for what a cleaned text needs before it can be published."""
    found = {}
    if not text.title.strip():
        found["title"] = _("Add a title before you publish.")
    if not markup.plain_text(text.body).strip() and "<img" not in text.body:
        found["body"] = _("Write some text before you publish.")
    elif unclear := markup.unclear_links(text.body):
        message = _("Start these links with https:// (another website) or ./ (this site): %(links)s")
        found["body"] = message % {"links": ", ".join(href[:MAX_QUOTE] for href in unclear)}
    return found


def latest_text(essay: Essay) -> LatestText:
    """Return the latest text: the newest revision's, or the essay's own if it was changed without a revision."""
    newest = essay.revisions.newest()
    shown = Text.from_essay(essay)
    if newest and newest.essay_fingerprint == shown.fingerprint:
        return LatestText(newest.text, newest, str(newest.pk))
    return LatestText(shown, newest, f"{newest.pk if newest else 0}-{shown.fingerprint}")


@transaction.atomic
def save(
    essay: Essay, text: Text, *, by: User | None, kind: str = Revision.Kind.SAVE, publish_at: datetime | None = None
) -> Revision | None:
    """Record the text as the latest revision without showing it to readers of a published or scheduled essay.

    Changed settings of the essay apply immediately. Returns None if the text has not changed.
    """
    stored = lock_essay(essay)
    before = stored and ensure_revision(stored)
    if stored and stored.published:
        for name in ("kind", "published", "dated"):
            setattr(essay, name, getattr(stored, name))
        Text.from_essay(stored).apply_to(essay)
    else:
        essay.published = None
        text.apply_to(essay)
    actions.save(essay)
    if not essay.published:
        set_tags(essay, text)
    publish_at = None if essay.published else publish_at
    if before and before.text == text and (before.revision is None or before.revision.publish_at == publish_at):
        return None
    return create_revision(essay, text, by=by, kind=kind, publish_at=publish_at)


@transaction.atomic
def publish(
    essay: Essay, text: Text, *, by: User | None, note: str = "", is_public_note: bool = False
) -> Revision | None:
    """Publish the text now or at the essay's publish date. Raises NotReady."""
    if lacking := missing_fields(text):
        raise NotReady(lacking)
    stored = lock_essay(essay)
    before = stored and ensure_revision(stored)
    is_public_note = is_public_note and stored is not None and stored.is_published
    text.apply_to(essay)
    text = replace(text, slug=essay.slug)
    essay.published = essay.published or timezone.now()
    if is_public_note:
        essay.updated, essay.update_note = timezone.now(), note
    actions.save(essay)
    set_tags(essay, text)
    is_same = before and before.text == text and before.revision and before.revision.kind == Revision.Kind.PUBLISH
    if is_same and stored and is_same_time(stored.published, essay.published) and not note:
        return None
    return create_revision(essay, text, by=by, kind=Revision.Kind.PUBLISH, note=note, is_public_note=is_public_note)


@transaction.atomic
def publish_latest(essay: Essay, *, by: User) -> Revision | None:
    """Publish the latest text now, even if it was scheduled. Raises NotReady."""
    essay = Essay.objects.select_for_update().get(pk=essay.pk)
    text = latest_text(essay).text
    essay.published = timezone.now()
    return publish(essay, text, by=by)


@transaction.atomic
def unpublish(essay: Essay, text: Text, *, by: User | None) -> Revision | None:
    """Make an essay a draft again, with this text. It keeps the date in its URL for when it is published again."""
    stored = lock_essay(essay)
    if stored is None or stored.published is None:
        return save(essay, text, by=by)
    ensure_revision(stored)
    essay.published = None
    text.apply_to(essay)
    actions.save(essay)
    set_tags(essay, text)
    return create_revision(essay, text, by=by, kind=Revision.Kind.DRAFT)


@transaction.atomic
def unpublish_latest(essay: Essay, *, by: User) -> Revision | None:
    """Make an essay a draft again, with its latest text."""
    essay = Essay.objects.select_for_update().get(pk=essay.pk)
    return unpublish(essay, latest_text(essay).text, by=by)


def is_same_time(one: datetime | None, other: datetime | None) -> bool:
    """Return whether two times are less than a second apart, because a form sends no fractions."""
    return one is not None and other is not None and abs(one - other) < timedelta(seconds=1)


def restore(revision: Revision, *, by: User) -> Revision | None:
    """Save an old revision's text as the latest; the revisions between are kept."""
    return save(revision.essay, revision.text, by=by, kind=Revision.Kind.RESTORE)


@transaction.atomic
def rewrite_bodies(essay: Essay, change: Callable[[str], str]) -> bool:
    """Apply a technical change, such as a picture's new address, to every text of an essay; return if any changed."""
    stored = lock_essay(essay)
    if stored is None:
        return False
    before = Text.from_essay(stored).fingerprint
    is_changed = False
    for row in [stored, *stored.revisions.all()]:
        if (body := change(row.body)) != row.body:
            row.body, is_changed = body, True
            if isinstance(row, Essay):
                row.typeset = typeset(body)
            row.save(update_fields=["body", "typeset"] if isinstance(row, Essay) else ["body"])
    for draft in stored.drafts.all():
        if (body := change(draft.fields.get("body", ""))) != draft.fields.get("body", ""):
            draft.fields["body"] = body
            draft.save(update_fields=["fields"])
    stored.revisions.filter(essay_fingerprint=before).update(essay_fingerprint=Text.from_essay(stored).fingerprint)
    if is_changed:
        pagecache.invalidate(stored.cache_key, "site")
    return is_changed


def lock_essay(essay: Essay) -> Essay | None:
    """Lock an essay's row and return it as stored; None for a new one."""
    return Essay.objects.select_for_update().filter(pk=essay.pk).first() if essay.pk else None


def ensure_revision(essay: Essay) -> LatestText:
    """Record a revision of the essay's text if it has none, before another text replaces it; return the latest text."""
    found = latest_text(essay)
    if found.revision and found.revision.essay_fingerprint == Text.from_essay(essay).fingerprint:
        return found
    if found.text == Text(slug=essay.slug):
        return found
    kind = Revision.Kind.PUBLISH if essay.published else Revision.Kind.SAVE
    made = create_revision(essay, found.text, by=None, kind=kind)
    Revision.objects.filter(pk=made.pk).update(created=essay.changed)
    return LatestText(found.text, made, str(made.pk))


def create_revision(
    essay: Essay,
    text: Text,
    *,
    by: User | None,
    kind: str,
    publish_at: datetime | None = None,
    note: str = "",
    is_public_note: bool = False,
) -> Revision:
    """Store a text as the newest revision of an essay; `note` says what changed."""
    fields: dict[str, Any] = {name: getattr(text, name) for name in TEXT_FIELDS} | {"tags": list(text.tags)}
    fields |= {"word_count": markup.count_words(text.body), "essay_fingerprint": Text.from_essay(essay).fingerprint}
    return Revision.objects.create(
        essay=essay, author=by, kind=kind, publish_at=publish_at, note=note, is_public_note=is_public_note, **fields
    )


def set_tags(essay: Essay, text: Text) -> None:
    """Give an essay the tags that the text names; missing ones are created."""
    wanted = [tag for name in text.tags for tag in Tag.objects.matching([name]) or [Tag.objects.ensure(name)]]
    if {tag.pk for tag in wanted} != set(essay.tags.values_list("pk", flat=True)):
        essay.tags.set(wanted)
        indexing.index(essay)
        pagecache.invalidate(essay.cache_key, "site")
