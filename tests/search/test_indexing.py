"""When the search finds a text, and when it no longer does."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.erasure import erase
from accounts.models import Commenter
from blog import actions as writing
from blog import indexing
from blog.models import Tag
from comments.models import Comment
from comments.posting import editing
from comments.screening.screening import Sender
from comments.threads.viewer import Viewer
from moderation.decisions import actions as deciding
from moderation.decisions import editing as moderating
from moderation.decisions import undo
from search import doctor, jobs
from search.models import Entry
from server.http import ratelimit
from tests import make
from tests.search import finding
from tests.search.finding import found
from tests.search.hostile import HOSTILE
from tests.transfer import exports

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site() -> None:
    make.site(language="en")
    make.rules()


def test_new_texts_are_found_before_and_after_a_job_sorts_them_into_the_index() -> None:
    comment = make.comment(make.essay(), "A zugzwang.")
    on_postgres = connection.vendor == "postgresql"
    for pages in (on_postgres, False):
        assert found("zugzwang") == [f"/comments/{comment.pk}/"]
        assert bool(jobs.sort_new_texts.call()) == pages
    assert found("zugzwang") == [f"/comments/{comment.pk}/"]


def test_a_comment_is_found_exactly_while_it_is_approved() -> None:
    judge, essay = make.moderator(), make.essay()
    comment = make.comment(essay, "A zugzwang.", status="pending")
    for decide, is_found in (
        (None, False),
        (deciding.approve, True),
        (deciding.mark_spam, False),
        (deciding.restore, True),
        (deciding.unapprove, False),
        (deciding.approve, True),
        (deciding.trash, False),
    ):
        if decide:
            made = decide(Comment.objects.get(pk=comment.pk), by=judge)
        assert found("zugzwang") == [f"/comments/{comment.pk}/"] * is_found
    undo.undo(made, by=judge)
    assert found("zugzwang") == [f"/comments/{comment.pk}/"]
    moderating.edit(comment, by=judge, text="A stalemate.")
    assert not found("zugzwang")
    assert found("stalemate")
    moderating.delete(Comment.objects.get(pk=comment.pk), by=judge)
    assert not Entry.objects.filter(number=comment.pk).exists()


def test_the_text_that_an_author_edited_is_found() -> None:
    reader = make.user("reader")
    person = Commenter.objects.for_user(reader)
    comment = make.comment(make.essay(), "First words.", by=person)
    rules, viewer = make.rules(edit_minutes=10), Viewer(person)
    editing.edit(comment.pk, by=viewer, text="Second thoughts.", sender=Sender(), rules=rules, is_trusted=True)
    assert not found("first")
    assert found("second thoughts")


def test_a_scheduled_essay_is_found_from_its_second_on() -> None:
    due = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    essay = make.essay("Of Tomorrow", published=due, body="<p>Zugzwang.</p>")
    assert not found("zugzwang")
    with time_machine.travel(due, tick=False):
        assert found("zugzwang") == [essay.get_absolute_url()]


def test_neither_an_unpublished_essay_nor_its_comments_are_found() -> None:
    essay = make.essay("Zugzwang")
    comment = make.comment(essay, "Zugzwang too.")
    essay.published = None
    writing.save(essay)
    assert not found("zugzwang")
    essay.published = timezone.now()
    writing.save(essay)
    assert found("zugzwang") == [essay.get_absolute_url(), f"/comments/{comment.pk}/"]
    writing.delete(essay)
    assert not Entry.objects.exists()


def test_renamed_and_merged_tags_are_found_by_their_new_name() -> None:
    essay = make.essay("Endgames")
    tag, other = Tag.objects.ensure("Chess"), Tag.objects.ensure("Go")
    essay.tags.set([tag])
    indexing.index(essay)
    tag.name = "Boardgames"
    writing.save_renamed(tag)
    assert not found("chess")
    assert found("boardgames") == [essay.get_absolute_url()]
    writing.merge_tags([tag], into=other)
    assert found("go") == [essay.get_absolute_url()]
    writing.delete_tags([other])
    assert not found("go")


def test_results_show_the_current_names_of_essay_and_commenter() -> None:
    essay = make.essay("Old Title")
    comment = make.comment(essay, "Zugzwang.", by=make.guest("Anna Karg"))
    essay.title = "New Title"
    writing.save(essay)
    assert "<bdi>Anna Karg</bdi> on “<bdi>New Title</bdi>”" in finding.get("zugzwang").content.decode()
    erase(comment.commenter)
    assert "<bdi>Anonymous</bdi> on" in finding.get("zugzwang").content.decode()


def test_an_import_and_a_rebuild_find_the_same(tmp_path: Path) -> None:
    comments = exports.comment(1, "A zugzwang.") + exports.comment(2, "A held zugzwang.", approved="0")
    exports.import_text(tmp_path, exports.export(exports.item(1, comments, title="Endgames", body="A fortress.")))
    before = sorted(Entry.objects.values_list("id", "tokens"))
    assert len(found("zugzwang")) == len(found("fortress")) == 1
    assert list(doctor.check_search_index()) == []
    Entry.objects.filter(address__startswith="/comments/").delete()
    (finding_,) = doctor.check_search_index()
    assert "1 essay or comment is missing" in finding_.problem
    call_command("search", "rebuild")
    assert sorted(Entry.objects.values_list("id", "tokens")) == before


@pytest.mark.once
def test_no_query_causes_an_error() -> None:
    make.essay("Everywhere", body=f"<p>{'everywhere a b c ' * 400}</p>")
    for query in HOSTILE:
        assert finding.get(query).status_code == 200, query[:50]
    for more in ({"page": "9" * 40}, {"year": "0"}, {"year": "99999"}, {"author": "u٣"}, {"tag": "\0"}, {"kind": "x"}):
        assert finding.get("everywhere", **more).status_code == 200, more


@pytest.mark.once
def test_a_network_that_searches_too_often_is_asked_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratelimit, "acquire", lambda *_args, **_more: 7.5)
    response = finding.get("zugzwang")
    assert (response.status_code, response.headers["Retry-After"]) == (429, "8")
    page = response.content.decode()
    assert "Please wait 8 seconds and try again." in page
    assert 'value="zugzwang"' in page


@pytest.mark.once
def test_wordpress_addresses_missing_pages_and_browsers_lead_to_the_search() -> None:
    client = Client()
    assert client.get("/?s=an+orchard").headers["Location"] == "/search/?q=an+orchard"
    assert 'href="/search/?q=orchard%20promise"' in client.get("/2019/old/orchard-promise.html/").content.decode()
    description = client.get("/search/opensearch.xml")
    assert description.headers["Content-Type"].startswith("application/opensearchdescription+xml")
    assert "/search/?q={searchTerms}" in description.content.decode()
    assert 'rel="search"' in client.get("/").content.decode()
