"""`manage.py import wordpress` imports a whole blog, reports what it did, and shows it on the next page."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Commenter, User
from blog import actions as writing
from blog.models import Tag
from comments.checking import problems
from comments.models import Comment, Decision, Notice
from tests.transfer.exports import FIXTURES, essay, export, final_path, import_file, import_text, imported_rows, item

pytestmark = [pytest.mark.django_db, pytest.mark.once]
OLD_BLOG = FIXTURES / "old-blog.xml"


@pytest.mark.both
class TestOldBlog:
    @pytest.fixture(autouse=True)
    def _report(self, db: None) -> None:
        self.report = import_file(OLD_BLOG)

    def test_the_report_counts_what_was_imported_and_what_was_not(self) -> None:
        assert self.report.splitlines()[:10] == [
            "Imported from old-blog.xml:",
            "  2 essays, published",
            "  3 essays, draft",
            "  1 essay, scheduled",
            "  1 page, published",
            "  2 comments, approved",
            "  1 comment, pending",
            "  1 comment, spam",
            "  1 comment, trash",
            "  2 authors, who cannot log in until you activate them in the admin",
        ]
        for line in (
            "  1 pingback or trackback",
            "  1 editorial note",
            "  1 dynamic block",
            "    latest-posts in Two Hands",
            "  1 post in the trash",
            "  1 comment on items that were not imported",
            "  1 menu item",
            "  1 item of type “book”",
            "  1 private post was imported as a draft",
            "    Not for everybody",
            "  1 password-protected post was imported as a draft",
        ):
            assert line in self.report.splitlines()

    def test_a_post_becomes_an_essay_with_its_old_address_and_dates(self, client: Client) -> None:
        first = essay(12)
        assert first.title == "Whose Promise Is It? – I"
        assert first.published == datetime(2019, 3, 30, 23, 30, tzinfo=UTC)
        assert first.dated == date(2019, 3, 31)
        assert first.changed == datetime(2019, 4, 2, 10, 0, tzinfo=UTC)
        assert first.excerpt == "What a promise is."
        page = client.get("/2019/03/31/whose-promise/")
        assert page.status_code == 200
        assert "A first line,<br>and its second." in page.content.decode()

    def test_a_posts_text_is_converted_to_our_markup(self) -> None:
        body = essay(12).body
        assert "<figcaption>The <em>hill</em>.</figcaption></figure>" in body
        assert '<a href="https://www.youtube.com/watch?v=abc" rel="noopener">' in body
        assert '<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup>' in body
        assert body.endswith('<section role="doc-endnotes"><ol><li id="note-1">A note.</li></ol></section>')
        assert "[ref]" not in body
        assert "more" not in body

    def test_block_editor_text_and_notes_are_imported(self) -> None:
        body = essay(14).body
        assert body.startswith("<p>Blocks,\non two lines.<sup>")
        assert '<li id="note-1">A note <em>in blocks</em>.</li>' in body
        assert '<a href="https://vimeo.com/1" rel="noopener">' in body

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("/?p=12", "/2019/03/31/whose-promise/"),
            ("/2019/03/31/a-promise/", "/2019/03/31/whose-promise/"),
            ("/?p=14", "/2020/01/05/two-hands/"),
            ("/?page_id=15", "/%C3%BCber-uns/"),
            ("/?p=15", "/%C3%BCber-uns/"),
            ("/who/about-us/", "/%C3%BCber-uns/"),
            ("/category/promises/", "/tag/promises/"),
            ("/category/ethics/promises/", "/tag/promises/"),
            ("/category/ethics/", "/tag/ethics/"),
            ("/tag/promises-tag/", "/tag/promises/"),
        ],
    )
    def test_an_old_address_redirects_to_the_new_one(self, client: Client, old: str, new: str) -> None:
        assert final_path(client, old) == new

    @pytest.mark.parametrize("number", [17, 18, 19, 20])
    def test_unpublished_posts_stay_unpublished(self, client: Client, number: int) -> None:
        hidden = essay(number)
        assert not hidden.is_published
        assert (hidden.published is None) == (number != 20)
        assert client.get(hidden.get_absolute_url()).status_code == 404
        assert client.get(f"/?p={number}").status_code == 404

    def test_authors_become_inactive_users_with_unverified_addresses(self) -> None:
        vera, ilse = User.objects.order_by("pk")
        assert (vera.username, vera.name, vera.email) == ("vera", "Vera Holm & Co", "vera@old.example")
        assert (ilse.username, ilse.name) == ("ilse-brandt", "Ilse Brandt")
        for person in (vera, ilse):
            assert not person.is_active
            assert not person.is_staff
            assert not person.has_usable_password()
            assert not person.emailaddress_set.exists()
        assert [person.name for person in essay(12).bylines] == ["Vera Holm & Co"]
        assert [person.name for person in essay(14).bylines] == ["Ilse Brandt", "Vera Holm & Co"]

    def test_categories_and_tags_become_tags_once(self) -> None:
        assert set(Tag.objects.values_list("name", "slug")) == {
            ("Ethics & Law", "ethics"),
            ("Promises", "promises"),
            ("debt", "debt"),
        }
        assert {tag.name for tag in essay(12).tags.all()} == {"Promises", "debt"}
        assert Tag.objects.get(slug="ethics").description == "What we owe."

    def test_comments_keep_their_thread_date_status_and_author(self) -> None:
        rows = (
            Comment.objects.on_essay(essay(12)).order_by("tree_id", "lft").select_related("commenter__user", "wording")
        )
        assert [(row.level, row.status, row.commenter.name) for row in rows] == [
            (0, "approved", "Tom O’Neil"),
            (1, "pending", "Anonymous"),
            (2, "approved", "Vera Holm & Co"),
            (0, "spam", "Pills"),
            (0, "trash", "Tom O’Neil"),
        ]
        first, waits, answer, spam, trash = rows
        assert first.created == datetime(2019, 4, 1, 8, 0, tzinfo=UTC)
        assert first.wording is not None
        assert first.wording.html == "<p>I <strong>disagree</strong>.</p><p>Twice.</p>"
        assert first.wording.format == "html"
        assert (first.commenter.email, first.commenter.website) == ("tom@example.org", "http://tom.example")
        assert (waits.commenter.email, waits.commenter.website) == ("", "")
        assert waits.wording is not None
        assert waits.wording.reasons == [{"code": "imported"}]
        assert waits.wording.html == "<p>Waits.</p>"
        assert waits.created == datetime(2019, 4, 1, 11, 0, tzinfo=UTC)  # by the old site's usual distance from UTC
        assert answer.commenter.user == User.objects.get(username="vera")
        assert not answer.commenter.verified
        assert spam.removed_by == trash.removed_by == "moderator"
        assert first.commenter == trash.commenter
        assert essay(12).discussion.comment_count == 2
        assert essay(12).discussion.threads == 1
        assert list(problems()) == []

    def test_readers_see_the_thread_with_a_tombstone_and_the_author_badge(self, client: Client) -> None:
        page = client.get("/2019/03/31/whose-promise/").content.decode()
        assert "Under one that waits." in page
        assert "Waits." not in page
        assert "libellous" not in page
        assert "a ping" not in page
        assert "2 comments" in page.lower()
        assert client.get("/2020/01/05/two-hands/").content.decode().count("Comments are closed.") == 1

    def test_no_email_is_sent_and_no_decision_recorded(self) -> None:
        assert not Notice.objects.exists()
        assert not Decision.objects.exists()
        assert mail.outbox == []

    def test_a_second_import_changes_nothing_and_reports_it(self) -> None:
        before = imported_rows()
        report = import_file(OLD_BLOG)
        assert report.splitlines()[:6] == [
            "Nothing new in old-blog.xml.",
            "Already here, left unchanged:",
            "  6 essays",
            "  1 page",
            "  5 comments",
            "  2 authors",
        ]
        assert imported_rows() == before

    def test_edits_made_here_are_kept(self) -> None:
        edited = essay(12)
        edited.title, edited.body, edited.slug = "Mine now", "<p>New words.</p>", "mine"
        writing.save(edited)
        vera = User.objects.get(username="vera")
        vera.is_active, vera.name = True, "V. Holm"
        vera.save()
        import_file(OLD_BLOG)
        edited.refresh_from_db()
        assert (edited.title, edited.body, edited.slug) == ("Mine now", "<p>New words.</p>", "mine")
        vera.refresh_from_db()
        assert (vera.is_active, vera.name) == (True, "V. Holm")

    def test_a_comment_deleted_here_is_not_imported_again(self) -> None:
        Comment.objects.filter(wording__text="Buy.").delete()
        report = import_file(OLD_BLOG)
        assert "  1 comment deleted on this site after an earlier import" in report.splitlines()
        assert not Comment.objects.filter(wording__text="Buy.").exists()

    def test_an_essay_deleted_here_is_imported_again_completely(self) -> None:
        writing.delete(essay(12))
        assert Comment.objects.count() == 0
        report = import_file(OLD_BLOG)
        assert "  1 essay, published" in report.splitlines()
        assert Comment.objects.on_essay(essay(12)).count() == 5
        assert list(problems()) == []


@pytest.mark.both
def test_a_dry_run_reports_the_same_and_changes_nothing() -> None:
    before = imported_rows()
    trial = import_file(OLD_BLOG, "--dry-run").splitlines()
    assert imported_rows() == before
    assert not User.objects.exists()
    assert not Commenter.objects.exists()
    real = import_file(OLD_BLOG).splitlines()
    assert trial[0] == "Would be imported from old-blog.xml:"
    assert trial[-1] == "This was a dry run. Nothing was changed."
    assert trial[1:-1] == real[1:]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_every_wxr_version_is_imported(tmp_path: Path, version: str) -> None:
    import_text(tmp_path, export(item(1), version=version))
    assert essay(1).title == "A title"


def test_an_import_shows_on_the_next_page(tmp_path: Path, client: Client) -> None:
    assert "A title" not in client.get("/").content.decode()
    import_text(tmp_path, export(item(1)))
    assert "A title" in client.get("/").content.decode()
