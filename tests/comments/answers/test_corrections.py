"""The page of an essay's corrections, and the pages of its versions."""

import pytest

from accounts.models import User
from blog import actions
from blog.models import Essay, Revision
from blog.writing import revisions
from comments.answers.actions import Choice, save
from comments.models import Comment
from comments.passages import placing
from comments.passages.quotations import Quotation
from tests import make
from tests.comments.answers.publishing import publish
from tests.comments.browser_client import Browser, Page, text_of

pytestmark = pytest.mark.django_db
OLD = "<p>The book is long.</p><p>They were lost until the nineteenth century, as far as anyone knows today.</p>"
NEW = "<p>The book is long.</p><p>They were not printed until 1879, as far as anyone knows today.</p>"
LATER = "<p>The book is long.</p><p>This is all that remains of what was here.</p>"
WORDS = "They were lost until the nineteenth century"


@pytest.fixture
def essay(author: User) -> Essay:
    make.rules()
    return publish(make.essay(published=None, by=author), OLD)


@pytest.fixture
def comment(essay: Essay, author: User) -> Comment:
    """A comment on words that version 2 corrects."""
    shown = Revision.objects.public(essay).latest("pk")
    passage = placing.find(essay, Quotation(revision=shown.pk, paragraph=2, words=WORDS, before="", after=""))
    assert passage
    found = make.comment(essay, "That is wrong. They were not.", by=make.guest("Tunde Okonjo"))
    placing.insert(passage, found)
    correct(essay, found, author)
    return found


def correct(essay: Essay, comment: Comment, author: User) -> None:
    publish(essay, NEW, note="Dates", is_public_note=True)
    save(comment.pk, Choice("corrected", Revision.objects.public(essay).filter(version=2).last()), by=author)


def read(essay: Essay) -> Page:
    return Browser().read(f"{essay.get_absolute_url()}corrections/")


def change(page: Page, comment: Comment) -> str:
    return text_of(page.by_id(f"correction-{comment.pk}"))


def test_an_essay_without_corrections_says_so_and_links_to_none(essay: Essay) -> None:
    page = read(essay)
    assert "No corrections yet." in page.text
    assert page.find("meta[@name='robots']") is None
    assert page.only("link[@rel='canonical']").get("href", "").endswith("/corrections/")
    assert "Corrections" not in Browser().read(essay).text


def test_a_correction_shows_the_words_now_and_the_comments_quotation(essay: Essay, comment: Comment) -> None:
    page = read(essay)
    assert "1 change after a reader’s comment. The essay is now at version 2." in page.text
    assert change(page, comment) == (
        f"Quoted {WORDS} Now They were added: not printed until added: 1879 , as far as anyone knows today. "
        "After a comment by Tunde Okonjo That is wrong. They were not."
    )
    assert page.all("del") == []
    assert "Version 2" in page.text
    assert "Dates" in page.text
    assert "Version 1" not in page.text
    link = Browser().read(essay).only("p[@class='answer']/a")
    assert link.get("href") == f"{essay.get_absolute_url()}corrections/#correction-{comment.pk}"


def test_with_public_versions_it_shows_the_words_before(essay: Essay, comment: Comment) -> None:
    make.site(public_versions=True)
    page = read(essay)
    assert change(page, comment).startswith(
        "Before They were removed: lost until removed: the nineteenth century , as far"
    )
    assert [text_of(each) for each in page.all("div[@class='version']//a")] == ["Compare with version 1", "Read it"]
    assert "First published." in page.text
    revisions.set_withdrawn(essay, 1, is_withdrawn=True)
    page = read(essay)
    assert "nineteenth" not in page.text
    assert "added: not printed" in page.text


def test_the_words_of_an_earlier_version_are_shown_only_with_public_versions(essay: Essay, comment: Comment) -> None:
    publish(essay, LATER)
    assert "1879" not in read(essay).text
    make.site(public_versions=True)
    assert "1879" in read(essay).text


def test_a_comment_without_a_passage_is_credited(essay: Essay, author: User) -> None:
    other = make.comment(essay, "Wrong.", by=make.guest("Bram Tielens"))
    correct(essay, other, author)
    assert change(read(essay), other) == "After a comment by Bram Tielens Wrong."


