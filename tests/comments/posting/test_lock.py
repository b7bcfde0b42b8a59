"""What takes time is done before the transaction that has SQLite's only write lock."""

import pytest
from django.db import connection

from blog import markup
from blog.models import Essay
from comments.posting import actions
from comments.screening import screening
from tests import make
from tests.comments.browser_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def lock_states(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """Whether a text was cleaned, and names were compared, inside the transaction of a comment; by what was done."""
    found: dict[str, bool] = {}
    outside = len(connection.savepoint_ids)
    for module, name in ((markup, "clean_comment"), (screening, "find_imitation")):

        def noted(argument: object, *, work: object = getattr(module, name), name: str = name) -> object:
            found[name] = len(connection.savepoint_ids) > outside
            return work(argument)  # type: ignore[operator]

        monkeypatch.setattr(module, name, noted)
    return found


def test_a_comment_is_cleaned_and_its_name_compared_before_the_lock(
    essay: Essay, guest: Browser, lock_states: dict[str, bool]
) -> None:
    guest.post_comment(essay)
    assert lock_states == {"clean_comment": False, "find_imitation": False}


def test_a_long_text_posted_too_soon_is_never_cleaned(
    essay: Essay, guest: Browser, lock_states: dict[str, bool]
) -> None:
    make.rules(flood_seconds=15)
    guest.post_comment(essay)
    lock_states.clear()
    assert guest.submit_comment(essay, text="word " * actions.LONG_TEXT).status == 429
    assert lock_states == {}
