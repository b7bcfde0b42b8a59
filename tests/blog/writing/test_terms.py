"""Tags, series and links to the site's own essays, found and created by typing."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from blog.models import Essay, Series, Tag
from blog.writing.term_fields import join_names, split_names
from tests import make
from tests.blog.essay_forms import EssayForm

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


@pytest.fixture
def essay(author: User) -> Essay:
    return make.essay("Whose Promise", by=author, published=None)


@pytest.fixture
def essay_form(author: User, essay: Essay) -> EssayForm:
    essay_form = EssayForm(author, essay)
    essay_form.open()
    return essay_form


def suggest(author: User, kind: str, words: str) -> list[dict[str, Any]]:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(author)
    found: list[dict[str, Any]] = client.get(f"/admin/blog/essay/suggest/{kind}/", {"q": words}).json()["found"]
    return found


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Descartes, reading ,  Descartes,", ["Descartes", "reading"]),
        ('"Kant, early", Hume', ["Kant, early", "Hume"]),
        ('a "quoted" word, "open', ['a "quoted" word', "open"]),
        ("  ", []),
        ("LOGIC, logic", ["Logic"]),
        ("x" * 300, ["x" * 100]),
    ],
)
def test_names_are_split_at_commas(typed: str, names: list[str]) -> None:
    Tag.objects.ensure("Logic")
    assert split_names(typed) == names
    assert split_names(join_names(names)) == names


def test_tags_are_created_by_typing_and_known_ones_used(essay_form: EssayForm, essay: Essay) -> None:
    known = Tag.objects.ensure("Descartes")
    essay_form.save(tags='descartes, Books, "Kant, early"', title="T", body="<p>One.</p>")
    assert {tag.name for tag in essay.tags.all()} == {"Descartes", "Books", "Kant, early"}
    assert known in essay.tags.all()
    essay_form.open()
    assert essay_form.values["tags"] == 'Books,Descartes,"Kant, early"'
    revisions = essay.revisions.count()
    essay_form.save()
    assert essay.revisions.count() == revisions  # nothing has changed
    essay_form.open()
    essay_form.save(tags="")
    assert not essay.tags.exists()


def test_a_new_tag_is_kept_in_a_draft_and_created_only_when_it_is_saved(essay_form: EssayForm, essay: Essay) -> None:
    essay_form.autosave(tab="first", number="1", tags="Unheard of")
    assert not Tag.objects.exists()
    essay_form.open()
    assert essay_form.values["tags"] == "Unheard of"
    assert "Unheard of" in essay_form.client.post(essay_form.url_of("preview"), essay_form.values).content.decode()
    assert not Tag.objects.exists()
    essay_form.save(tab="second")
    assert Tag.objects.get().slug == "unheard-of"


def test_a_series_is_created_by_typing_its_title(essay_form: EssayForm, essay: Essay) -> None:
    essay_form.save(series=" Books  and Their Readers ", series_position="3")
    essay.refresh_from_db()
    series = Series.objects.get()
    assert (essay.series, series.title, series.slug) == (series, "Books and Their Readers", "books-and-their-readers")
    essay_form.open()
    assert essay_form.values["series"] == "Books and Their Readers"
    essay_form.save(series="BOOKS and their readers")
    assert Series.objects.count() == 1
    essay_form.open()
    essay_form.save(series="!?")
    essay.refresh_from_db()
    assert essay.series
    assert essay.series.slug == "series"
    essay_form.open()
    essay_form.save(series="")
    essay.refresh_from_db()
    assert essay.series is None


def test_tags_series_and_essays_are_suggested(author: User, essay: Essay) -> None:
    make.essay("Published Promise", by=author).tags.add(Tag.objects.ensure("Argument"))
    Tag.objects.ensure("Arguing alone")
    Series.objects.create(title="Of Arguments", slug="of-arguments")
    found = suggest(author, "tags", "argu")
    assert [(row["name"], row["note"]) for row in found] == [("Argument", "1 essay"), ("Arguing alone", "0 essays")]
    assert [row["name"] for row in suggest(author, "series", "argu")] == ["Of Arguments"]
    (linked,) = suggest(author, "essays", "promise pub")  # drafts are not
    assert (linked["name"], linked["value"]) == (
        "Published Promise",
        Essay.objects.published().get().get_absolute_url(),
    )
