"""Imported posts: date, title, address, visibility, and what cannot be imported."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Essay, Redirect
from comments.checking import problems
from comments.models import Comment
from tests import make
from tests.transfer.exports import author, comment, element, essay, export, final_path, import_text, item, term

pytestmark = [pytest.mark.django_db, pytest.mark.once]


class TestDates:
    def test_local_time_is_used_without_a_utc_time(self, tmp_path: Path) -> None:
        zero = "0000-00-00 00:00:00"
        import_text(
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

    def test_a_file_without_utc_times_uses_this_sites_time_zone(self, tmp_path: Path) -> None:
        make.site(time_zone="Asia/Tokyo")
        import_text(tmp_path, export(item(1, post_date="2021-05-06 00:30:00", post_date_gmt="")))
        assert essay(1).published == datetime(2021, 5, 5, 15, 30, tzinfo=UTC)

    @pytest.mark.parametrize("year", ["0001", "0999", "9999"])
    def test_a_year_that_no_address_can_have_is_ignored(self, tmp_path: Path, year: str) -> None:
        import_text(
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
        import_text(tmp_path, export(item(1, status="future", post_date_gmt="2199-01-01 00:00:00")))
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
def test_only_published_posts_are_published(tmp_path: Path, fields: dict[str, Any], is_public: bool) -> None:
    import_text(tmp_path, export(item(1, **fields)))
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
def test_other_items_are_omitted_and_counted(tmp_path: Path, fields: dict[str, Any]) -> None:
    report = import_text(tmp_path, export(item(1, comment(1), **fields)))
    assert not Essay.objects.exists()
    assert re.search(r"Not imported:\n  1 ", report)
    assert "  1 comment on items that were not imported" in report.splitlines()


def test_each_essay_keeps_its_own_losses_until_they_are_dismissed(tmp_path: Path) -> None:
    lossy = '[contact-form][/contact-form]Text<iframe src="https://x.example/"></iframe>'
    text = export(item(1, body=lossy), item(2, body="Text"))
    assert "[contact-form] in Essay 1" in import_text(tmp_path, text).replace(essay(1).title, "Essay 1")
    assert essay(1).import_losses.splitlines() == [
        "1 shortcode that works only in WordPress: [contact-form]",
        "1 embedded player was replaced by a link",
    ]
    assert essay(2).import_losses == ""
    Essay.objects.update(import_losses="")
    import_text(tmp_path, text)
    assert essay(1).import_losses == ""


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
def test_titles_become_plain_text(tmp_path: Path, title: str, kept: str) -> None:
    import_text(tmp_path, export(item(1, title=title)))
    assert essay(1).title == kept


def test_an_overlong_title_is_shortened_and_listed(tmp_path: Path) -> None:
    report = import_text(tmp_path, export(item(1, title="very long " * 60)))
    assert len(essay(1).title) == 300
    assert essay(1).title.endswith("…")
    assert "  1 title longer than 300 characters was shortened" in report.splitlines()


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
def test_slugs_are_kept_where_possible(tmp_path: Path, name: str, title: str, slug: str) -> None:
    import_text(tmp_path, export(item(1, title=title, post_name=name)))
    assert essay(1).slug == slug


def test_a_page_cannot_take_an_address_of_the_site_itself(tmp_path: Path, client: Client) -> None:
    import_text(
        tmp_path, export(item(1, post_type="page", post_name="admin"), item(2, post_type="page", post_name="2020"))
    )
    assert [essay(1).slug, essay(2).slug] == ["admin-page", "2020-page"]
    assert final_path(client, "/?page_id=1") == "/admin-page/"


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
def test_the_path_of_a_link_to_the_old_site_redirects(tmp_path: Path, link: str, paths: set[str]) -> None:
    import_text(tmp_path, export(item(1, link=link)))
    assert set(Redirect.objects.values_list("old_path", flat=True)) - {"/?p=1"} == paths


def test_the_first_top_level_pages_are_in_the_menu(tmp_path: Path) -> None:
    pages: list[dict[str, Any]] = [
        {},
        {"menu_order": "3"},
        {"menu_order": "-1"},
        {"post_parent": "1"},
        {"status": "draft"},
    ]
    pages += [{} for _ in range(4)]
    items = [item(n, title=f"Page {n}", post_type="page", **fields) for n, fields in enumerate(pages, 1)]
    import_text(tmp_path, export(item(90), *items))
    menu = Essay.objects.in_menu().values_list("title", "menu_order")
    assert list(menu) == [("Page 1", 0), ("Page 3", 0), ("Page 6", 0), ("Page 7", 0), ("Page 8", 0), ("Page 2", 3)]


def test_old_slugs_and_dates_redirect(tmp_path: Path, client: Client) -> None:
    meta = [
        ("_wp_old_slug", "once"),
        ("_wp_old_slug", "%e6%97%a5"),
        ("_wp_old_date", "2019-12-31"),
        ("_wp_old_date", "../x"),
    ]
    import_text(tmp_path, export(item(1, meta=meta, link="https://old.example/essays/post-1/")))
    for old in (
        "/essays/post-1/",
        "/essays/once/",
        "/2020/01/02/once/",
        "/2020/01/02/日/",
        "/2019/12/31/post-1/",
        "/2019/12/31/once/",
    ):
        assert final_path(client, old) == "/2020/01/02/post-1/", old


@pytest.mark.both
def test_two_posts_with_one_address_are_both_imported(tmp_path: Path) -> None:
    report = import_text(
        tmp_path, export(item(1, link="https://old.example/same/"), item(2, link="https://old.example/same/"))
    )
    assert Redirect.objects.get(old_path="/same/").essay == essay(1)
    assert "    /same/" in report.splitlines()


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
def test_no_value_breaks_the_import_or_a_terminal(tmp_path: Path, nasty: str) -> None:
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
    report = import_text(
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


def test_what_cannot_be_imported_is_listed(tmp_path: Path) -> None:
    meta = [("_yoast_wpseo_title", "x"), ("_edit_last", "1"), ("mood", "fine")]
    report = import_text(
        tmp_path,
        export(item(1, term("post_format", "post-format-aside", "Aside"), meta=meta, body="a<!--nextpage-->b")),
    )
    lines = report.splitlines()
    assert lines[lines.index("  2 plugin custom fields") :][1:3] == ["    _yoast_wpseo_title", "    mood"]
    assert "  1 post format" in lines
    assert "  1 multi-page post became a single page" in lines


def test_all_texts_are_cleaned(tmp_path: Path) -> None:
    evil = (
        '<p onclick="x()">A</p><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">b</a>'
    )
    import_text(tmp_path, export(item(1, comment(1, evil), body=evil, excerpt=evil)))
    words = Comment.objects.get().wording
    assert words is not None
    for html in (essay(1).body, words.html, essay(1).excerpt):
        assert not re.search(r"script|onclick|onerror|javascript", html), html
