"""Real exports are imported completely: counts are compared with what simple patterns find in the file."""

import html
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.core.management import CommandError
from django.test import Client

from accounts.models import Commenter
from blog.models import Authorship, Essay, Redirect, Tag
from comments.checking import problems
from comments.models import Comment, Discussion
from tests.lists import one_in_on_both_databases
from tests.transfer.exports import FIXTURES, SHARED, import_file, imported_rows

pytestmark = pytest.mark.django_db

REFUSED = {"malformed.xml", "missing-version-tag.xml"}
FILES = [*FIXTURES.glob("*.xml"), *(SHARED / "publishing/wxr").glob("*.xml")]
SOUND = sorted((file for file in FILES if file.name not in REFUSED), key=lambda file: (file.stat().st_size, file.name))
BROKEN = [file for file in FILES if file.name in REFUSED]
THEME_DATA = SHARED / "publishing/wxr/themeunittestdata.wordpress.xml"


def text_of(source: str, name: str) -> str:
    found = re.search(rf"<{name}(?:\s[^>]*)?>(.*?)</{name}>", source, re.DOTALL)
    words = found[1].strip() if found else ""
    cdata = re.fullmatch(r"<!\[CDATA\[(.*)\]\]>", words, re.DOTALL)
    return cdata[1].strip() if cdata else html.unescape(words)


class Plain:
    """A file as seen by simple patterns."""

    def __init__(self, file: Path) -> None:
        text = file.read_text()
        everything = re.findall(r"<item>(.*?)</item>", text, re.DOTALL)
        self.head = text.partition("<item>")[0]
        self.items = [
            item
            for item in everything
            if text_of(item, "wp:post_type") in {"post", "page"} and text_of(item, "wp:status") != "trash"
        ]
        self.comments = [
            said
            for item in self.items
            for said in re.findall(r"<wp:comment>(.*?)</wp:comment>", item, re.DOTALL)
            if text_of(said, "wp:comment_type") in {"", "comment"}
        ]

    def kinds(self) -> Counter[str]:
        return Counter("page" if text_of(item, "wp:post_type") == "page" else "essay" for item in self.items)

    def public(self) -> list[str]:
        return [
            item
            for item in self.items
            if text_of(item, "wp:status") == "publish" and not text_of(item, "wp:post_password")
        ]

    def statuses(self) -> Counter[str]:
        meanings = {"1": "approved", "0": "pending", "spam": "spam", "trash": "trash"}
        return Counter(meanings[text_of(said, "wp:comment_approved")] for said in self.comments)

    def tags(self) -> set[str]:
        listed = re.findall(r"<wp:(?:cat|tag)_name>.*?</wp:(?:cat|tag)_name>", self.head)
        of_items = re.findall(r'<category domain="(?:category|post_tag)".*?</category>', "".join(self.items))
        words = [
            text_of(one, "wp:cat_name") or text_of(one, "wp:tag_name") or text_of(one, "category")
            for one in [*listed, *of_items]
        ]
        return {html.unescape(word).casefold() for word in words}

    def depth(self) -> int:
        parents = {text_of(said, "wp:comment_id"): text_of(said, "wp:comment_parent") for said in self.comments}

        def depth_of(key: str) -> int:
            return 1 + depth_of(parents[key]) if parents[key] in parents else 0

        return max(map(depth_of, parents), default=0)


@pytest.mark.parametrize("file", one_in_on_both_databases(7, SOUND), ids=[file.name for file in SOUND])
def test_a_real_export_is_imported_completely_and_only_once(file: Path, client: Client) -> None:
    report = import_file(file)
    plain = Plain(file)
    assert Counter(Essay.objects.values_list("kind", flat=True)) == plain.kinds()
    assert Essay.objects.published().count() == len(plain.public())
    assert Counter(Comment.objects.values_list("status", flat=True)) == plain.statuses()
    assert max(Comment.objects.values_list("level", flat=True), default=0) == plain.depth()
    assert Tag.objects.count() == len(plain.tags())
    assert sum(Discussion.objects.values_list("comment_count", flat=True)) == plain.statuses()["approved"]
    assert list(problems()) == []
    every_old_link_leads_to_its_essay(file, client)
    every_imported_page_can_be_read(client)
    if file == THEME_DATA:
        the_theme_unit_test_data_keeps_its_oddities(report, client)
    before = imported_rows()
    report = import_file(file)
    assert report.startswith(f"Nothing new in {file.name}.")
    assert imported_rows() == before


