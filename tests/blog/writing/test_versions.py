"""Versions of an essay: the texts that readers could see, numbered."""

from datetime import timedelta

import pytest
from django.utils import timezone

from blog.models import Essay, Revision, Text
from blog.writing import revisions
from tests import make

pytestmark = pytest.mark.django_db


def versions(essay: Essay) -> list[tuple[int | None, bool]]:
    """Return number and visibility of an essay's revisions, oldest first."""
    now = timezone.now()
    rows = essay.revisions.order_by("pk").values_list("version", "public_from")
    return [(version, public_from is not None and public_from <= now) for version, public_from in rows]


def draft(body: str = "<p>One.</p>") -> Essay:
    essay = make.essay(published=None)
    revisions.save(essay, Text(title="On doubt", body=body, slug=essay.slug), by=None)
    return Essay.objects.get(pk=essay.pk)


def text(body: str) -> Text:
    return Text(title="On doubt", body=body, slug="doubt")


def test_published_texts_are_numbered_and_saved_ones_are_not() -> None:
    essay = draft()
    revisions.publish(essay, text("<p>One.</p>"), by=None)
    revisions.save(essay, text("<p>Two.</p>"), by=None)
    revisions.publish(essay, text("<p>Three.</p>"), by=None)
    assert versions(essay)[-3:] == [(1, True), (None, False), (2, True)]


def test_the_same_text_published_again_keeps_its_number() -> None:
    essay = draft()
    revisions.publish(essay, text("<p>One.</p>"), by=None)
    revisions.publish(essay, text("<p>One.</p>"), by=None, note="Tidied.")
    assert [number for number, _ in versions(essay) if number] == [1, 1]


def test_a_scheduled_text_that_is_replaced_was_never_public() -> None:
    essay = draft()
    essay.published = timezone.now() + timedelta(days=1)
    revisions.publish(essay, text("<p>Secret.</p>"), by=None)
    assert versions(essay)[-1] == (1, False)
    essay.published = timezone.now()
    revisions.publish(essay, text("<p>One.</p>"), by=None)
    assert versions(essay)[-2:] == [(None, False), (1, True)]
    assert [one.text.body for one in Revision.objects.public(essay)] == ["<p>One.</p>"]


def test_undoing_publishing_hides_the_text_again() -> None:
    essay = draft()
    revisions.publish(essay, text("<p>One.</p>"), by=None)
    assert revisions.undo_publishing(essay, by=make.author())
    assert not Revision.objects.public(essay).exists()


def test_an_imported_text_becomes_a_version_before_another_replaces_it() -> None:
    essay = make.essay(published=timezone.now() - timedelta(days=3), body="<p>Imported.</p>")
    revisions.save(essay, text("<p>Two.</p>"), by=None)
    assert [(one.version, one.body) for one in Revision.objects.public(essay)] == [(1, "<p>Imported.</p>")]
