"""Every list, filter, search, action and form of the admin answers hostile values, in every model that is registered.

What there is to ask is read from the registry, so a new admin page is asked too.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.admin.views.main import ChangeList
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse

from blog.models import Essay, Tag
from comments.models import Comment, Rule
from server.admin_site import MAX_FORMS
from tests import make
from tests.conftest import RUNS_ALL

pytestmark = [pytest.mark.django_db, pytest.mark.once]
NUMBERS = ("9" * 30, "99999999999", "9223372036854775808", "-1", "0", "1e400", "nan", "٣", "9" * 5000)
TEXTS = (
    "\0", "\udcff", "", " ", "word " * 1500, "x" * 100_000, "'; DROP TABLE x--", "1,2,x", "null", "[]", "__", "%s%n",
    "0001-01-01", "9999-12-31 23:59", "2026-13-45", "99999999999-01-01", "{{ 7 }}",
)  # fmt: skip
HOSTILE = NUMBERS + TEXTS
FIXED = ("q", "p", "o", "all", "e", "_to_field", "_popup", "pk__in", "pk", "id__gt", "nothing", "x__y__z", "_facets")
COUNTS = ("999999999", "9" * 30, "-1", "x", "", "101", "0")


@pytest.fixture
def owner(client: Client) -> Client:
    client.force_login(make.owner())
    essay = make.essay("Of Junk", by=make.author("wanda"))
    essay.tags.add(Tag.objects.ensure("Old Promises"))
    make.comment(essay)
    Rule.objects.create(name="R", action="hold")
    return client


def admins() -> list[ModelAdmin[Any]]:
    assert get_resolver().url_patterns  # which registers and unregisters the last of them
    return list(admin.site._registry.values())


def is_asked(number: int, round: int, every: int = 1) -> bool:
    """Every ninth value for every name under --all, else one by turns, and that for one name of `every` so many."""
    if RUNS_ALL:
        return number % 9 == round % 9
    return round % every == 0 and number == round // every % len(HOSTILE)


def request(user: Any = None) -> Any:
    asked = RequestFactory().get("/admin/")
    asked.user = user or make.owner()
    return asked


def path_of(model_admin: ModelAdmin[Any], page: str, *args: Any) -> str:
    meta = model_admin.model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=args)


def names_of(model_admin: ModelAdmin[Any], asked: Any) -> Iterator[str]:
    """Every name that this list knows in a query."""
    for spec in changelist(model_admin, asked).filter_specs:
        for name in spec.expected_parameters():
            yield str(name)
    if day := model_admin.date_hierarchy:
        yield from (f"{day}__year", f"{day}__month", f"{day}__day", f"{day}__gte")
    for field in model_admin.model._meta.concrete_fields:
        yield f"{field.name}__exact"


def changelist(model_admin: ModelAdmin[Any], asked: Any) -> ChangeList:
    found: ChangeList = model_admin.get_changelist_instance(asked)
    return found


def as_sent(value: str) -> str:
    """A lone surrogate cannot be sent; what a browser makes of it can."""
    return value.encode(errors="replace").decode()


def is_answered(response: Any) -> bool:
    return response.status_code in {200, 302, 400, 403, 404, 422}


def test_no_filter_search_or_page_number_breaks_a_list(owner: Client) -> None:
    asked = request()
    at = 0
    for model_admin in admins():
        path = path_of(model_admin, "changelist")
        for name in dict.fromkeys([*names_of(model_admin, asked), *FIXED]):
            at += 1
            for number, value in enumerate(HOSTILE):
                if is_asked(number, at, every=18 if name in FIXED else 6):
                    response = owner.get(path, {name: as_sent(value)})
                    assert is_answered(response), (path, name, value[:40])


@pytest.mark.parametrize(
    "query",
    [
        "tags__id__exact=99999999999999999999",
        "tags=99999999999999999999",
        "series=99999999999999999999",
        "published__year=99999999999",
        "published__year=9999",
        "published__year=2026&published__month=99",
        "state=none&kind=nothing",
        "nothing=1",
    ],
)
@pytest.mark.both
def test_a_filter_that_cannot_be_finds_nothing_or_is_refused_in_words(owner: Client, query: str) -> None:
    response = owner.get(f"/admin/blog/essay/?{query}")
    words = {200: "0 essays", 400: "read your request"}
    assert words[response.status_code] in response.content.decode()


@pytest.mark.parametrize("page", ["99999", "-1", "9" * 30])
def test_a_page_that_does_not_exist_leads_to_the_whole_list(owner: Client, page: str) -> None:
    Tag.objects.bulk_create(Tag(name=f"tag {number}", slug=f"tag-{number}") for number in range(150))
    response = owner.get(f"/admin/blog/tag/?p={page}", follow=True)
    assert "This page does not exist. Showing the first page." in response.content.decode()
    assert "Old Promises" in response.content.decode()


@pytest.mark.both
@pytest.mark.parametrize("words", ["word " * 1500, "x" * 100_000])
def test_a_search_for_too_much_finds_nothing_and_says_so(owner: Client, words: str) -> None:
    for model_admin in admins():
        if model_admin.search_fields:
            page = owner.get(path_of(model_admin, "changelist"), {"q": words}).content.decode()
            assert "Your search is too long. Use at most 32 words and 500 characters." in page
    assert "Of Junk" in owner.get("/admin/blog/essay/", {"q": "of junk"}).content.decode()


def test_no_action_breaks_whatever_is_chosen(owner: Client) -> None:
    asked = request()
    at = 0
    for model_admin in admins():
        path = path_of(model_admin, "changelist")
        for action in model_admin.get_actions(asked):
            for value in HOSTILE:
                at += 1
                if RUNS_ALL or at % 7 == 0:
                    sent = {"action": action, "index": as_sent(value), "_selected_action": [as_sent(value), "1"]}
                    assert is_answered(owner.post(path, sent)), (path, action, value[:40])
                    assert is_answered(owner.post(path, sent | {"post": "yes"})), (path, action, value[:40])


def test_no_form_breaks_whatever_its_fields_hold(owner: Client) -> None:
    asked = request()
    for round, model_admin in enumerate(admins()):
        names = list(model_admin.get_form(asked, change=False).base_fields)
        for page in ("add", "change"):
            path = path_of(model_admin, page, *(["1"] if page == "change" else []))
            for number in range(len(HOSTILE) if RUNS_ALL else 1):
                value = {
                    name: as_sent(HOSTILE[(number * 5 + round + at) % len(HOSTILE)]) for at, name in enumerate(names)
                }
                both = {f"{name}_{part}": each for name, each in value.items() for part in (0, 1)}
                assert is_answered(owner.post(path, value | both)), (path, value)
        for number, odd in enumerate(("9" * 30, "-1", "x", "_00", "9" * 5000)):
            for page in ("change", "delete", "history") if RUNS_ALL or number == round % 5 else ():
                assert is_answered(owner.get(path_of(model_admin, page, odd))), (model_admin, page, odd)


def formsets() -> Iterator[tuple[str, str]]:
    """Every formset of the admin: the address it is sent to, and how its fields begin."""
    asked = request()
    for model_admin in admins():
        for formset, _inline in model_admin.get_formsets_with_inlines(asked):
            yield path_of(model_admin, "add"), formset.get_default_prefix()
        if model_admin.list_editable:
            yield path_of(model_admin, "changelist"), "form"


@pytest.mark.parametrize("initial", COUNTS if RUNS_ALL else COUNTS[:1])
def test_no_formset_makes_more_forms_than_it_may(owner: Client, initial: str) -> None:
    found = list(formsets())
    assert len(found) >= 5
    for path, prefix in found:
        for total in COUNTS if RUNS_ALL else COUNTS[:4]:
            sent = {
                f"{prefix}-TOTAL_FORMS": total,
                f"{prefix}-INITIAL_FORMS": initial,
                "_save": "Save",
                f"{prefix}-0-id": "9" * 30,
            }
            response = owner.post(path, sent)
            assert is_answered(response), (path, total, initial)
            assert response.content.count(b"-DELETE") <= 8 * MAX_FORMS


@pytest.mark.parametrize("prefix", ["authorships", "discussion"])
def test_too_many_forms_are_an_error_of_the_formset(owner: Client, prefix: str) -> None:
    essay = Essay.objects.get()
    page = owner.get(f"/admin/blog/essay/{essay.pk}/change/").content.decode()
    assert f'name="{prefix}-TOTAL_FORMS"' in page
    sent = {f"{each}-{part}_FORMS": "0" for each in ("authorships", "discussion") for part in ("TOTAL", "INITIAL")}
    response = owner.post(f"/admin/blog/essay/{essay.pk}/change/", sent | {f"{prefix}-TOTAL_FORMS": "999999999"})
    assert "Please submit at most" in response.content.decode()
    made = set(re.findall(rf'name="{prefix}-(\d+)-', response.content.decode()))
    assert 0 < len(made) <= MAX_FORMS


OURS = (
    "/admin/comments/queue/", "/admin/comments/queue/log/", "/admin/comments/queue/log/log.csv",
    "/admin/comments/queue/numbers/", "/admin/comments/queue/filter/", "/admin/comments/queue/news/",
    "/admin/comments/queue/blocks/", "/admin/comments/queue/people/{commenter}/", "/admin/comments/block/",
    "/admin/comments/rule/", "/admin/identity/", "/admin/doctor/", "/admin/import-export/", "/admin/autocomplete/", "/admin/blog/image/find/",
    "/moderation/", "/replies/comments/", "/comments/feed/", "/comments/{comment}/", "/feed/", "/feed.json", "/archive/",
    "/tag/old-promises/", "/", "{essay}", "{essay}feed/", "{essay}identity/",
)  # fmt: skip
NAMES = (
    "q", "page", "cpage", "p", "page_id", "per_page", "order", "by", "replyto", "comment", "thread", "after", "essay", "status",
    "reason", "person", "age", "who", "verb", "since", "until", "words", "seen", "term", "year", "month",
)  # fmt: skip


def test_no_page_of_moderators_or_readers_breaks_by_its_query(owner: Client) -> None:
    comment = Comment.objects.select_related("essay").get()
    known = {"comment": comment.pk, "commenter": comment.commenter_id, "essay": comment.essay.get_absolute_url()}
    at = 0
    for page in OURS:
        path = page.format(**known)
        for name in NAMES:
            at += 1
            for number, value in enumerate(HOSTILE):
                if is_asked(number, at, every=6):
                    assert is_answered(owner.get(path, {name: as_sent(value)})), (path, name, value[:40])


def test_an_essay_of_no_known_kind_is_refused_beside_the_field(owner: Client) -> None:
    essay = Essay.objects.get()
    sent = {"kind": "nothing", "title": "Of Junk", "slug": "", "published_0": "2026-11-24", "published_1": "nan"}
    response = owner.post(f"/admin/blog/essay/{essay.pk}/change/", sent)
    assert response.status_code == 422
    assert "nothing is not one of the available choices" in response.content.decode()
