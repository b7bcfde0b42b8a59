"""Old addresses keep redirecting to what they belonged to, in any script."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from blog import actions
from blog.models import RESERVED_SLUGS, Essay, Redirect, Series, Tag
from blog.writing import revisions
from tests import make
from tests.blog.essay_forms import EssayForm

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("before", "after"), [("before", "after"), ("πριν", "μετά"), ("以前", "after")])
def test_a_changed_slug_redirects(client: Client, before: str, after: str) -> None:
    essay = make.essay(slug=before)
    old = essay.get_absolute_url()
    essay = Essay.objects.get(pk=essay.pk)
    essay.slug = after
    actions.save(essay)
    answer = client.get(old)
    assert answer.status_code == 301
    assert answer.headers["Location"] == essay.get_absolute_url()


def test_a_reused_address_belongs_to_its_new_owner(client: Client) -> None:
    first = make.essay("First", slug="λόγος")
    old = first.get_absolute_url()
    first = Essay.objects.get(pk=first.pk)
    first.slug = "other"
    actions.save(first)
    make.essay("Second", slug="λόγος")
    assert "Second" in client.get(old).content.decode()
    assert not Redirect.objects.exists()


def followed(client: Client, address: str) -> str:
    """Return the target of a permanent redirect, which has to be the final page."""
    answer = client.get(address)
    assert answer.status_code == 301, address
    assert client.get(answer.headers["Location"]).status_code == 200
    return str(answer.headers["Location"])


def moved(essay: Essay, **fields: Any) -> str:
    essay = Essay.objects.get(pk=essay.pk)
    for name, value in fields.items():
        setattr(essay, name, value)
    return actions.save(essay).get_absolute_url()


@pytest.mark.once
def test_moving_there_and_back_makes_no_redirect_loop(client: Client) -> None:
    essay = make.essay(slug="a")
    a, b = essay.get_absolute_url(), moved(essay, slug="b")
    assert moved(essay, slug="a") == a
    assert client.get(a).status_code == 200
    assert followed(client, b) == a
    page = moved(essay, kind="page")
    assert {followed(client, a), followed(client, b)} == {page}
    assert moved(essay, kind="essay") == a
    assert {followed(client, page), followed(client, b)} == {a}


@pytest.mark.once
def test_two_essays_can_exchange_their_addresses(client: Client) -> None:
    one, two = make.essay("One", slug="a"), make.essay("Two", slug="b")
    a, b = one.get_absolute_url(), two.get_absolute_url()
    between = moved(one, slug="c")
    assert moved(two, slug="a") == a
    assert moved(one, slug="b") == b
    assert "Two" in client.get(a).content.decode()
    assert "One" in client.get(b).content.decode()
    assert followed(client, between) == b


@pytest.mark.once
def test_a_new_date_or_time_zone_keeps_the_address(client: Client) -> None:
    essay = make.essay(published=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    address = essay.get_absolute_url()
    assert moved(essay, published=datetime(2026, 2, 1, tzinfo=UTC)) == address
    make.site(time_zone="Asia/Tokyo")
    assert moved(essay, deck="x") == address
    assert moved(essay, published=timezone.now() + timedelta(days=2)) == address
    assert client.get(address).status_code == 404
    assert moved(essay, published=timezone.now()) == address
    assert client.get(address).status_code == 200


@pytest.mark.once
def test_an_essay_moved_while_withdrawn_is_found_at_its_old_address(client: Client) -> None:
    owner = make.owner()
    essay = make.essay(slug="a")
    a = essay.get_absolute_url()
    revisions.unpublish_latest(essay, by=owner)
    essay_form = EssayForm(owner, essay)
    there = []
    for slug in ("b", "c"):
        essay_form.open()
        essay_form.save(slug=slug)
        there.append(Essay.objects.get().get_absolute_url())
    unread, c = there
    assert {client.get(address).status_code for address in (a, unread, c)} == {404}
    revisions.publish_latest(essay, by=owner)
    assert followed(client, a) == c
    assert client.get(unread).status_code == 404  # no reader ever had it


@pytest.mark.once
def test_deleting_an_essay_deletes_its_old_addresses(client: Client) -> None:
    essay = make.essay("Gone", slug="a")
    a, b = essay.get_absolute_url(), moved(essay, slug="b")
    actions.delete(Essay.objects.get())
    assert {client.get(address).status_code for address in (a, b, f"/?p={essay.pk}")} == {404}
    make.essay("New", slug="a")
    assert "New" in client.get(a).content.decode()
    assert client.get(b).status_code == 404


@pytest.mark.once
def test_tags_and_series_can_be_renamed_back_and_forth(client: Client) -> None:
    tag, other = Tag.objects.create(name="A", slug="a"), Tag.objects.create(name="B", slug="b")
    essay = make.essay()
    essay.tags.add(tag, other)
    for slug in ("x", "a", "y"):
        tag.slug = slug
        actions.save_renamed(tag)
    actions.merge_tags([tag], into=other)
    assert {followed(client, f"/tag/{slug}/") for slug in "axy"} == {"/tag/b/"}
    essay_form = EssayForm(make.owner())
    row = Series.objects.create(title="S", slug="s")
    for slug in ("t", "s", "u"):
        essay_form.client.post(f"/admin/blog/series/{row.pk}/change/", {"title": "S", "slug": slug})
    assert {followed(client, f"/series/{slug}/") for slug in "st"} == {"/series/u/"}
    Tag.objects.all().delete()
    assert {client.get(f"/tag/{slug}/").status_code for slug in "abxy"} == {404}


@pytest.mark.once
def test_a_manual_redirect_is_normalized_and_makes_no_loop(client: Client) -> None:
    essay_form = EssayForm(make.owner())
    essay = make.essay()
    here = essay.get_absolute_url()
    add = "/admin/blog/redirect/add/"
    refused = essay_form.client.post(add, {"old_path": "2019/an-essay", "essay": essay.pk})
    assert "Enter a path that starts with a slash" in refused.content.decode()
    aimless = essay_form.client.post(add, {"old_path": "/2019/an-essay/"}).content.decode()
    assert "Choose only one: essay, tag or series." in aimless
    assert "Constraint" not in aimless
    for old in ("http://127.0.0.1:8000/%CE%BB%CF%8C%CE%B3%CE%BF%CF%82/", here, "/2018/old#part", "/2017/old/#part"):
        assert essay_form.client.post(add, {"old_path": old, "essay": essay.pk}).status_code == 302
    for old in ("/λόγος/", "/2018/old/", "/2017/old/"):
        assert followed(client, old) == here
    assert client.get(here).status_code == 200  # an object's own address wins over a redirect


def test_no_page_can_use_an_address_of_the_site() -> None:
    firsts = {str(pattern.pattern).partition("/")[0] for pattern in urls()}
    assert {first for first in firsts if re.fullmatch(r"[-\w]+", first)} - RESERVED_SLUGS == set()


def urls() -> list[Any]:
    found, open_ = [], [get_resolver().url_patterns]
    while open_:
        for pattern in open_.pop():
            if hasattr(pattern, "url_patterns") and not str(pattern.pattern):
                open_.append(pattern.url_patterns)
            else:
                found.append(pattern)
    return found
