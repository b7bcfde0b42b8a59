"""Lighthouse's scores on a phone; under --all only, and with nothing else running beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.urls import NoReverseMatch, reverse
from pytest_django.plugin import DjangoDbBlocker

from blog import actions as writing
from tests.bench import corpus
from tests.blog.essay_forms import long_essay
from tests.services import lighthouse

if TYPE_CHECKING:
    from tests.services.site import Serve

pytestmark = [pytest.mark.long, pytest.mark.alone]
RUNS, MOST_RUNS = 3, 6


def home() -> str:
    return "/"


def archive() -> str:
    return "/archive/"


def long_essay_with_200_comments() -> str:
    essay = corpus.essay(200)
    essay.body = long_essay()
    return writing.save(essay).get_absolute_url()


def search() -> str:
    try:
        return f"{reverse('search')}?q=promise"
    except NoReverseMatch:
        pytest.skip("The site has no search page.")


@pytest.mark.parametrize("make_page", [home, archive, long_essay_with_200_comments, search])
def test_a_page_scores_100_in_every_category(
    serve: "Serve", tmp_path: Path, django_db_blocker: DjangoDbBlocker, make_page: Callable[[], str]
) -> None:
    """Three of at most six runs score 100: other work on the machine can only lower a score.

    Search engines are asked not to index results, so search is not scored for them.
    """
    site = serve(demo=True, DEBUG=None)
    with django_db_blocker.unblock(), site.connected():
        url = site.url + make_page()
    categories = lighthouse.CATEGORIES[:3] if make_page is search else lighthouse.CATEGORIES
    lost: list[dict[str, str]] = []
    while lost.count({}) < RUNS and len(lost) < MOST_RUNS:
        lost.append(lighthouse.lost_points(url, tmp_path, categories))
    assert lost.count({}) == RUNS, "\n".join(f"{name} {points}" for each in lost for name, points in each.items())