def every_old_link_leads_to_its_essay(file: Path, client: Client) -> None:
    for item in Plain(file).public():
        number, link = text_of(item, "wp:post_id"), text_of(item, "link")
        essay = Essay.objects.get(source__endswith=f"?p={number}")
        parts = urlsplit(link)
        path = unquote(parts.path).strip("/")
        old = [f"/?p={number}", *([f"/{path}/"] if path and not parts.query else [])]
        for address in {re.sub("/+", "/", address) for address in old} - {unquote(essay.get_absolute_url())}:
            answer = client.get(address)
            assert answer.status_code == 301, address
            assert answer.headers["Location"] == essay.get_absolute_url(), address


def every_imported_page_can_be_read(client: Client) -> None:
    for essay in Essay.objects.published():
        assert client.get(essay.get_absolute_url()).status_code == 200, essay.slug
    for tag in Tag.objects.all()[:20]:
        assert client.get(tag.get_absolute_url()).status_code == 200, tag.slug
    for redirect in Redirect.objects.filter(tag__isnull=False)[:20]:
        assert client.get(redirect.old_path, follow=True).status_code == 200, redirect.old_path
    for address in ("/", "/archive/", "/feed/", "/feed/atom/", "/comments/feed/", "/sitemap.xml"):
        assert client.get(address).status_code == 200, address


def the_theme_unit_test_data_keeps_its_oddities(report: str, client: Client) -> None:
    lines = report.splitlines()
    for line in (
        "  55 essays, published", "  1 essay, scheduled", "  2 essays, draft", "  21 pages, published",
        "  26 comments, approved", "  3 comments, pending",
        "  2 authors, who cannot log in until you activate them in the admin",
        "  70 menu items", "  4 pingbacks or trackbacks",
        "  1 password-protected post was imported as a draft", "  1 sticky post was not pinned",
    ):  # fmt: skip
        assert line in lines
    threads = Essay.objects.get(slug="template-comments")
    assert max(threads.comments.values_list("level", flat=True)) == 9
    page = client.get(threads.get_absolute_url()).content.decode()
    assert "Comment Depth 10" in page
    assert "Header one" in page
    assert Commenter.objects.filter(name="John Γιάννης Doe Κάποιος").exists()
    mine = Comment.objects.filter(commenter__user__username="themedemos")
    assert mine.count() == 3
    assert not Essay.objects.get(slug="edge-case-no-title").title
    assert Essay.objects.get(slug="markup-title-with-markup").title == "Markup: Title With Markup"
    assert Essay.objects.get(slug="επίπεδο-2").get_absolute_url() == "/%CE%B5%CF%80%CE%AF%CF%80%CE%B5%CE%B4%CE%BF-2/"
    assert Authorship.objects.filter(author__username="themereviewteam").count() == 22
    assert not Essay.objects.get(slug="scheduled").is_published


@pytest.mark.parametrize("file", BROKEN, ids=[file.name for file in BROKEN])
def test_a_broken_export_is_rejected_and_changes_nothing(file: Path) -> None:
    for _ in range(2):
        with pytest.raises(CommandError, match=r"line \d+: .*\. Nothing was changed\.$"):
            import_file(file)
    assert not any(imported_rows().values())


HOSTILE = {
    "wxr-billion-laughs.xml": None, "wxr-deep.xml": None, "wxr-xxe-file.xml": None,
    "wxr-comment-cycle.xml": [(0, "a"), (1, "b"), (0, "orphan"), (0, "own parent")], "wxr-script.xml": [(0, "<script>alert(1)</script>")],
}  # fmt: skip
ATTACKS = [file for file in (SHARED / "security/files").glob("wxr-*.xml") if file.name in HOSTILE]


@pytest.mark.parametrize("file", ATTACKS, ids=[file.name for file in ATTACKS])
def test_a_hostile_export_does_no_harm(file: Path) -> None:
    shape = HOSTILE[file.name]
    if shape is None:
        with pytest.raises(CommandError, match=r"line 1: .*\. Nothing was changed\.$"):
            import_file(file)
        assert not any(imported_rows().values())
        return
    import_file(file)
    assert list(Comment.objects.order_by("tree_id", "lft").values_list("level", "wording__text")) == shape
    assert not any("alert" in html for html in Comment.objects.values_list("wording__html", flat=True))
    assert "onerror" not in Essay.objects.get().body
    assert list(problems()) == []
