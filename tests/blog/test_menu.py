"""The menu at the top of every page: the pages that an editor adds to it, in the chosen order."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from blog.models import MENU_LIMIT, Essay
from tests import make
from tests.blog.essay_forms import EssayForm
from tests.comments.browser_client import Browser, text_of

pytestmark = [pytest.mark.django_db]


def shown(address: str = "/") -> list[str]:
    links = Browser().read(address).all("header[@class='masthead']/nav[1]//a")
    return [text_of(link) for link in links if text_of(link) not in {"Essays", "Archive", "Search"}]


def add_to_menu(user: User, page: Essay, **typed: Any) -> Any:
    essay_form = EssayForm(user, page)
    essay_form.open()
    return essay_form.publish(is_in_menu="on", **typed)


@pytest.mark.once
def test_a_new_page_is_not_in_the_menu_until_an_editor_adds_it() -> None:
    page = make.essay("Colophon", kind="page")
    assert shown() == []
    assert add_to_menu(make.owner(), page).status_code == 302
    assert shown() == shown("/archive/") == shown("/colophon/") == ["Colophon"]


@pytest.mark.once
def test_the_menu_is_sorted_by_position_and_then_by_title() -> None:
    owner = make.owner()
    for title, order in (("Beta", "2"), ("Alpha", ""), ("Gamma", "1"), ("Delta", "2")):
        assert add_to_menu(owner, make.essay(title, kind="page"), menu_order=order).status_code == 302
    assert shown() == ["Alpha", "Gamma", "Beta", "Delta"]


@pytest.mark.once
def test_an_author_who_is_no_editor_cannot_change_the_menu() -> None:
    author = make.author()
    page = make.essay("Colophon", kind="page", by=author)
    add_to_menu(author, page)
    assert shown() == []


@pytest.mark.once
@pytest.mark.parametrize("kind", ["essay", "page"])
def test_the_form_rejects_what_the_menu_cannot_show(kind: str) -> None:
    for number in range(MENU_LIMIT):
        make.essay(f"Page {number}", kind="page", is_in_menu=True)
    answer = add_to_menu(make.owner(), make.essay("One More", kind=kind))
    assert answer.status_code == 422
    (problem,) = answer.context_data["adminform"].form.errors["is_in_menu"]
    assert problem.startswith("Only pages can be shown" if kind == "essay" else "The menu already has 20 pages.")
    assert len(shown()) == MENU_LIMIT


@pytest.mark.once
def test_drafts_and_scheduled_pages_are_not_shown_in_the_menu() -> None:
    make.essay("Draft", kind="page", is_in_menu=True, published=None)
    make.essay("Later", kind="page", is_in_menu=True, published=timezone.now() + timedelta(hours=1))
    assert shown() == []


@pytest.fixture
def many() -> Iterator[None]:
    """Thousands of essays and a few pages, analyzed by the database."""
    day = timezone.now() - timedelta(days=1)
    rows = [Essay(title=f"Essay {n}", slug=f"e{n}", published=day, dated=day.date()) for n in range(3000)]
    rows += [Essay(title=f"Page {n}", slug=f"p{n}", kind="page", published=day, is_in_menu=n < 3) for n in range(30)]
    Essay.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    yield
    if connection.vendor == "sqlite":  # its statistics are read by every later test
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_stat1")
            cursor.execute("ANALYZE sqlite_schema")


def test_the_menu_is_read_from_its_own_index(many: None) -> None:
    plan = Essay.objects.in_menu().exclude(published=None)[:MENU_LIMIT].explain()
    assert "essay_in_menu" in plan
    assert shown() == ["Page 0", "Page 1", "Page 2"]
