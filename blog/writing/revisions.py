"""Write actions on an essay's text: save, publish, unpublish and restore; each records a revision."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

import pagecache
from accounts.models import User
from blog import actions, indexing, markup
from blog.models import ANNOUNCEMENT_DELAY, Announcement, Essay, Revision, Tag, Text, typeset
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


def is_saved_from(essay: Essay, tab: str, author: User) -> bool:
    """Return whether the latest text of an essay was saved by the author's form in this tab."""
    found = latest_text(essay).revision
    return bool(tab and found and found.tab == tab and found.author_id == author.pk)


@transaction.atomic
def save(
    essay: Essay, text: Text, *, by: User | None, kind: str = Revision.Kind.SAVE, tab: str = ""
) -> Revision | None:
    """Record the text as the latest revision without showing it to readers of a published or scheduled essay.

    Changed settings of the essay apply immediately, and only they change the dates of sitemap and feeds. `tab` names
    the form it comes from. Returns None if the text has not changed.
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
    if stored and stored.published and not has_changed(stored, essay):
        essay.changed = stored.changed
        essay.save(update_fields=["changed"])
    if not essay.published:
        set_tags(essay, text)
    if before and before.text == text:
        return None
    return create_revision(essay, text, by=by, kind=kind, tab=tab)


def has_changed(before: Essay, after: Essay) -> bool:
    """Return whether any field but `changed` differs."""
    names = [field.attname for field in Essay._meta.concrete_fields if field.name != "changed"]
    return any(getattr(before, name) != getattr(after, name) for name in names)


@transaction.atomic
def publish(
    essay: Essay,
    text: Text,
    *,
    by: User | None,
    emails: bool = False,
    note: str = "",
    is_public_note: bool = False,
    hides_update: bool = False,
) -> Revision | None:
    """Publish the text now or at the essay's publish date. Raises NotReady.

    `emails`: subscribers are emailed some minutes later; otherwise emails that are pending are canceled.
    `is_public_note`: readers see today's date and the note as that of an update; `hides_update`: they see none.
    """
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
    elif hides_update:
        essay.updated, essay.update_note = None, ""
    actions.save(essay)
    set_tags(essay, text)
    schedule_emails(essay, is_wanted=emails, was_published=stored is not None and stored.is_published)
    is_same = before and before.text == text and before.revision and before.revision.kind == Revision.Kind.PUBLISH
    if is_same and stored and is_same_time(stored.published, essay.published) and not note:
        return None
    made = create_revision(essay, text, by=by, kind=Revision.Kind.PUBLISH, note=note, is_public_note=is_public_note)
    if essay.is_published:
        for name in settings.JOBS_AFTER_PUBLISHING:
            import_string(name).enqueue(essay.pk)
    return replace_saved(before.revision, made) if before and before.revision else made


def replace_saved(saved: Revision, published: Revision) -> Revision:
    """Merge two revisions if the first was saved just to be published: the second would show no difference.

    It keeps its key, so that the versions from which open forms began are still known.
    """
    words = (saved.text.fingerprint, saved.text.tags, saved.author_id, saved.kind)
    if words != (published.text.fingerprint, published.text.tags, published.author_id, Revision.Kind.SAVE):
        return published
    published.delete()
    published.pk, published.tab = saved.pk, saved.tab
    published.save()
    return published


def schedule_emails(essay: Essay, *, is_wanted: bool, was_published: bool) -> None:
    """Email subscribers some time after an essay is published, or not at all; an update does not delay pending ones."""
    if not is_wanted or essay.kind == Essay.Kind.PAGE or essay.published is None:
        Announcement.objects.cancel(essay)
    elif not (was_published and Announcement.objects.pending().filter(essay=essay).exists()):
        Announcement.objects.schedule(essay, max(essay.published, timezone.now()) + ANNOUNCEMENT_DELAY)


def undo_until(essay: Essay) -> datetime | None:
    """Return until when publishing can be undone, None if it cannot: some minutes from when readers could first see it.

    A revision tells when it was published since it was last a draft; the date that readers see may be any.
    """
    if not essay.is_published:
        return None
    withdrawn = essay.revisions.filter(kind=Revision.Kind.DRAFT).values_list("pk", flat=True).first()
    since = essay.revisions.filter(kind=Revision.Kind.PUBLISH, pk__gt=withdrawn or 0)
    created = since.order_by("pk").values_list("created", flat=True).first()
    until = created and max(created, essay.published or created) + ANNOUNCEMENT_DELAY
    if until is None or until <= timezone.now() or essay.announcements.filter(sent__gte=created).exists():
        return None
    return until


@transaction.atomic
def undo_publishing(essay: Essay, text: Text | None = None, *, by: User) -> bool:
    """Make an essay a draft again, with this or its latest text, and send no emails; return whether it was in time."""
    stored = lock_essay(essay)
    if stored is None or undo_until(stored) is None:
        return False
    withdrawn = stored.revisions.filter(kind=Revision.Kind.DRAFT).values_list("pk", flat=True).first()
    unpublish(essay, text or latest_text(stored).text, by=by)
    stored.revisions.filter(pk__gt=withdrawn or 0).update(public_from=None, version=None)
    return True


@transaction.atomic
def publish_latest(essay: Essay, *, by: User) -> Revision | None:
    """Publish the latest text now without emails, even if it was scheduled. Raises NotReady."""
    essay = Essay.objects.select_for_update().get(pk=essay.pk)
    text = latest_text(essay).text
    essay.published = timezone.now()
    return publish(essay, text, by=by)


@transaction.atomic
def unpublish(essay: Essay, text: Text, *, by: User | None) -> Revision | None:
    """Make an essay a draft again, with this text; pending emails are canceled. It keeps the date in its URL."""
    stored = lock_essay(essay)
    if stored is None or stored.published is None:
        return save(essay, text, by=by)
    ensure_revision(stored)
    Announcement.objects.cancel(essay)
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
    Revision.objects.filter(pk=made.pk).update(created=essay.changed, public_from=essay.published)
    return LatestText(found.text, made, str(made.pk))


@transaction.atomic
def ensure_public(essay: Essay) -> Revision | None:
    """Return the revision that readers see; a text without one, as after an import, gets one.

    In a backup made before versions were numbered, it is the published revision with this text. None if there is none:
    a text that was only saved is never taken for it.
    """
    stored = lock_essay(essay)
    if stored is None or not stored.is_published:
        return None
    if found := Revision.objects.public(stored).first():
        return found
    if stored.revisions.exists():
        shown = Text.from_essay(stored).fingerprint
        published = stored.revisions.filter(kind=Revision.Kind.PUBLISH).order_by("-pk")
        found = next((row for row in published if row.text.fingerprint == shown), None)
        if found:
            found.public_from, found.version = found.created, 1
            found.save(update_fields=["public_from", "version"])
    else:
        found = ensure_revision(stored).revision
    pagecache.invalidate("site")  # the essay's page names it
    return found


def create_revision(
    essay: Essay,
    text: Text,
    *,
    by: User | None,
    kind: str,
    note: str = "",
    is_public_note: bool = False,
    tab: str = "",
) -> Revision:
    """Store a text as the newest revision of an essay; `note` says what changed."""
    fields: dict[str, Any] = {name: getattr(text, name) for name in TEXT_FIELDS} | {"tags": list(text.tags)}
    fields |= {"word_count": markup.count_words(text.body), "essay_fingerprint": Text.from_essay(essay).fingerprint}
    is_public = kind == Revision.Kind.PUBLISH
    if is_public or kind == Revision.Kind.DRAFT:
        forget_scheduled(essay)
    if is_public:
        fields["public_from"] = max(essay.published or timezone.now(), timezone.now())
        fields["version"] = next_version(essay, fields["essay_fingerprint"])
    return Revision.objects.create(
        essay=essay, author=by, kind=kind, note=note, is_public_note=is_public_note, tab=tab, **fields
    )


def forget_scheduled(essay: Essay) -> None:
    """Mark the texts that were scheduled and that another one replaces: readers never see them."""
    essay.revisions.filter(public_from__gt=timezone.now()).update(public_from=None, version=None)


def next_version(essay: Essay, fingerprint: str) -> int:
    """Return the number of a text that is published: that of the version before if the text is the same."""
    versions = essay.revisions.exclude(version=None).order_by("-pk").values_list("version", "essay_fingerprint")
    last, before = versions.first() or (0, "")
    return last or 1 if before == fingerprint else (last or 0) + 1


def set_tags(essay: Essay, text: Text) -> None:
    """Give an essay the tags that the text names; missing ones are created."""
    wanted = [tag for name in text.tags for tag in Tag.objects.matching([name]) or [Tag.objects.ensure(name)]]
    if {tag.pk for tag in wanted} != set(essay.tags.values_list("pk", flat=True)):
        essay.tags.set(wanted)
        indexing.index(essay)
        pagecache.invalidate(essay.cache_key, "site")


@transaction.atomic
def set_withdrawn(essay: Essay, version: int, *, is_withdrawn: bool) -> None:
    """Hide a version of an essay, and quotations from it, from readers, or show it again."""
    essay.revisions.filter(version=version).update(is_withdrawn=is_withdrawn)
    pagecache.invalidate(essay.cache_key)
