"""`manage.py import wordpress`: a blog moves here whole, says what it did, and can be asked to do it again."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError
from django.test import Client
from django.utils import timezone

from accounts.models import Commenter, User
from blog import actions as writing
from blog.models import Essay, Redirect, Tag
from comments.checking import problems
from comments.models import Comment, Discussion, Notice
from moderation.models import Decision
from tests import make
from tests.transfer.exports import FIXTURES, author, bring, bring_text, comment, element, everything, export, item, term

pytestmark = [pytest.mark.django_db, pytest.mark.once]
OLD_BLOG = FIXTURES / "old-blog.xml"


def essay(number: int, site: str = "old.example") -> Essay:
    return Essay.objects.get(source=f"wordpress:{site}?p={number}")


def where_it_leads(client: Client, address: str) -> str:
    """The path at which a reader ends who follows an old address, in at most two steps."""
    for _ in range(3):
        answer = client.get(address)
        if answer.status_code == 200:
            return address
        assert answer.status_code == 301, (address, answer.status_code)
        address = answer.headers["Location"]
    raise AssertionError(address)


@pytest.mark.both
class TestOldBlog:
    @pytest.fixture(autouse=True)
    def _report(self, db: None) -> None:
        self.report = bring(OLD_BLOG)

    def test_the_report_counts_what_was_made_and_what_was_left_out(self) -> None:
        assert self.report.splitlines()[:10] == [
            "Made from old-blog.xml:",
            "  2 essays, published",
            "  3 essays, draft",
            "  1 essay, scheduled",
            "  1 page, published",
            "  2 comments, approved",
            "  1 comment, pending",
            "  1 comment, spam",
            "  1 comment, trash",
            "  2 authors, who cannot log in until you say so in the admin",
        ]
        for line in (
            "  1 pingback and trackback: word from other sites, not comments",
            "  1 editorial note: what editors said among themselves",
            "  1 block that WordPress fills when it shows them",
            "    latest-posts in Two Hands",
            "  1 post in the trash",
            "  1 comment on what was left out",
            "  1 entry of menus",
            "  1 item of the kind “book”",
            "  1 private post is a draft here",
            "    Not for everybody",
            "  1 post with a password is a draft here",
        ):
            assert line in self.report.splitlines()

    def test_a_post_is_an_essay_at_its_old_address_with_its_own_dates(self, client: Client) -> None:
        first = essay(12)
        assert first.title == "Whose Promise Is It? – I"
        assert first.published == datetime(2019, 3, 30, 23, 30, tzinfo=UTC)
        assert first.dated == date(2019, 3, 31)
        assert first.changed == datetime(2019, 4, 2, 10, 0, tzinfo=UTC)
        assert first.excerpt == "What a promise is."
        page = client.get("/2019/03/31/whose-promise/")
        assert page.status_code == 200
        assert "A first line,<br>and its second." in page.content.decode()

    def test_its_text_is_in_our_own_forms(self) -> None:
        body = essay(12).body
        assert "<figcaption>The <em>hill</em>.</figcaption></figure>" in body
        assert '<a href="https://www.youtube.com/watch?v=abc" rel="noopener">' in body
        assert '<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup>' in body
        assert body.endswith('<section role="doc-endnotes"><ol><li id="note-1">A note.</li></ol></section>')
        assert "[ref]" not in body
        assert "more" not in body

    def test_the_block_editors_text_and_notes_come_too(self) -> None:
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
    def test_an_old_address_leads_to_where_it_is_now(self, client: Client, old: str, new: str) -> None:
        assert where_it_leads(client, old) == new

    @pytest.mark.parametrize("number", [17, 18, 19, 20])
    def test_what_was_not_public_is_not_public_here(self, client: Client, number: int) -> None:
        hidden = essay(number)
        assert not hidden.is_published
        assert (hidden.published is None) == (number != 20)
        assert client.get(hidden.get_absolute_url()).status_code == 404
        assert client.get(f"/?p={number}").status_code == 404

    def test_authors_are_people_who_cannot_log_in_and_whose_addresses_are_not_proved(self) -> None:
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

    def test_categories_and_tags_are_tags_once(self) -> None:
        assert set(Tag.objects.values_list("name", "slug")) == {
            ("Ethics & Law", "ethics"),
            ("Promises", "promises"),
            ("debt", "debt"),
        }
        assert {tag.name for tag in essay(12).tags.all()} == {"Promises", "debt"}
        assert Tag.objects.get(slug="ethics").description == "What we owe."

    def test_comments_keep_thread_date_status_and_who_said_them(self) -> None:
        rows = Comment.objects.under(essay(12)).in_order().select_related("commenter__user", "wording")
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
        assert essay(12).discussion.responses == 2
        assert essay(12).discussion.threads == 1
        assert list(problems()) == []

    def test_a_reader_sees_the_thread_with_a_tombstone_and_the_authors_mark(self, client: Client) -> None:
        page = client.get("/2019/03/31/whose-promise/").content.decode()
        assert "Under one that waits." in page
        assert "Waits." not in page
        assert "libellous" not in page
        assert "a ping" not in page
        assert "2 responses" in page.lower()
        assert client.get("/2020/01/05/two-hands/").content.decode().count("Comments are closed.") == 1

    def test_nobody_is_mailed_and_nothing_was_decided(self) -> None:
        assert not Notice.objects.exists()
        assert not Decision.objects.exists()
        assert mail.outbox == []

    def test_a_second_time_changes_nothing_and_says_so(self) -> None:
        before = everything()
        report = bring(OLD_BLOG)
        assert report.splitlines()[:6] == [
            "Nothing in old-blog.xml is new here.",
            "Here already, and left as they are:",
            "  6 essays",
            "  1 page",
            "  5 comments",
            "  2 authors",
        ]
        assert everything() == before

    def test_what_was_edited_here_stays_as_it_was_edited(self) -> None:
        edited = essay(12)
        edited.title, edited.body, edited.slug = "Mine now", "<p>New words.</p>", "mine"
        writing.save(edited)
        vera = User.objects.get(username="vera")
        vera.is_active, vera.name = True, "V. Holm"
        vera.save()
        bring(OLD_BLOG)
        edited.refresh_from_db()
        assert (edited.title, edited.body, edited.slug) == ("Mine now", "<p>New words.</p>", "mine")
        vera.refresh_from_db()
        assert (vera.is_active, vera.name) == (True, "V. Holm")

    def test_a_comment_that_was_deleted_here_stays_away(self) -> None:
        Comment.objects.filter(wording__text="Buy.").delete()
        report = bring(OLD_BLOG)
        assert "  1 comment that was deleted here" in report.splitlines()
        assert not Comment.objects.filter(wording__text="Buy.").exists()

    def test_an_essay_that_was_deleted_here_can_be_brought_again_whole(self) -> None:
        writing.delete(essay(12))
        assert Comment.objects.count() == 0
        report = bring(OLD_BLOG)
        assert "  1 essay, published" in report.splitlines()
        assert Comment.objects.under(essay(12)).count() == 5
        assert list(problems()) == []


@pytest.mark.both
def test_a_trial_says_the_same_and_changes_nothing() -> None:
    before = everything()
    trial = bring(OLD_BLOG, "--dry-run").splitlines()
    assert everything() == before
    assert not User.objects.exists()
    assert not Commenter.objects.exists()
    real = bring(OLD_BLOG).splitlines()
    assert trial[0] == "Would be made from old-blog.xml:"
    assert trial[-1] == "This was a trial: nothing was changed."
    assert trial[1:-1] == real[1:]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_every_version_is_read(tmp_path: Path, version: str) -> None:
    bring_text(tmp_path, export(item(1), version=version))
    assert essay(1).title == "A title"


@pytest.mark.both
class TestGrown:
    """A later export of the same blog adds what is new, and that alone."""

    @pytest.fixture(autouse=True)
    def _first(self, db: None, tmp_path: Path) -> None:
        self.folder = tmp_path
        bring_text(tmp_path, export(item(1, comment(1), comment(2, to=1), comment(3))))

    def grow(self, *parts: str) -> str:
        return bring_text(self.folder, export(*parts))

    def test_new_essays_come(self) -> None:
        self.grow(item(1, comment(1), comment(2, to=1), comment(3)), item(2, comment(9)))
        assert Essay.objects.count() == 2
        assert Comment.objects.count() == 4

    def test_new_comments_come_under_old_ones_with_all_that_answers_them(self) -> None:
        report = self.grow(
            item(1, *(comment(n, to=to) for n, to in [(1, 0), (2, 1), (3, 0), (4, 2), (5, 4), (6, 4), (7, 1), (8, 0)]))
        )
        rows = Comment.objects.in_order().values_list("level", "wording__text")
        assert list(rows) == [
            (0, "Words 1"), (1, "Words 2"), (2, "Words 4"), (3, "Words 5"), (3, "Words 6"), (1, "Words 7"), (0, "Words 3"), (0, "Words 8"),
        ]  # fmt: skip
        assert "  5 comments, approved" in report.splitlines()
        assert Discussion.objects.get().responses == 8
        assert list(problems()) == []

    def test_a_reader_who_answered_here_in_between_is_not_in_the_way(self) -> None:
        here = make.comment(essay(1), to=Comment.objects.get(wording__text="Words 2"))
        self.grow(item(1, comment(1), comment(2, to=1), comment(3), comment(4, to=2)))
        new = Comment.objects.get(wording__text="Words 4")
        here.refresh_from_db()
        assert new.parent == here.parent
        assert new.lft > here.rght
        assert list(problems()) == []

    def test_what_answers_a_comment_deleted_here_stands_by_what_that_answered(self) -> None:
        Comment.objects.get(wording__text="Words 2").delete()
        self.grow(item(1, comment(1), comment(2, to=1), comment(3), comment(4, to=2)))
        new = Comment.objects.get(wording__text="Words 4")
        assert new.parent is not None
        assert new.parent.wording is not None
        assert new.parent.wording.text == "Words 1"

    def test_the_same_guest_is_the_same_row(self) -> None:
        self.grow(item(1, comment(1), comment(2, to=1), comment(3)), item(2, comment(9), comment(10, author="Ann")))
        assert sorted(Commenter.objects.values_list("name", flat=True)) == ["Ann", "Tom"]

    def test_http_or_https_with_www_or_without_it_is_the_same_blog(self) -> None:
        report = bring_text(
            self.folder, export(item(1, comment(1), comment(2, to=1), comment(3)), site="http://www.old.example/")
        )
        assert report.startswith("Nothing in export.xml is new here.")

    def test_another_blog_is_another(self) -> None:
        bring_text(self.folder, export(item(1, comment(1)), site="https://other.example"))
        assert Essay.objects.count() == 2
        assert Comment.objects.count() == 4
        assert essay(1).slug == "post-1"
        assert essay(1, "other.example").slug == "post-1-2"
        assert Redirect.objects.get(old="/?p=1").essay == essay(1)


class TestPeople:
    def test_a_log_in_that_is_here_is_never_taken_for_an_authors(self, tmp_path: Path) -> None:
        owner = make.owner("vera")
        report = bring_text(tmp_path, export(author("vera", name="Vera", email=owner.email), item(1)))
        made = essay(1).bylines[0]
        assert made != owner
        assert (made.username, made.email, made.is_active) == ("vera-2", "", False)
        assert "    vera is vera-2 here" in report.splitlines()

    def test_the_owner_can_say_who_an_author_is(self, tmp_path: Path) -> None:
        owner = make.owner("me")
        text = export(
            author("vera", number=5, name="Vera"), item(1, comment(1, user_id=5, author="Vera"), creator="vera")
        )
        bring_text(tmp_path, text, "--author", "vera=me")
        assert essay(1).bylines == [owner]
        assert Comment.objects.get().commenter.user == owner
        assert User.objects.count() == 1
        assert bring_text(tmp_path, text).startswith("Nothing")

    @pytest.mark.parametrize("pair", ["vera=nobody", "vera", "=me", ""])
    def test_but_only_somebody_who_is_here(self, tmp_path: Path, pair: str) -> None:
        make.owner("me")
        with pytest.raises(CommandError, match="Nothing was changed"):
            bring_text(tmp_path, export(item(1)), "--author", pair)
        assert not Essay.objects.exists()

    def test_an_author_whom_the_file_does_not_introduce_is_made_from_the_posts(self, tmp_path: Path) -> None:
        bring_text(
            tmp_path, export(item(1, creator="sam o'hara@old.example"), item(2, creator=">sam"), item(3, creator="sam"))
        )
        first, second = User.objects.order_by("pk")
        assert (first.username, first.name) == ("sam-ohara", "sam o'hara")
        assert second.username == "sam"
        assert essay(2).bylines == essay(3).bylines == [second]

    def test_who_was_logged_in_is_the_author_and_who_only_typed_the_address_is_not(self, tmp_path: Path) -> None:
        vera = author("vera", number=5, name="Vera", email="vera@old.example")
        typed: dict[str, Any] = {"author": "Vera", "author_email": "vera@old.example"}
        bring_text(
            tmp_path,
            export(
                vera,
                item(
                    1,
                    comment(1, user_id=5, author="V."),
                    comment(2, user_id=99, author="VERA", author_email="VERA@old.example"),
                    comment(3, user_id=0, **typed),
                    comment(4, user_id=99, author="A subscriber"),
                ),
            ),
        )
        users = Comment.objects.order_by("created").values_list("commenter__user__username", flat=True)
        assert list(users) == ["vera", "vera", None, None]

    def test_a_guest_of_this_site_is_never_taken_for_one_of_the_old_ones(self, tmp_path: Path) -> None:
        here = make.comment(make.essay(), by=make.guest("Tom", email="tom@example.org"))
        bring_text(tmp_path, export(item(1, comment(1))))
        assert Comment.objects.get(wording__text="Words 1").commenter != here.commenter

    def test_each_name_address_and_website_is_one_guest(self, tmp_path: Path) -> None:
        people = [("Tom", "t@x.org", ""), ("Tom", "t@x.org", "tom.example"), ("Tom", "", ""), ("Tom", "t@x.org", "")]
        bring_text(
            tmp_path,
            export(
                item(1, *(comment(n, author=a, author_email=e, author_url=u) for n, (a, e, u) in enumerate(people, 1)))
            ),
        )
        assert Comment.objects.count() == 4
        assert set(Commenter.objects.values_list("name", "email", "website")) == {
            ("Tom", "t@x.org", ""), ("Tom", "t@x.org", "https://tom.example"), ("Tom", "", ""),
        }  # fmt: skip

    def test_names_are_tidied_as_if_typed_here(self, tmp_path: Path) -> None:
        names = ["<b>Bold</b>", "Admin\u202e\u200b", "x" * 400, "A &amp; B"]
        bring_text(tmp_path, export(item(1, *(comment(n, author=name) for n, name in enumerate(names, 1)))))
        kept = list(Comment.objects.order_by("created").values_list("commenter__name", flat=True))
        assert kept == ["Bold", "Admin", "x" * 245, "A & B"]

    def test_co_authors_stand_in_their_order_however_their_log_ins_are_written(self, tmp_path: Path) -> None:
        bring_text(
            tmp_path,
            export(
                author("vera.holm", name="Vera Holm"),
                author("tom@x.org", number=2, name="Tom"),
                item(
                    1,
                    term("author", "cap-tomx-org", "Tom"),
                    term("author", "vera-holm", "Vera Holm"),
                    term("author", "cap-tomx-org", "Tom"),
                    term("author", "cap-guest", "A Guest"),
                    creator="vera.holm",
                ),
            ),
        )
        assert [person.name for person in essay(1).bylines] == ["Tom", "Vera Holm", "A Guest"]
        assert User.objects.count() == 3


class TestDates:
    def test_the_old_sites_own_time_is_used_where_there_is_no_other(self, tmp_path: Path) -> None:
        zero = "0000-00-00 00:00:00"
        bring_text(
            tmp_path,
            export(
                item(1),
                item(2, post_date="2021-05-06 00:30:00", post_date_gmt=zero),
                item(3, post_date="", post_date_gmt="", pub_date="Fri, 07 Jun 2013 03:00:44 +0000"),
                item(4, post_date=zero, post_date_gmt=zero, pub_date="Mon, 30 Nov -0001 00:00:00 +0000"),
                item(5, post_date="30/02/2020", post_date_gmt="yesterday", pub_date="soon"),
            ),
        )
        assert essay(2).published == datetime(2021, 5, 5, 23, 30, tzinfo=UTC)
        assert essay(2).dated == date(2021, 5, 6)
        assert essay(3).published == datetime(2013, 6, 7, 3, 0, 44, tzinfo=UTC)
        assert essay(4).published is None
        assert essay(5).published is None

    def test_a_file_without_any_pair_of_dates_is_read_in_this_sites_time_zone(self, tmp_path: Path) -> None:
        make.site(time_zone="Asia/Tokyo")
        bring_text(tmp_path, export(item(1, post_date="2021-05-06 00:30:00", post_date_gmt="")))
        assert essay(1).published == datetime(2021, 5, 5, 15, 30, tzinfo=UTC)

    @pytest.mark.parametrize("year", ["0001", "0999", "9999"])
    def test_a_year_that_no_address_can_have_is_no_date(self, tmp_path: Path, year: str) -> None:
        bring_text(
            tmp_path,
            export(
                item(
                    1,
                    comment(1, date_gmt=f"{year}-01-01 00:00:00"),
                    post_date_gmt=f"{year}-12-31 23:59:59",
                    post_date="",
                )
            ),
        )
        assert essay(1).published is None
        assert Comment.objects.get().created <= timezone.now()

    def test_a_scheduled_post_appears_at_its_time(self, tmp_path: Path) -> None:
        bring_text(tmp_path, export(item(1, status="future", post_date_gmt="2199-01-01 00:00:00")))
        assert essay(1).published == datetime(2199, 1, 1, tzinfo=UTC)
        assert not essay(1).is_published


@pytest.mark.parametrize(
    ("fields", "is_public"),
    [
        ({"status": "publish"}, True), ({"status": "draft"}, False), ({"status": "pending"}, False),
        ({"status": "private"}, False), ({"status": "publish", "post_password": "x"}, False),
        ({"status": "acf-disabled"}, False), ({"status": ""}, False),
    ],
)  # fmt: skip
def test_only_what_was_public_is_public(tmp_path: Path, fields: dict[str, Any], is_public: bool) -> None:
    bring_text(tmp_path, export(item(1, **fields)))
    assert essay(1).is_published is is_public


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "trash"},
        {"status": "auto-draft"},
        {"post_type": "revision"},
        {"post_type": "nav_menu_item"},
        {"post_type": "product"},
    ],
)
def test_what_is_no_post_is_left_out_and_counted(tmp_path: Path, fields: dict[str, Any]) -> None:
    report = bring_text(tmp_path, export(item(1, comment(1), **fields)))
    assert not Essay.objects.exists()
    assert re.search(r"Left out:\n  1 ", report)
    assert "  1 comment on what was left out" in report.splitlines()


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("", ""),
        ("  ", ""),
        ("A <em>B</em> &amp; C", "A B & C"),
        ("5 &lt; 6 &hellip;", "5 < 6 …"),
        ("Ελληνικά — 日本語", "Ελληνικά — 日本語"),
        ("The \u202eevil\u202c", "The evil"),
        ("<script>alert(1)</script>Fine", "Fine"),
    ],
)
def test_titles_are_words(tmp_path: Path, title: str, kept: str) -> None:
    bring_text(tmp_path, export(item(1, title=title)))
    assert essay(1).title == kept


def test_a_title_that_never_ends_is_cut_and_named(tmp_path: Path) -> None:
    report = bring_text(tmp_path, export(item(1, title="very long " * 60)))
    assert len(essay(1).title) == 300
    assert essay(1).title.endswith("…")
    assert "  1 title longer than 300 letters was cut" in report.splitlines()


@pytest.mark.parametrize(
    ("name", "title", "slug"),
    [
        ("%ce%b5%cf%80%ce%af", "", "επί"),
        ("basic-post.html", "", "basic-post"),
        ("", "From the Title", "from-the-title"),
        ("💫", "From the Title", "from-the-title"),
        ("", "", "untitled"),
        ("../../etc", "", "etc"),
    ],
)
def test_slugs_are_the_old_ones_where_they_can_be(tmp_path: Path, name: str, title: str, slug: str) -> None:
    bring_text(tmp_path, export(item(1, title=title, post_name=name)))
    assert essay(1).slug == slug


def test_a_page_cannot_take_an_address_of_the_site_itself(tmp_path: Path, client: Client) -> None:
    bring_text(
        tmp_path, export(item(1, post_type="page", post_name="admin"), item(2, post_type="page", post_name="2020"))
    )
    assert [essay(1).slug, essay(2).slug] == ["admin-page", "2020-page"]
    assert where_it_leads(client, "/?page_id=1") == "/admin-page/"


@pytest.mark.parametrize(
    ("link", "paths"),
    [
        ("https://old.example/blog/a.html", {"/blog/a.html/"}),
        ("http://www.old.example/2020/01/02/%E6%97%A5/", {"/2020/01/02/日/"}),
        ("/relative", {"/relative/"}),
        ("https://elsewhere.example/x/", set()),
        ("https://old.example/?p=1", set()),
        ("https://old.example/", set()),
        ("//[", set()),
        ("https://old.example/" + "x" * 600, set()),
    ],
)
def test_the_path_of_the_link_is_kept_when_it_is_the_old_sites(tmp_path: Path, link: str, paths: set[str]) -> None:
    bring_text(tmp_path, export(item(1, link=link)))
    assert set(Redirect.objects.values_list("old", flat=True)) - {"/?p=1"} == paths


def test_old_slugs_and_old_days_lead_here_too(tmp_path: Path, client: Client) -> None:
    meta = [
        ("_wp_old_slug", "once"),
        ("_wp_old_slug", "%e6%97%a5"),
        ("_wp_old_date", "2019-12-31"),
        ("_wp_old_date", "../x"),
    ]
    bring_text(tmp_path, export(item(1, meta=meta, link="https://old.example/essays/post-1/")))
    for old in (
        "/essays/post-1/",
        "/essays/once/",
        "/2020/01/02/once/",
        "/2020/01/02/日/",
        "/2019/12/31/post-1/",
        "/2019/12/31/once/",
    ):
        assert where_it_leads(client, old) == "/2020/01/02/post-1/", old


@pytest.mark.both
def test_two_posts_that_claim_one_address_do_not_stop_each_other(tmp_path: Path) -> None:
    report = bring_text(
        tmp_path, export(item(1, link="https://old.example/same/"), item(2, link="https://old.example/same/"))
    )
    assert Redirect.objects.get(old="/same/").essay == essay(1)
    assert "    /same/" in report.splitlines()


def test_the_same_number_twice_is_the_same_post(tmp_path: Path) -> None:
    report = bring_text(tmp_path, export(item(1, comment(1)), item(1, comment(1), comment(2), title="Again")))
    assert "1 post with an earlier one's number was taken for that one\n    Again" in report
    assert essay(1).title == "A title"
    assert Comment.objects.count() == 2


def test_two_comments_under_one_number_are_both_brought_and_a_copy_is_not(tmp_path: Path) -> None:
    twice = export(item(1, comment(1, "First"), comment(2, "Second", to=1), comment(1, "Third"), comment(1, "First")))
    report = bring_text(tmp_path, twice)
    assert "1 comment that the file holds twice\n    #1" in report
    assert "1 comment under a number that another has stands here too\n    #1" in report
    before = everything()
    bring_text(tmp_path, twice)
    assert everything() == before
    found = {row.wording.text: row for row in Comment.objects.select_related("wording") if row.wording}
    assert set(found) == {"First", "Second", "Third"}
    assert found["Second"].parent == found["First"]


def test_comments_of_two_posts_may_have_the_same_numbers(tmp_path: Path) -> None:
    bring_text(tmp_path, export(item(1, comment(1)), item(2, comment(1))))
    assert Comment.objects.count() == 2


def test_what_an_importer_wrote_is_read_by_the_next_page(tmp_path: Path, client: Client) -> None:
    assert "A title" not in client.get("/").content.decode()
    bring_text(tmp_path, export(item(1)))
    assert "A title" in client.get("/").content.decode()


NASTY = [
    "%00",
    "a%00b",
    "%ff%fe",
    "\u009b31m",
    "[",
    "http://[",
    "../..",
    "\u202e",
    "%",
    "x" * 3000,
    "'\";--",
    "\U0001f4ab",
]


@pytest.mark.both
@pytest.mark.parametrize("nasty", NASTY)
def test_no_value_anywhere_in_a_file_is_too_much(tmp_path: Path, nasty: str) -> None:
    """Neither for the import nor for a terminal that shows its report."""

    def one(name: str) -> dict[str, Any]:
        return {name: nasty}

    names = (
        "post_type",
        "status",
        "post_password",
        "post_date",
        "post_date_gmt",
        "post_parent",
        "is_sticky",
        "link",
        "post_name",
    )
    odd = [item(number, **one(name)) for number, name in enumerate(names, 1)]
    said = [
        comment(number, **one(name))
        for number, name in enumerate(("author", "author_email", "author_url", "type", "user_id", "date_gmt"), 1)
    ]
    report = bring_text(
        tmp_path,
        export(
            author(nasty, name=nasty, email=nasty),
            f"<wp:category>{element('wp:category_nicename', nasty)}{element('wp:cat_name', nasty)}</wp:category>",
            f"<wp:tag>{element('wp:tag_slug', nasty)}{element('wp:tag_name', nasty)}</wp:tag>",
            *odd,
            item(20, *said, comment(21, nasty, approved=nasty), creator=nasty, title=nasty, body=nasty, excerpt=nasty),
            item(
                21,
                term("category", "x", nasty),
                meta=[("footnotes", nasty), (nasty, nasty), ("_wp_old_slug", nasty), ("_wp_old_date", nasty)],
            ),
            item(22, post_type="attachment", attachment_url=nasty, meta=[("_wp_attachment_image_alt", nasty)]),
            item(23, body=f"[gallery ids='22'][{nasty} a=b]<img src='{nasty}'><iframe src='{nasty}'>"),
            site=nasty.replace("&", "").replace("<", ""),
        ),
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", report)
    assert Essay.objects.filter(title="A title").count() >= len(names) - 2
    assert list(problems()) == []


def test_what_has_no_place_here_is_named(tmp_path: Path) -> None:
    meta = [("_yoast_wpseo_title", "x"), ("_edit_last", "1"), ("mood", "fine")]
    report = bring_text(
        tmp_path,
        export(item(1, term("post_format", "post-format-aside", "Aside"), meta=meta, body="a<!--nextpage-->b")),
    )
    lines = report.splitlines()
    assert lines[lines.index("  2 custom fields of plug-ins") :][1:3] == ["    _yoast_wpseo_title", "    mood"]
    assert "  1 post format: every essay is set alike" in lines
    assert "  1 post in several parts is one page here" in lines


def test_all_words_are_cleaned_as_if_typed_here(tmp_path: Path) -> None:
    evil = (
        '<p onclick="x()">A</p><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">b</a>'
    )
    bring_text(tmp_path, export(item(1, comment(1, evil), body=evil, excerpt=evil)))
    words = Comment.objects.get().wording
    assert words is not None
    for html in (essay(1).body, words.html, essay(1).excerpt):
        assert not re.search(r"script|onclick|onerror|javascript", html), html
