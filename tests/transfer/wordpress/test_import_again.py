"""Repeated imports and duplicates in a file are imported once; new content is added to the old."""

from pathlib import Path

import pytest

from accounts.models import Commenter
from blog.models import Essay, Redirect
from comments.checking import problems
from comments.models import Comment, Discussion
from tests import make
from tests.transfer.exports import comment, essay, export, import_text, imported_rows, item

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.both
class TestLaterExport:
    """A later export of the same blog adds only what is new."""

    @pytest.fixture(autouse=True)
    def _first(self, db: None, tmp_path: Path) -> None:
        self.folder = tmp_path
        import_text(tmp_path, export(item(1, comment(1), comment(2, to=1), comment(3))))

    def grow(self, *parts: str) -> str:
        return import_text(self.folder, export(*parts))

    def test_new_essays_are_added(self) -> None:
        self.grow(item(1, comment(1), comment(2, to=1), comment(3)), item(2, comment(9)))
        assert Essay.objects.count() == 2
        assert Comment.objects.count() == 4

    def test_new_comments_are_added_under_old_ones_with_their_replies(self) -> None:
        report = self.grow(
            item(1, *(comment(n, to=to) for n, to in [(1, 0), (2, 1), (3, 0), (4, 2), (5, 4), (6, 4), (7, 1), (8, 0)]))
        )
        rows = Comment.objects.order_by("tree_id", "lft").values_list("level", "wording__text")
        assert list(rows) == [
            (0, "Words 1"), (1, "Words 2"), (2, "Words 4"), (3, "Words 5"), (3, "Words 6"), (1, "Words 7"), (0, "Words 3"), (0, "Words 8"),
        ]  # fmt: skip
        assert "  5 comments, approved" in report.splitlines()
        assert Discussion.objects.get().comment_count == 8
        assert list(problems()) == []

    def test_replies_posted_here_do_not_disturb_a_later_import(self) -> None:
        here = make.comment(essay(1), to=Comment.objects.get(wording__text="Words 2"))
        self.grow(item(1, comment(1), comment(2, to=1), comment(3), comment(4, to=2)))
        new = Comment.objects.get(wording__text="Words 4")
        here.refresh_from_db()
        assert new.parent == here.parent
        assert new.lft > here.rght
        assert list(problems()) == []

    def test_a_reply_to_a_comment_deleted_here_moves_up_to_its_parent(self) -> None:
        Comment.objects.get(wording__text="Words 2").delete()
        self.grow(item(1, comment(1), comment(2, to=1), comment(3), comment(4, to=2)))
        new = Comment.objects.get(wording__text="Words 4")
        assert new.parent is not None
        assert new.parent.wording is not None
        assert new.parent.wording.text == "Words 1"

    def test_the_same_guest_has_one_row(self) -> None:
        self.grow(item(1, comment(1), comment(2, to=1), comment(3)), item(2, comment(9), comment(10, author="Ann")))
        assert sorted(Commenter.objects.values_list("name", flat=True)) == ["Ann", "Tom"]

    def test_http_or_https_with_www_or_without_it_is_the_same_blog(self) -> None:
        report = import_text(
            self.folder, export(item(1, comment(1), comment(2, to=1), comment(3)), site="http://www.old.example/")
        )
        assert report.startswith("Nothing new in export.xml.")

    def test_another_blog_is_separate(self) -> None:
        import_text(self.folder, export(item(1, comment(1)), site="https://other.example"))
        assert Essay.objects.count() == 2
        assert Comment.objects.count() == 4
        assert essay(1).slug == "post-1"
        assert essay(1, "other.example").slug == "post-1-2"
        assert Redirect.objects.get(old_path="/?p=1").essay == essay(1)


def test_posts_with_the_same_number_and_title_are_one_post(tmp_path: Path) -> None:
    report = import_text(tmp_path, export(item(1, comment(1)), item(1, comment(1), comment(2), title="Again")))
    assert "1 post appears more than once in the file and was imported only once\n    Again" in report
    assert essay(1).title == "A title"
    assert Comment.objects.count() == 2


def test_posts_that_share_a_number_alone_are_all_imported(tmp_path: Path) -> None:
    """As in a file joined from the exports of several blogs."""
    parts = [
        item(7, comment(number), title=f"Title {number}", post_name=f"slug-{number}", body=f"Body {number}.")
        for number in (1, 2, 3)
    ]
    report = import_text(tmp_path, export(*parts))
    assert "2 posts with the same ID as another post were imported too\n    Title 2\n    Title 3" in report
    found = {essay.title: essay for essay in Essay.objects.all()}
    assert {title: essay.body for title, essay in found.items()} == {
        f"Title {number}": f"<p>Body {number}.</p>" for number in (1, 2, 3)
    }
    assert [Comment.objects.get(essay=found[f"Title {number}"]).wording.text for number in (1, 2, 3)] == [
        "Words 1", "Words 2", "Words 3",
    ]  # fmt: skip
    before = imported_rows()
    assert import_text(tmp_path, export(*parts)).startswith("Nothing new in export.xml.")
    assert import_text(tmp_path, export(*reversed(parts))).startswith("Nothing new in export.xml.")
    assert imported_rows() == before


def test_exports_of_two_sites_that_share_numbers_and_an_address_are_both_imported(tmp_path: Path) -> None:
    import_text(tmp_path, export(item(1, comment(1), title="One", post_name="one"), site="http://localhost"))
    second = export(item(1, comment(1), title="Two", post_name="two"), site="http://localhost")
    import_text(tmp_path, second)
    assert sorted(Essay.objects.values_list("title", flat=True)) == ["One", "Two"]
    assert Comment.objects.count() == 2
    assert import_text(tmp_path, second).startswith("Nothing new in export.xml.")


@pytest.mark.parametrize("changes", [{"title": "New"}, {"post_name": "new"}])
def test_a_post_with_a_new_title_or_slug_is_recognized(tmp_path: Path, changes: dict[str, str]) -> None:
    import_text(tmp_path, export(item(1, comment(1))))
    again = {"title": "New", "post_name": "new"}
    assert import_text(tmp_path, export(item(1, comment(1), **changes))).startswith("Nothing")  # type: ignore[arg-type]
    assert import_text(tmp_path, export(item(1, comment(1), **again))).startswith("Nothing")  # type: ignore[arg-type]
    assert Essay.objects.count() == 1


def test_two_comments_with_one_number_are_imported_but_not_a_duplicate(tmp_path: Path) -> None:
    twice = export(item(1, comment(1, "First"), comment(2, "Second", to=1), comment(1, "Third"), comment(1, "First")))
    report = import_text(tmp_path, twice)
    assert "1 duplicate comment\n    #1" in report
    assert "1 comment with the same ID as another comment was imported too\n    #1" in report
    before = imported_rows()
    import_text(tmp_path, twice)
    assert imported_rows() == before
    found = {row.wording.text: row for row in Comment.objects.select_related("wording") if row.wording}
    assert set(found) == {"First", "Second", "Third"}
    assert found["Second"].parent == found["First"]


def test_comments_of_two_posts_can_have_the_same_numbers(tmp_path: Path) -> None:
    import_text(tmp_path, export(item(1, comment(1)), item(2, comment(1))))
    assert Comment.objects.count() == 2