def test_a_removed_comment_is_not_credited(essay: Essay, comment: Comment) -> None:
    from moderation.decisions import actions as deciding

    deciding.trash(comment, by=make.moderator("mod"))
    assert "Tunde" not in read(essay).text
    assert "No corrections yet." in read(essay).text


def test_the_essay_links_to_its_corrections(essay: Essay, comment: Comment) -> None:
    links = [link.get("href") for link in Browser().read(essay).all("p[@class='pass-on']/a")]
    assert f"{essay.get_absolute_url()}corrections/" in links


def test_a_page_has_corrections_too_and_lists_of_essays_keep_their_addresses(author: User) -> None:
    about = make.essay("About", kind="page", by=author)
    assert Browser().get(f"{about.get_absolute_url()}corrections/").status_code == 200
    assert Browser().get("/tag/corrections/").status_code == 404
    make.essay("Tag", kind="page", slug="tag")
    assert Browser().get("/tag/corrections/").status_code == 404


def test_former_addresses_of_the_essay_lead_to_its_pages(essay: Essay, comment: Comment) -> None:
    make.site(public_versions=True)
    former = essay.get_absolute_url()
    moved = Essay.objects.get(pk=essay.pk)
    moved.slug = "rejoinders"
    present = actions.save(moved).get_absolute_url()
    moved.kind = "page"
    page = actions.save(moved).get_absolute_url()
    for address in (former, present):
        for name in ("corrections/", "versions/2/"):
            answer = Browser().get(f"{address}{name}")
            assert (answer.status_code, answer.headers["Location"]) == (301, f"{page}{name}")
            assert Browser().get(f"{page}{name}").status_code == 200
    assert Browser().get("/2026/01/31/unknown/corrections/").status_code == 404
    Essay.objects.filter(pk=essay.pk).update(published=None)
    assert Browser().get(f"{former}corrections/").status_code == 404


class TestVersions:
    def status(self, essay: Essay, number: int) -> int:
        return int(Browser().get(f"{essay.get_absolute_url()}versions/{number}/").status_code)

    def test_they_are_private_at_first(self, essay: Essay, comment: Comment) -> None:
        assert [self.status(essay, number) for number in (1, 2)] == [404, 404]

    def test_each_is_compared_with_the_one_before(self, essay: Essay, comment: Comment) -> None:
        make.site(public_versions=True)
        page = Browser().read(f"{essay.get_absolute_url()}versions/2/")
        assert "compared with version 1" in page.text
        assert page.all("ins")
        assert page.all("del")
        assert page.only("meta[@name='robots']").get("content") == "noindex"
        first = Browser().read(f"{essay.get_absolute_url()}versions/1/")
        assert WORDS in first.text
        assert first.all("ins") == []

    def test_unknown_withdrawn_and_unpublished_ones_are_missing(
        self, essay: Essay, comment: Comment, author: User
    ) -> None:
        make.site(public_versions=True)
        revisions.save(Essay.objects.get(pk=essay.pk), Revision.objects.latest("pk").text, by=author)
        revisions.set_withdrawn(essay, 1, is_withdrawn=True)
        assert [self.status(essay, number) for number in (0, 1, 2, 3, 99999)] == [404, 404, 200, 404, 404]
        assert "nineteenth" not in Browser().read(f"{essay.get_absolute_url()}versions/2/").text

    def test_an_author_withdraws_one_and_shows_it_again(self, essay: Essay, comment: Comment, author: User) -> None:
        make.site(public_versions=True)
        browser = Browser(author)
        path = f"/admin/blog/essay/{essay.pk}"
        buttons = browser.read(f"{path}/revisions/").all("button[@form='withdraw']")
        assert [button.get("aria-label") for button in buttons] == ["Withdraw version 2", "Withdraw version 1"]
        for status in (404, 200):
            answer = browser.post(f"{path}/withdraw/", {"revision": buttons[1].get("value")})
            assert answer.status_code == 302
            assert self.status(essay, 1) == status
        assert Browser(make.author("other")).post(f"{path}/withdraw/", {"revision": "1"}).status_code in {403, 404}

    def test_the_owner_makes_them_public(self) -> None:
        page = Browser(make.owner("owner")).read("/admin/blog/site/")
        assert page.all("input[@name='public_versions']")
