"""`manage.py demo` fills an empty site with a small magazine and leaves any other site unchanged."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from time import process_time

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import User
from blog.models import Essay, Revision
from comments.models import AuthorAnswer, Comment, Decision, Notice, Passage, Status, Wording
from server.jobs.worker import run_ready_jobs
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PEOPLE = ("owner", "author", "moderator")
TITLES = ["Objections and Replies", "Is Anybody Ever Persuaded?", "The Unpayable Dinner"]


def demo(*, is_trial: bool = True) -> str:
    out = StringIO()
    with override_settings(DEBUG=is_trial):
        call_command("demo", stdout=out)
    return out.getvalue()


@pytest.fixture(scope="class")
def filled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Filled once for the class; each test rolls its changes back, and the last one all."""
    with django_db_blocker.unblock(), transaction.atomic():
        demo()
        yield
        transaction.set_rollback(True)


@pytest.mark.usefixtures("filled")
class TestFilled:
    def test_home_lists_the_three_essays_newest_first(self, client: Client) -> None:
        page = client.get("/").content.decode()
        places = [page.index(title) for title in TITLES]
        assert places == sorted(places)
        assert Essay.objects.essays().count() == 3

    def test_the_about_page_is_in_the_menu(self) -> None:
        assert [page.title for page in Essay.objects.in_menu()] == ["About"]

    def test_the_newest_essay_is_from_yesterday_and_the_others_are_older(self) -> None:
        days = [(timezone.now() - essay.published).days for essay in Essay.objects.essays() if essay.published]
        assert days == sorted(days)
        assert days[0] == 1
        assert len(set(days)) == 3

    def test_the_essays_differ_in_length_and_have_tags_and_authors(self, client: Client) -> None:
        words = sorted(Essay.objects.essays().values_list("word_count", flat=True))
        assert words[0] < 700 < words[1] < 1500 < words[2]
        for address in ["/tag/argument/", "/author/author/", "/author/owner/"]:
            assert client.get(address).status_code == 200, address

    def test_one_essay_has_a_cover_and_its_author_a_fediverse_handle(self, client: Client) -> None:
        page = page_of(client, "The Unpayable Dinner")
        assert '<meta property="og:image:alt" content="Soup plates' in page
        assert '<meta name="fediverse:creator" content="@miriam@social.example">' in page

    def test_the_about_page_exists(self, client: Client) -> None:
        assert "Mara Sundqvist" in client.get("/about/").content.decode()

    def test_notes_and_their_marks_link_both_ways(self, client: Client) -> None:
        page = page_of(client, TITLES[0])
        marks = dict(re.findall(r'<a id="([\w-]+)" href="#([\w-]+)" role="doc-noteref"', page))
        notes = re.findall(r'<li id="([\w-]+)"', page)
        ways_back = re.findall(r'<a href="#([\w-]+)" role="doc-backlink"', page)
        assert len(marks) >= 4
        assert list(marks.values()) == notes[: len(marks)]
        assert list(marks) == ways_back

    def test_the_long_essay_uses_every_kind_of_markup(self, client: Client) -> None:
        body = Essay.objects.get(title=TITLES[0]).body
        for element in ["<h2>", '<blockquote class="pull">', "<blockquote><p>", "<li>", "<hr>"]:
            assert element in body, element
        assert "In this essay" in page_of(client, TITLES[0])

    def test_the_argument_runs_six_levels_deep_with_several_voices(self) -> None:
        comments = Comment.objects.filter(essay__title=TITLES[0], status=Status.APPROVED)
        assert 12 <= comments.count() <= 20
        assert max(comments.values_list("level", flat=True)) >= 5
        assert comments.values("commenter").distinct().count() >= 8

    def test_comments_contain_markdown_and_right_to_left_text(self, client: Client) -> None:
        page = page_of(client, TITLES[0]).partition('id="comments"')[2]
        for element in ["<blockquote>", "<em>", "<code>", "<ul>", "تهافت التهافت"]:
            assert element in page, element
        assert re.search(r'<a href="https://[^"]+" rel="nofollow ugc noopener">', page)

    def test_a_removed_comment_stays_as_a_tombstone_above_its_replies(self, client: Client) -> None:
        page = page_of(client, TITLES[0])
        removed = Comment.objects.get(essay__title=TITLES[0], status=Status.TRASH)
        assert removed.wording
        assert f'id="comment-{removed.pk}" class="comment gone"' in page
        assert removed.wording.text[:40] not in page
        assert removed.has_readable_replies()

    def test_eight_comments_quote_the_essay_and_the_author_answers_some(self, client: Client) -> None:
        essay = Essay.objects.get(title=TITLES[0])
        page = page_of(client, TITLES[0])
        passages = Passage.objects.filter(essay=essay).select_related("revision")
        assert passages.count() == 8
        assert {passage.revision for passage in passages} == {Revision.objects.public(essay).first()}
        thread = page.partition('id="comments"')[2]
        assert len(re.findall(r'<p class="on">', thread)) == 7  # one is pending
        assert "Changed in version 2 after a comment by Ilse Maartens" in page
        assert AuthorAnswer.objects.filter(essay=essay, is_picked=True).count() == 2
        assert AuthorAnswer.objects.get(essay=essay, is_strongest=True).comment.commenter.name == "Aurel Dumitrescu"
        assert [answer.label for answer in AuthorAnswer.objects.exclude(label="").order_by("label")] == [
            "corrected",
            "stands",
        ]

    def test_every_tab_of_the_queue_has_something(self) -> None:
        for status in Status.values:
            assert Comment.objects.filter(status=status).exists(), status

    def test_pending_comments_have_different_reasons(self) -> None:
        waiting = Wording.objects.filter(comment__status=Status.PENDING).values_list("reasons", flat=True)
        assert {reason["code"] for reasons in waiting for reason in reasons} >= {"first", "links", "word", "name"}

    def test_times_are_plausible(self) -> None:
        for comment in Comment.objects.select_related("essay", "parent", "commenter", "wording"):
            assert comment.essay.published
            assert comment.wording
            begin = comment.parent.created if comment.parent else comment.essay.published
            assert begin < comment.created <= comment.changed <= timezone.now()
            assert comment.wording.created == comment.created
            assert comment.commenter.created <= comment.created
        latest = Comment.objects.latest("created").created
        assert timezone.now() - latest < timedelta(days=1)
        for decision in Decision.objects.select_related("comment"):
            assert decision.comment
            assert decision.comment.created < decision.created <= timezone.now()

    def test_comments_are_in_chronological_order(self) -> None:
        times = list(Comment.objects.order_by("pk").values_list("created", flat=True))
        assert times == sorted(times)

    def test_no_email_about_the_past_is_enqueued(self) -> None:
        run_ready_jobs()
        assert not Notice.objects.exists()

    def test_counts_and_trees_are_correct(self) -> None:
        call_command("check_threads", stdout=StringIO())

    @pytest.mark.parametrize("name", PEOPLE)
    def test_every_demo_person_can_log_in_by_password_and_reach_the_admin(self, client: Client, name: str) -> None:
        answer = client.post("/accounts/login/", {"login": name, "password": "demo"})
        assert answer.status_code == 302, answer.content.decode()
        assert client.get("/admin/").status_code == 200

    @pytest.mark.parametrize(("name", "sees_queue"), [("owner", True), ("author", False), ("moderator", True)])
    def test_only_moderators_reach_the_queue(self, client: Client, name: str, sees_queue: bool) -> None:
        client.post("/accounts/login/", {"login": name, "password": "demo"})
        answer = client.get("/admin/comments/queue/")
        assert (answer.status_code == 200) == sees_queue
        assert ("Dorothea Klamm" in answer.content.decode()) == sees_queue

    def test_the_author_can_write_and_only_the_owner_changes_the_site(self, client: Client) -> None:
        client.post("/accounts/login/", {"login": "author", "password": "demo"})
        assert client.get("/admin/blog/essay/add/").status_code == 200
        assert client.get("/admin/blog/site/1/change/").status_code == 403

    def test_a_second_run_changes_nothing_and_says_so(self) -> None:
        before = everything()
        said = demo()
        assert everything() == before
        assert said.count("\n") == 1
        assert "already in use" in said


def page_of(client: Client, title: str) -> str:
    return client.get(Essay.objects.get(title=title).get_absolute_url()).content.decode()


def everything() -> list[object]:
    models = (Essay, Revision, User, Comment, Wording, Decision, Passage, AuthorAnswer)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_it_is_quick_and_lists_the_logins() -> None:
    start = process_time()
    said = demo()
    assert process_time() - start < 2
    assert all(name in said for name in (*PEOPLE, "demo"))


def test_a_site_with_an_essay_is_left_unchanged() -> None:
    make.essay("Mine")
    assert "in use" in demo()
    assert list(Essay.objects.values_list("title", flat=True)) == ["Mine"]
    assert not User.objects.exists()


def test_a_site_whose_demo_essays_were_deleted_does_not_get_them_back() -> None:
    demo()
    Essay.objects.all().delete()
    assert "in use" in demo()
    assert not Essay.objects.exists()


def test_no_well_known_password_is_set_in_production() -> None:
    assert "not for production" in demo(is_trial=False)
    assert not User.objects.exists()
