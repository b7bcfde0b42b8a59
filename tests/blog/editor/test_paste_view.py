"""The view that cleans pasted HTML: permissions, report and limits."""

import pytest
from django.test import Client

from blog.editor import paste_views
from blog.editor.widget import allowlist
from blog.markup.rules import ESSAY
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CLEAN = "/admin/blog/essay/clean/"


@pytest.fixture
def desk() -> Client:
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    client.force_login(make.author())
    return client


def test_pasted_html_comes_back_clean_with_a_report_of_what_was_lost(desk: Client) -> None:
    source = (
        '<p style="color:red" onclick="x">Two <img src="file:///a.png" alt="Hill"><form>f</form></p><script>1</script>'
    )
    answer = desk.post(CLEAN, source, content_type="text/html").json()
    assert answer["html"].startswith("<p>Two")
    assert not any(word in answer["html"] for word in ("style", "onclick", "script", "file:"))
    assert answer["lost"] == [
        "1 picture that couldn’t be pasted. Save it on your computer and add it with “Picture”: Hill",
        "1 form: f",
    ]


def test_a_title_at_the_beginning_is_returned_by_itself_if_it_has_a_place(desk: Client) -> None:
    source = (
        "<title>Document1</title><h1>On Walking</h1><p class='MsoSubtitle'>In the cold</p><h2>Part</h2><p>Text.</p>"
    )
    answer = desk.post(f"{CLEAN}?title", source, content_type="text/html").json()
    assert (answer["title"], answer["deck"], answer["html"]) == (
        "On Walking",
        "In the cold",
        "<h2>Part</h2><p>Text.</p>",
    )
    answer = desk.post(CLEAN, source, content_type="text/html").json()
    assert answer["title"] == ""
    assert answer["html"].startswith("<h2>On Walking</h2>")
    answer = desk.post(f"{CLEAN}?title", "<title>Document1</title><p>Text.</p>", content_type="text/html").json()
    assert (answer["title"], answer["html"]) == ("", "<p>Text.</p>")


def test_only_authors_can_use_it_and_only_by_post(desk: Client) -> None:
    assert desk.get(CLEAN).status_code == 405
    moderator = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    moderator.force_login(make.moderator())
    assert moderator.post(CLEAN, "<p>x", content_type="text/html").status_code == 403


def test_too_long_html_is_rejected_with_a_message(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = desk.post(CLEAN, "<i>" * (paste_views.MAX_TAGS + 1), content_type="text/html")
    assert (answer.status_code, answer.json()["why"]) == (
        413,
        "The text has too much formatting. Paste it in smaller parts.",
    )
    monkeypatch.setattr(paste_views, "MAX_BYTES", 10)
    assert desk.post(CLEAN, "<p>" + "x" * 20, content_type="text/html").status_code == 413


def test_only_the_editing_page_allows_an_import_map_by_nonce(desk: Client) -> None:
    page = desk.get("/admin/blog/essay/add/")
    policy = page.headers["Content-Security-Policy"]
    assert "'nonce-" in policy
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert page.content.decode().count(f'nonce="{nonce}"') >= 1
    assert f'<script type="importmap" nonce="{nonce}">' in page.content.decode()
    assert "nonce" not in desk.get("/admin/blog/essay/").headers["Content-Security-Policy"]


def test_the_editor_knows_every_tag_of_the_allowlist() -> None:
    assert allowlist()["attributes"].keys() == ESSAY.tags
