"""What of an essay's page is rendered once and used again, as readers see it; more in the tests of CachedSite."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog import actions, views
from blog.models import Essay
from comments.threads import rendering
from comments.threads.tree import Step
from pagecache import frames
from pagecache.store import Store
from tests import caches, make
from tests.comments.browser_client import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture
def essay() -> Essay:
    make.rules(hold_first_comment=False, hold_links=1)
    return make.essay("Whose Promise Is It?", by=make.author("miriam", name="Miriam Achterberg"))


def get(essay: Essay) -> str:
    return Client().get(essay.get_absolute_url()).content.decode()


def rename(essay: Essay, title: str) -> None:
    found = Essay.objects.get(pk=essay.pk)
    found.title = title
    actions.save(found)


def test_after_a_reply_the_essay_is_not_read_again_and_the_comment_is_shown(essay: Essay) -> None:
    get(essay)
    make.comment(essay, "It was a promise.")
    with CaptureQueriesContext(connection) as queries:
        page = get(essay)
    assert "It was a promise." in page
    assert not [query["sql"] for query in queries if "blog_essay" in query["sql"]]


def test_after_a_reply_the_other_threads_are_not_rendered_again(essay: Essay, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make.comment(essay, "In one thread.")
    make.comment(essay, "In another.")
    get(essay)
    rendered: list[int] = []
    render = rendering.ThreadRenderer.comment

    def note_and_render(self: rendering.ThreadRenderer, step: Step, *rest: Any) -> str:
        rendered.append(step.row.pk)
        return render(self, step, *rest)

    monkeypatch.setattr(rendering.ThreadRenderer, "comment", note_and_render)
    reply = make.comment(essay, "A reply.", to=root)
    assert "A reply." in get(essay)
    assert rendered == [root.pk, reply.pk]


def test_an_edited_essay_is_shown(essay: Essay) -> None:
    get(essay)
    rename(essay, "Another")
    assert "<title>Another" in get(essay)


def test_an_essay_edited_while_its_page_is_rendered_is_shown_next(
    essay: Essay, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_context = views.essay_context

    def read_context_during_an_edit(*arguments: Any) -> dict[str, Any]:
        monkeypatch.undo()
        rename(essay, "Another")
        return read_context(*arguments)

    monkeypatch.setattr(views, "essay_context", read_context_during_an_edit)
    assert "<title>Whose Promise Is It?" in get(essay)
    assert "<title>Another" in get(essay)


def test_settings_changed_after_they_were_read_are_shown_next(essay: Essay, monkeypatch: pytest.MonkeyPatch) -> None:
    find = frames.find

    def rename_site_and_find(*arguments: Any) -> frames.Frame | None:
        monkeypatch.undo()
        make.site(name="Quarterly")
        return find(*arguments)

    make.site(name="Rejoinder")
    monkeypatch.setattr(frames, "find", rename_site_and_find)
    assert "· Rejoinder</title>" in get(essay)
    assert "· Quarterly</title>" in get(essay)


def test_what_one_visitor_sees_is_in_no_page_of_another(essay: Essay) -> None:
    reader, owner, guest = (
        Browser(make.user("rosa", name="Rosa Castellanos")), Browser(make.owner("olga")), Browser(),
    )  # fmt: skip
    said = reader.post_comment(essay, text="Mine.")
    make.comment(essay, "Another thread.")
    guest.post_comment(essay, text="A guest’s.", remember="on")
    reader.submit_comment(essay, text="Held: https://example.org https://example.com")
    expected = get(essay)
    for first in (reader, owner, guest):
        caches.clear()
        assert first.get(essay.get_absolute_url()).content.decode() != expected
        assert get(essay) == expected
    assert f"/comments/{said.pk}/delete/" in reader.get(essay.get_absolute_url()).content.decode()


def test_frames_and_threads_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((frames, "store"), (rendering, "thread_html_cache")):
        monkeypatch.setattr(module, name, Store(60_000, max_entries=1000))
    essays = [make.essay(body=f"<p>{'Words. ' * 2000}</p>") for _ in range(6)]
    for essay in essays:
        make.comment(essay, "Words. " * 2000)
        get(essay)
    assert 0 < len(frames.store) < 6
    assert 0 < len(rendering.thread_html_cache) < 6
    assert max(frames.store.bytes, rendering.thread_html_cache.bytes) <= 60_000
    assert all("Words." in get(essay) for essay in essays)
