"""Saving, publishing, comparing and restoring revisions; readers see the published text."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from blog import actions
from blog.models import Draft, Essay, Revision, Tag
from blog.writing import revisions
from tests import make
from tests.blog.essay_forms import EssayForm, at, long_essay, public_page

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


@pytest.fixture
def essay_form(author: User) -> EssayForm:
    essay_form = EssayForm(author)
    essay_form.open()
    return essay_form


def kinds(essay: Essay) -> list[str]:
    return list(essay.revisions.order_by("pk").values_list("kind", flat=True))


def test_an_empty_draft_is_saved_and_publishing_says_what_is_missing(essay_form: EssayForm) -> None:
    assert essay_form.save().status_code == 302
    page = essay_form.open_html()
    assert "Save draft" in page
    answer = essay_form.publish(deck="Kept on the page")
    assert answer.status_code == 422
    said = answer.content.decode()
    for part in ('href="#publish_title"', "change/#id_body", "Add a title", "Write some text", "Kept on the page"):
        assert part in said
    assert Essay.objects.get().published is None
    essay_form.open()
    assert essay_form.publish(title="Now", body="<p>Said.</p>").status_code == 302
    assert "Said." in public_page(Essay.objects.get())


def test_readers_see_the_published_text_until_the_changes_are_published(essay_form: EssayForm) -> None:
    tag = Tag.objects.ensure("Promises")
    essay_form.publish(title="Old title", body="<p>Old words.</p>")
    essay_form.open()
    essay_form.save(title="New title", body="<p>New words.</p>", tags=tag.name)
    essay = Essay.objects.get()
    page = public_page(essay)
    assert "Old words." in page
    assert "Old title" in page
    assert "Promises" not in page
    assert "New" not in Client(headers={"host": "127.0.0.1"}).get("/feed/").content.decode()
    form = essay_form.open_html()
    assert "New words." in form
    assert "Readers won’t see these changes until you publish them" in form
    essay_form.publish()
    page = public_page(essay)
    assert "New words." in page
    assert "Promises" in page
    assert kinds(essay) == ["publish", "publish"]


def test_saving_does_not_change_a_scheduled_text_either(essay_form: EssayForm) -> None:
    essay_form.publish(at(timezone.now() + timedelta(days=2)), title="Later", body="<p>Ready.</p>")
    essay_form.open()
    essay_form.save(body="<p>Half a sen")
    essay = Essay.objects.get()
    assert essay.published
    assert essay.body == "<p>Ready.</p>"
    assert essay.revisions.newest().body == "<p>Half a sen</p>"  # type: ignore[union-attr]


def test_settings_apply_immediately_while_the_text_is_unpublished(author: User) -> None:
    essay = make.essay("Out", by=author, body="<p>Old.</p>")
    essay_form = EssayForm(author, essay)
    essay_form.open()
    essay_form.save(body="<p>New.</p>", canonical="https://elsewhere.example/first/")
    page = public_page(essay)
    assert "https://elsewhere.example/first/" in page
    assert "Old." in page


def test_saving_the_same_text_again_makes_no_revision(essay_form: EssayForm) -> None:
    essay_form.save(title="One", body="<p onclick=x>Words <b>here</b>.</p>")
    for _ in range(2):
        essay_form.open()
        essay_form.save()
    assert kinds(Essay.objects.get()) == ["save"]


def test_the_address_follows_the_title_until_it_is_published(essay_form: EssayForm) -> None:
    essay_form.save()
    essay_form.open()
    essay_form.save(title="A Title At Last")
    essay_form.open()
    essay_form.publish(body="<p>x</p>")
    assert Essay.objects.get().slug == "a-title-at-last"


def test_readers_see_a_note_about_changes_if_the_author_adds_one(essay_form: EssayForm) -> None:
    essay_form.publish(title="T", body="<p>One.</p>")
    essay = Essay.objects.get()
    essay_form.open()
    essay_form.publish({"note": "A slip of the pen"}, body="<p>Two.</p>")
    assert "Updated on" not in public_page(essay)
    essay_form.open()
    essay_form.publish({"note": "The figures of 2025", "update": "show"}, body="<p>Three.</p>")
    page = public_page(essay)
    assert "Updated on" in page
    assert "The figures of 2025" in page
    assert "A slip of the pen" not in page
    history = essay_form.client.get(essay_form.url_of("revisions")).content.decode()
    for part in ("A slip of the pen", "shown to readers", "Miriam Achterberg"):
        assert part in history


def test_a_tag_renamed_since_stays_on_the_unpublished_text(essay_form: EssayForm) -> None:
    tag = Tag.objects.ensure("Promises")
    essay_form.publish(title="T", body="<p>One.</p>")
    essay_form.open()
    essay_form.save(body="<p>Two.</p>", tags=tag.name)
    Tag.objects.filter(pk=tag.pk).update(name="Vows", slug="vows")
    actions.add_redirect("/tag/promises/", tag=tag)
    essay_form.open()
    essay_form.publish()
    assert "Vows" in public_page(Essay.objects.get())
    assert [tag.name for tag in Tag.objects.all()] == ["Vows"]


def test_a_text_from_before_revisions_becomes_the_first_revision(author: User) -> None:
    essay = make.essay("Imported", by=author, body="<p>From elsewhere.</p>")
    essay_form = EssayForm(author, essay)
    essay_form.open()
    essay_form.save(body="<p>Mine.</p>")
    first, second = essay.revisions.order_by("pk")
    assert (first.body, first.author, first.kind) == ("<p>From elsewhere.</p>", None, "publish")
    assert (second.body, second.author) == ("<p>Mine.</p>", author)
    assert first.created < second.created


def test_the_form_shows_text_written_without_it(author: User) -> None:
    essay = make.essay("Twice", by=author)
    essay_form = EssayForm(author, essay)
    essay_form.open()
    essay_form.publish(body="<p>By hand.</p>")
    essay.refresh_from_db()
    essay.body = "<p>Imported again.</p>"
    actions.save(essay)
    assert "Imported again." in essay_form.open_html()


def test_an_old_text_is_restored_as_a_new_revision(essay_form: EssayForm) -> None:
    essay_form.publish(title="T", body="<p>One.</p>")
    essay = Essay.objects.get()
    essay_form.open()
    essay_form.publish(body="<p>Two.</p>")
    first = essay.revisions.order_by("pk").first()
    assert first
    page = essay_form.client.get(essay_form.url_of("difference"), {"new": essay.revisions.newest().pk}).content.decode()  # type: ignore[union-attr]
    for part in ("<del>", "<ins>", "removed:", "added:", "Restore the version from"):
        assert part in page
    essay_form.client.post(essay_form.url_of("restore"), {"revision": first.pk})
    assert kinds(essay) == ["publish", "publish", "restore"]
    assert "Two." in public_page(essay)
    assert "One." in essay_form.open_html()
    essay_form.publish()
    assert "One." in public_page(essay)


def test_a_long_essay_with_62_notes_can_be_saved_compared_and_restored(essay_form: EssayForm) -> None:
    body = long_essay()
    essay_form.save(title="Long", body=body)
    essay = Essay.objects.get()
    assert essay.body == body
    assert essay.word_count >= 13_600
    essay_form.open()
    essay_form.publish()
    essay_form.open()
    essay_form.publish(body=body.replace("<p>Note 31, ", "<p>Note 31, corrected, ").replace(" n7.", " changed."))
    first, *_, last = essay.revisions.order_by("pk")
    page = essay_form.client.get(essay_form.url_of("difference"), {"old": first.pk, "new": last.pk}).content.decode()
    assert page.count("<ins>") == 2
    essay_form.client.post(essay_form.url_of("restore"), {"revision": first.pk})
    essay_form.open()
    essay_form.publish()
    essay.refresh_from_db()
    assert essay.body == body
    read = public_page(essay)
    for note in range(1, 63):
        assert read.count(f'href="#e{essay.pk}-note-{note}"') == 1
        assert read.count(f'id="e{essay.pk}-note-{note}"') == 1
    essay_form.open()
    essay_form.save()
    assert kinds(essay) == ["publish", "publish", "restore", "publish"]


def test_no_one_reads_the_history_of_another_authors_essay(essay_form: EssayForm) -> None:
    others = make.essay("Hers", by=make.author("other"))
    for name in ("revisions", "difference", "preview", "links", "draft"):
        assert essay_form.client.get(f"/admin/blog/essay/{others.pk}/{name}/").status_code == 403
    assert essay_form.client.post(f"/admin/blog/essay/{others.pk}/restore/", {"revision": 1}).status_code == 403
    mine = make.essay("Mine", by=User.objects.get(username="miriam"))
    row = Revision.objects.create(essay=others, body="secret")
    assert essay_form.client.get(f"/admin/blog/essay/{mine.pk}/difference/", {"new": row.pk}).status_code == 404
    assert Client(headers={"host": "127.0.0.1"}).get(f"/admin/blog/essay/{mine.pk}/revisions/").status_code == 302


def test_a_fetched_picture_is_in_every_text_and_overwrites_none(essay_form: EssayForm) -> None:
    """A job fetches it during editing: published text, unpublished changes, the form and the history."""
    old = '<p>Out. <img src="https://old.example/a.jpg" alt=""></p>'
    essay = make.essay("T", by=User.objects.get(username="miriam"), body=old)  # as imported
    essay_form.essay = essay
    essay_form.open()
    essay_form.publish()
    essay_form.open()
    essay_form.save(body=old.replace("Out", "Waiting"))
    essay_form.open()
    essay_form.autosave(tab="a", number="1", body=old.replace("Out", "Typed"))
    essay = Essay.objects.get()
    mark = revisions.latest_text(essay).version
    assert revisions.rewrite_bodies(
        essay, lambda body: body.replace("https://old.example/a.jpg", "/media/images/a.jpg")
    )
    assert not revisions.rewrite_bodies(essay, lambda body: body)
    essay = Essay.objects.get()
    found = revisions.latest_text(essay)
    assert found.version == mark
    texts = [essay.body, found.text.body, *(row.body for row in essay.revisions.all()), Draft.objects.get().text.body]
    assert all("/media/images/a.jpg" in body and "old.example" not in body for body in texts)
    assert "Waiting" in found.text.body
    assert "Out" in public_page(essay)
    assert essay_form.save(body=found.text.body.replace("Waiting", "Went on")).status_code == 302  # and no conflict
