"""Renaming and merging tags, with redirects from their old addresses."""

from typing import Any

import pytest
from django.test import Client

from blog.models import Essay, Tag
from tests import make
from tests.blog.writing.test_admin import client_of
from tests.comments.browser_client import Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]
TAGS = "/admin/blog/tag/"


def tagged(name: str, *essays: Essay) -> Tag:
    tag = Tag.objects.ensure(name)
    tag.essays.add(*essays)
    return tag


def merged(desk: Client, *tags: Tag, **fields: Any) -> Any:
    return desk.post(TAGS, {"action": "merge", "_selected_action": [tag.pk for tag in tags], **fields}, follow=True)


def test_merged_tags_keep_all_essays_and_addresses(client: Client) -> None:
    one, two, both = (make.essay(title) for title in ("One", "Two", "Both"))
    kept, other, third = tagged("Promises", one, both), tagged("promise", two, both), tagged("Vows", two)
    desk = client_of(make.editor())
    assert "Tag to keep" in Page(merged(desk, kept, other, third)).text
    assert Tag.objects.count() == 3
    answer = merged(desk, kept, other, third, merge="Merge", into=kept.pk)
    assert "3 tags merged into “Promises”." in Page(answer).text
    assert list(Tag.objects.all()) == [kept]
    assert set(kept.essays.all()) == {one, two, both}
    for old in ("promise", "vows"):
        answer = client.get(f"/tag/{old}/")
        assert (answer.status_code, answer.headers["Location"]) == (301, "/tag/promises/")


def test_addresses_of_renamed_and_merged_tags_redirect_in_one_step(client: Client) -> None:
    kept, other = tagged("Promises", make.essay()), tagged("Oath", make.essay())
    desk = client_of(make.editor())
    sent = {"name": "Oaths", "slug": "oaths", "description": ""}
    assert desk.post(f"{TAGS}{other.pk}/change/", sent).status_code == 302
    assert client.get("/tag/oath/").headers["Location"] == "/tag/oaths/"
    merged(desk, kept, other, merge="Merge", into=kept.pk)
    for old in ("oath", "oaths"):
        assert client.get(f"/tag/{old}/").headers["Location"] == "/tag/promises/"


def test_a_reused_name_has_its_own_address(client: Client) -> None:
    kept, other = tagged("Promises", make.essay()), tagged("Vows", make.essay())
    merged(client_of(make.editor()), kept, other, merge="Merge", into=kept.pk)
    client_of(make.author()).post(f"{TAGS}add/", {"name": "Vows", "slug": "vows", "description": ""})
    Tag.objects.get(slug="vows").essays.add(make.essay("Again"))
    assert "Again" in client.get("/tag/vows/").content.decode()


def test_the_remaining_tag_must_be_chosen_and_only_by_editors() -> None:
    kept, other = tagged("Promises"), tagged("Vows")
    answer = merged(client_of(make.editor()), kept, other, merge="Merge")
    assert answer.status_code == 422
    assert "Choose the tag to keep." in Page(answer).text
    merged(client_of(make.author()), kept, other, merge="Merge", into=kept.pk)
    assert Tag.objects.count() == 2


@pytest.mark.parametrize("name", ["Promises", "promises"])
def test_a_tag_renamed_to_the_name_of_another_points_to_merging(name: str) -> None:
    tagged("Promises")
    other = tagged("Oath")
    sent = {"name": name, "slug": "oath", "description": ""}
    page = Page(client_of(make.editor()).post(f"{TAGS}{other.pk}/change/", sent))
    assert "A tag with this name already exists. To merge the two, select both in the list of tags" in page.text


@pytest.mark.parametrize(("kind", "field"), [("tag", "name"), ("series", "title")])
def test_a_name_without_letters_gets_a_slug(client: Client, kind: str, field: str) -> None:
    sent = {field: "🎉", "slug": "", "description": ""}
    desk = client_of(make.editor())
    for _number in range(2):  # the second name is another one
        assert desk.post(f"/admin/blog/{kind}/add/", sent).status_code == 302
        sent[field] += "🎈"
    assert "🎉" in client.get(f"/{kind}/{kind}/").content.decode()
    assert "🎉🎈" in client.get(f"/{kind}/{kind}-2/").content.decode()
