"""The cached reply form for strangers equals one that is rendered for each."""

from typing import Any

import pytest

from tests import make
from tests.comments.browser_client import Browser, Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]

RULES: list[dict[str, Any]] = [
    {"who_may_comment": "name"},
    {"who_may_comment": "details", "hold_everything": True},
    {"who_may_comment": "login", "hold_first_comment": False},
    {"who_may_comment": "login", "readers_may_follow": True},
]


def form(page: Page) -> str:
    return str(page.html.partition('<div class="closing')[2].partition("</form>")[0])


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_cached_form_equals_a_newly_rendered_one(language: str, settings: Any) -> None:
    settings.SITE_LANGUAGES = [("en", "English"), ("de", "German")]
    browser, essays = Browser(), [make.essay("Of Forms"), make.essay("Of & Others", slug="änderes")]
    make.site(name="Ours & Theirs", language=language)
    seen = []
    for rules in RULES:
        make.rules(**rules)
        for essay in essays:
            address = essay.get_absolute_url()
            kept, anew = browser.read(address), browser.read(f"{address}?login=nothing")  # which no kept form answers
            assert form(kept) == form(anew)
            seen.append(form(kept))
    make.site(name="Another")
    seen.append(form(browser.read(essays[0])))
    assert len(set(seen)) > 6  # one for each essay and rule
    assert "Another" in seen[-1]


def test_personal_data_is_in_no_cached_form() -> None:
    make.rules(hold_first_comment=False)
    essay = make.essay("Of Forms")
    guest, stranger = Browser(), Browser()
    blank = stranger.read(essay).form_values
    guest.post_comment(essay, name="Rosa", email="rosa@example.org", remember="on")
    assert guest.read(essay).form_values["name"] == "Rosa"
    assert stranger.read(essay).form_values == blank
    assert stranger.submit_comment(essay, text="Half said", email="none").form_values["text"] == "Half said"
