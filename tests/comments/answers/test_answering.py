"""What an author of an essay answers to a comment, and which comments they pick."""

import pytest
from django.forms import model_to_dict

from accounts.models import User
from blog.models import Essay, Revision
from comments.answers.jobs import complete_corrections
from comments.models import AuthorAnswer, Comment, Rules
from tests import make
from tests.comments.answers.publishing import publish
from tests.comments.browser_client import Browser, Page, text_of

pytestmark = pytest.mark.django_db
BODIES = ["<p>They were lost until 1900.</p>", "<p>They were not printed until 1879.</p>"]


@pytest.fixture
def essay(author: User) -> Essay:
    make.rules()
    essay = make.essay(published=None, by=author)
    return publish(essay, BODIES[0])


@pytest.fixture
def comment(essay: Essay) -> Comment:
    return make.comment(essay, "That is wrong.")


def answer(user: User, comment: Comment, **fields: str) -> Page:
    return Page(Browser(user).post(f"/comments/{comment.pk}/answer/", fields))


def line(essay: Essay, comment: Comment) -> str:
    """The line with the answer under a comment, as a stranger sees it."""
    page = Browser().read(essay.get_absolute_url())
    return " ".join(text_of(part) for part in page.comment(comment).iter("p") if part.get("class") == "answer")


@pytest.mark.parametrize(
    ("label", "words"),
    [("stands", "Author’s answer I stand by this."), ("misread", "Author’s answer Not what I said.")],
)
def test_an_answer_is_shown_under_the_comment_until_it_is_removed(
    essay: Essay, comment: Comment, author: User, label: str, words: str
) -> None:
    assert line(essay, comment) == ""
    assert answer(author, comment, label=label).status == 302
    assert line(essay, comment) == words
    assert answer(author, comment, label="").status == 302
    assert line(essay, comment) == ""
    assert not AuthorAnswer.objects.exists()


def test_a_correction_names_the_version_in_which_the_words_changed(
    essay: Essay, comment: Comment, author: User
) -> None:
    publish(essay, BODIES[1])
    page = Browser(author).read(f"/comments/{comment.pk}/answer/")
    options = page.all("option")
    assert [text_of(option).partition(",")[0] for option in options] == ["In the next version", "In version 2"]
    answer(author, comment, label="corrected", version=str(options[1].get("value")))
    assert line(essay, comment) == "Author’s answer Corrected in version 2. See the change"


def test_a_new_correction_is_in_a_version_that_is_newer_than_the_comment(
    essay: Essay, comment: Comment, author: User
) -> None:
    def chosen(comment: Comment) -> str:
        page = Browser(author).read(f"/comments/{comment.pk}/answer/")
        return next(text_of(option).partition(",")[0] for option in page.all("option") if "selected" in option.attrib)

    publish(essay, BODIES[1])
    assert chosen(comment) == "In version 2"
    assert chosen(make.comment(essay, "That is wrong, too.")) == "In the next version"


def test_a_correction_for_the_next_version_is_shown_when_that_is_published(
    essay: Essay, comment: Comment, author: User
) -> None:
    answer(author, comment, label="corrected")
    assert line(essay, comment) == ""
    complete_corrections.call(essay.pk)
    assert line(essay, comment) == ""
    publish(essay, BODIES[1])
    complete_corrections.call(essay.pk)
    assert line(essay, comment) == "Author’s answer Corrected in version 2. See the change"


def test_a_picked_comment_is_marked_unless_the_owner_turned_that_off(
    essay: Essay, comment: Comment, author: User
) -> None:
    answer(author, comment, is_picked="on")
    assert "picked by the author" in Browser().read(essay).text
    settings = {name: value for name, value in model_to_dict(make.rules()).items() if value is not False}
    assert settings.pop("authors_pick") is True  # its box is no longer ticked
    assert Browser(make.owner()).post("/admin/comments/rules/1/change/", settings).status_code == 302
    assert not Rules.objects.get().authors_pick
    assert "picked by the author" not in Browser().read(essay).text
    assert "Pick this comment" not in Browser(author).read(f"/comments/{comment.pk}/answer/").text
    answer(author, comment, label="stands", is_picked="on")
    assert AuthorAnswer.objects.get().is_picked


def test_an_essay_has_one_strongest_objection(essay: Essay, comment: Comment, author: User) -> None:
    other = make.comment(essay, "So is that.")
    answer(author, comment, is_strongest="on", label="stands")
    answer(author, other, is_strongest="on")
    assert list(AuthorAnswer.objects.filter(is_strongest=True)) == [AuthorAnswer.objects.get(comment=other)]
    answer(author, comment, is_strongest="on")
    assert list(AuthorAnswer.objects.values_list("comment", flat=True)) == [comment.pk]


def test_only_authors_of_the_essay_answer(essay: Essay, comment: Comment) -> None:
    url = f"/comments/{comment.pk}/answer/"
    for user in (make.author("other"), make.moderator("mod"), make.user("reader")):
        assert Browser(user).get(url).status_code == 403
        assert answer(user, comment, label="stands").status == 403
    assert Browser().get(url).status_code == 403
    assert not AuthorAnswer.objects.exists()


@pytest.mark.parametrize("status", ["pending", "spam", "trash"])
def test_only_public_comments_are_answered(essay: Essay, author: User, status: str) -> None:
    hidden = make.comment(essay, "Hidden.", status=status)
    assert answer(author, hidden, label="stands").status == 404


@pytest.mark.parametrize("fields", [{"label": "wrong"}, {"label": "corrected", "version": "999999"}])
def test_a_forged_choice_is_refused(essay: Essay, comment: Comment, author: User, fields: dict[str, str]) -> None:
    foreign = publish(make.essay(published=None), BODIES[0])
    other = Revision.objects.public(foreign).latest("pk")
    for version in ("999999", str(other.pk)):
        page = answer(author, comment, **{**fields, "version": version})
        assert page.status == 422
        assert "Your answer wasn’t saved." in page.text
    assert not AuthorAnswer.objects.exists()


def test_the_link_is_shown_only_to_authors_of_the_essay_beside_comments_of_others(
    essay: Essay, comment: Comment, author: User
) -> None:
    Browser(author).post_comment(essay, text="My reply.", parent=str(comment.pk))
    links = Browser(author).read(essay).all("a[@class='to-answer']")
    assert [link.get("href") for link in links] == [f"/comments/{comment.pk}/answer/"]
    for browser in (Browser(), Browser(make.author("other"))):
        assert browser.read(essay).all("a[@class='to-answer']") == []
