"""Permissions of authors and editors, and authors' own pages."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Commenter, User
from blog.models import Authorship, Essay, Profile
from tests import make
from tests.blog.essay_forms import EssayForm
from tests.blog.writing.test_admin import ESSAYS, client_of, fields
from tests.comments.browser_client import Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


@pytest.fixture
def other_essay() -> Essay:
    return make.essay("Not Hers", by=make.author("joris"), published=None)


def test_an_author_cannot_open_the_essays_of_another(author: User, other_essay: Essay) -> None:
    desk, at = client_of(author), f"{ESSAYS}{other_essay.pk}/"
    assert "Not Hers" not in desk.get(ESSAYS).content.decode()
    for part in ("change/", "delete/", "history/"):
        assert desk.get(at + part).status_code == 403, part
    assert desk.post(f"{at}change/", fields(title="Hers")).status_code == 403
    assert desk.post(f"{at}delete/", {"post": "yes"}).status_code == 403
    for action in ("publish_now", "delete_selected"):
        desk.post(ESSAYS, {"action": action, "_selected_action": [other_essay.pk], "post": "yes"})
    left = Essay.objects.get(pk=other_essay.pk)
    assert (left.title, left.published) == ("Not Hers", None)


def test_an_author_deletes_their_own_essay(author: User) -> None:
    own = make.essay(by=author)
    assert client_of(author).post(f"{ESSAYS}{own.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Essay.objects.exists()


def test_a_new_coauthor_may_change_the_essay(author: User, other_essay: Essay) -> None:
    Authorship.objects.create(essay=other_essay, author=author, position=1)
    assert client_of(author).get(f"{ESSAYS}{other_essay.pk}/change/").status_code == 200


def test_an_editor_changes_and_publishes_essays_of_others(other_essay: Essay) -> None:
    desk = client_of(make.editor())
    assert "Not Hers" in desk.get(ESSAYS).content.decode()
    assert desk.get(f"{ESSAYS}{other_essay.pk}/change/").status_code == 200
    desk.post(ESSAYS, {"action": "publish_now", "_selected_action": [other_essay.pk]})
    assert Essay.objects.published().get() == other_essay
    assert [str(author) for author in Essay.objects.get().bylines] == ["joris"]


def test_a_moderator_may_only_view_published_essays(other_essay: Essay) -> None:
    desk = client_of(make.moderator())
    assert "Not Hers" not in desk.get(ESSAYS).content.decode()
    assert desk.get(f"{ESSAYS}{other_essay.pk}/change/").status_code == 302
    Essay.objects.update(published="2026-03-01T12:00Z", dated="2026-03-01")
    assert "Not Hers" in desk.get(ESSAYS).content.decode()
    Essay.objects.update(body="<p>What <em>I</em> think.</p>")
    page = desk.get(f"{ESSAYS}{other_essay.pk}/change/").content.decode()
    assert "<em>I</em>" in page
    assert "/revisions/" not in page
    assert desk.post(f"{ESSAYS}{other_essay.pk}/change/", fields(title="Theirs")).status_code == 403


def authorship(essay: Essay, author: User, number: int = 0, **more: str) -> dict[str, Any]:
    """Return the fields of an author in the form; without a row if the author is a new one."""
    row = essay.authorships.filter(author=author).first()
    values = {"id": row.pk if row else "", "essay": essay.pk, "author": author.pk, "position": number, **more}
    return {f"authorships-{number}-{name}": value for name, value in values.items()}


def test_an_essay_keeps_an_author_and_lists_each_once(author: User) -> None:
    own, other = make.essay(by=author, published=None), make.author("joris")
    form = EssayForm(author, own)
    form.open()
    alone = Page(form.save(**authorship(own, author, DELETE="on")))
    assert "An essay needs at least one author. Add another author before you delete this one." in alone.text
    twice = (
        authorship(own, author) | authorship(own, author, 1) | {"authorships-1-id": "", "authorships-TOTAL_FORMS": 2}
    )
    assert "Each author can be listed only once." in Page(form.save(**twice)).text
    assert [each.author for each in own.authorships.all()] == [author]
    given = authorship(own, author, DELETE="on") | authorship(own, other, 1) | {"authorships-TOTAL_FORMS": 2}
    assert form.save(**given).headers["Location"] == ESSAYS
    assert [each.author for each in own.authorships.all()] == [other]


def test_an_author_who_creates_an_essay_with_another_one_is_its_author_too(author: User) -> None:
    other = make.author("joris")
    form = EssayForm(author)
    form.open()
    added = {"authorships-0-author": other.pk, "authorships-0-position": 1, "authorships-TOTAL_FORMS": 1}
    answer = form.save(title="By Two", **added)
    assert form.client.get(answer.headers["Location"]).status_code == 200
    assert {each.author for each in Essay.objects.get().authorships.all()} == {author, other}


def test_authors_are_shown_in_their_order(author: User, other_essay: Essay, client: Client) -> None:
    Authorship.objects.create(essay=other_essay, author=author, position=0)
    Authorship.objects.filter(author__username="joris").update(position=1)
    Essay.objects.update(published="2026-03-01T12:00Z", dated="2026-03-01")
    byline = Page(client.get(Essay.objects.get().get_absolute_url())).only("p[@class='byline']")
    assert " ".join("".join(byline.itertext()).split()).startswith("Miriam Achterberg and joris")


def test_an_authors_page_shows_their_profile(author: User, client: Client, django_assert_max_num_queries: Any) -> None:
    make.essay("Hers", by=author)
    Commenter.objects.for_user(author)
    Commenter.objects.update(picture="faces/ab/cd", name="Miriam")
    desk = client_of(author)
    mine = desk.get("/admin/blog/profile/").headers["Location"]
    sent = {
        "about": "She writes about <b>promises</b>.\n\nAnd dinners.",
        "links": "https://www.example.org/\nhttps://x.example/@m",
    }
    assert desk.post(mine, sent).status_code == 302
    page = Page(client.get("/author/miriam/"))
    assert "She writes about <b>promises</b>." in page.text
    assert [link.text for link in page.all("ul[@class='person-links']/li/a")] == ["example.org", "x.example/@m", "Feed"]
    assert "faces/ab/cd" in str(page.only("img[@class='portrait']").get("src"))
    assert "Hers" in page.text
    with django_assert_max_num_queries(12):
        client.get("/author/miriam/")


@pytest.mark.parametrize("links", ["javascript:alert(1)", "example.org", " ".join(["https://a.example"] * 11)])
def test_an_invalid_profile_link_is_rejected_with_a_message(author: User, links: str) -> None:
    desk = client_of(author)
    mine = desk.get("/admin/blog/profile/").headers["Location"]
    page = Page(desk.post(mine, {"about": "", "links": links}))
    assert page.find("ul[@class='errorlist']") is not None
    assert Profile.objects.get().links == ""


def test_an_author_cannot_change_the_profile_of_another(author: User) -> None:
    other = Profile.objects.create(user=make.author("joris"))
    assert client_of(author).post(f"/admin/blog/profile/{other.pk}/change/", {"about": "x"}).status_code == 403
    assert client_of(make.editor()).post(f"/admin/blog/profile/{other.pk}/change/", {"about": "x"}).status_code == 302


def test_only_staff_can_be_chosen_as_authors_of_an_essay(author: User) -> None:
    make.user("reader", name="Rosa Castellanos")
    page = Page(client_of(author).get(f"{ESSAYS}add/")).html
    assert "Miriam Achterberg" in page
    assert "Rosa Castellanos" not in page


def test_autocompletion_leaves_out_drafts_of_others(author: User, other_essay: Essay) -> None:
    make.essay("Out", by=make.author("lena"))
    make.essay("Hers", by=author, published=None)
    asked = "/admin/autocomplete/?app_label=blog&model_name=essay&field_name=translation_of&term="
    found = {row["text"] for row in client_of(author).get(asked).json()["results"]}
    assert found == {"Out", "Hers"}
    assert "Not Hers" in {row["text"] for row in client_of(make.editor()).get(asked).json()["results"]}
