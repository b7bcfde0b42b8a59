"""A person's page for moderators: their data, exceptions, notes and the removal of comments."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import Commenter, User
from blog.models import Essay
from comments import checking
from comments.models import Batch, Block, Comment, Decision, Discussion, Wording
from moderation.decisions import actions
from moderation.decisions.rights import Rights
from moderation.models import Note
from moderation.people import people
from moderation.people.people import Person
from moderation.queue import batches
from tests import make
from tests.comments.browser_client import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def mara() -> User:
    make.rules(hold_first_comment=False)
    return make.moderator("mara", name="Mara")


@pytest.fixture
def essay(mara: User) -> Essay:
    return make.essay("Whose Promise Is It?")


@pytest.fixture
def anna(essay: Essay) -> tuple[Browser, Commenter]:
    user = make.user("anna")
    return Browser(user), Commenter.objects.for_user(user)


class Desk:
    def __init__(self, user: User, who: Commenter) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.address = f"/admin/comments/queue/people/{who.pk}/"

    def open(self, after: str = "") -> str:
        answer = self.client.get(self.address + after)
        assert answer.status_code == 200
        return answer.content.decode()

    def send(self, action: str, **fields: Any) -> Any:
        return self.client.post(self.address, {"action": action, **fields})


def test_the_page_shows_everything_known_about_a_person(
    mara: User, essay: Essay, anna: tuple[Browser, Commenter]
) -> None:
    browser, person = anna
    comment = browser.post_comment(essay, text="Of the <b>harbour</b>")
    browser.post_comment(essay, text="And of the garden")
    actions.trash(comment, by=mara, note="Too long")
    Note.objects.create(commenter=person, moderator=mara, text="Wrote twice.")
    html = Desk(mara, person).open()
    for words in (
        "Of the harbour", "And of the garden", "1 approved, 1 rejected", "anna@example.org</bdi>, verified",
        "from 203.0.113.0/24, 2 times", "Wrote twice.", "Moved to the trash, by Mara", "Too long", "logs in as <bdi>anna",
    ):  # fmt: skip
        assert words in html


def test_many_comments_are_paged_with_a_constant_number_of_queries(
    mara: User, essay: Essay, anna: tuple[Browser, Commenter], django_assert_max_num_queries: Any
) -> None:
    person = anna[1]
    for number in range(people.PAGE_SIZE + 2):
        make.comment(essay, f"Words number {number}.", by=person)
    desk = Desk(mara, person)
    desk.open()  # the first request after a login also saves the session
    with django_assert_max_num_queries(17):
        html = desk.open()
    assert "Words number 1." not in html
    assert "Words number 1." in desk.open("?page=2")
    assert "Words number 1." in desk.open("?page=99")


def test_the_drawer_has_the_same_content_without_the_page(mara: User, anna: tuple[Browser, Commenter]) -> None:
    html = Desk(mara, anna[1]).open("?form=person")
    assert "Trust, hold or block" in html
    assert "<html" not in html


def test_a_note_is_saved_and_an_empty_one_is_rejected(mara: User, anna: tuple[Browser, Commenter]) -> None:
    desk = Desk(mara, anna[1])
    assert desk.send("note", text="Look twice.").status_code == 302
    assert desk.send("note", text=" ").status_code == 422
    note = Note.objects.get()
    assert (note.commenter, note.moderator, note.text) == (anna[1], mara, "Look twice.")


@pytest.mark.parametrize(
    ("who", "network"),
    [("person", ""), ("email anna@example.org", ""), ("network 203.0.113.0/24", ""), ("person", "203.0.0.0/16")],
)
def test_a_blocked_person_is_told_so_and_can_post_again_afterwards(
    mara: User, essay: Essay, anna: tuple[Browser, Commenter], who: str, network: str
) -> None:
    browser, person = anna
    browser.post_comment(essay)
    desk = Desk(mara, person)
    day = timezone.localdate() + timedelta(days=7)
    fields = {
        "kind": "block",
        "who": who,
        "network": network,
        "until": str(day),
        "sentence": "Cool down.",
        "why": "Rude",
    }
    assert desk.send("treat", **fields).status_code == 302
    page = browser.submit_comment(essay, text="More")
    assert page.status == 403
    assert "Cool down." in page.error_summary
    assert "Rude" not in page.html
    assert "Cool down." in desk.open()
    block = Block.objects.get()
    assert (block.moderator, block.note) == (mara, "Rude")
    assert desk.send("lift", block=block.pk).status_code == 302
    assert browser.submit_comment(essay, text="More").status == 302


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"until": "2001-01-01"}, "Choose a future date"),
        ({"until": "soon"}, "Enter a valid date"),
        ({"network": "everywhere"}, "is not an IP address or network"),
        ({"who": "email rosa@example.org"}, "Select a valid choice"),
        ({"kind": "ban"}, "Select a valid choice"),
    ],
)
def test_invalid_input_shows_an_error_and_changes_nothing(
    mara: User, anna: tuple[Browser, Commenter], fields: dict[str, str], says: str
) -> None:
    answer = Desk(mara, anna[1]).send("treat", **{"kind": "block", "who": "person", **fields})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Block.objects.exists()


def states(person: Commenter) -> list[tuple[int, str, str]]:
    return list(Comment.objects.filter(commenter=person).order_by("pk").values_list("pk", "status", "removed_by"))


@pytest.mark.both
@pytest.mark.parametrize("at_once", [100, 2])
def test_recent_comments_are_removed_and_restored_as_one_batch(
    mara: User, essay: Essay, anna: tuple[Browser, Commenter], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(people, "AT_ONCE", at_once)
    person = anna[1]
    old = make.comment(essay, "Long ago", by=person)
    Comment.objects.filter(pk=old.pk).update(created=timezone.now() - timedelta(days=9))
    said = [make.comment(essay, f"Lately {n}", by=person, status=status) for n, status in enumerate(("approved",) * 3)]
    said.append(make.comment(essay, "Waits", by=person, status="pending"))
    make.comment(essay, "Spam already", by=person, status="spam")
    make.comment(essay, "Somebody else’s", to=said[0])
    before, responses = states(person), Discussion.objects.get().comment_count
    desk = Desk(mara, person)
    answer = desk.send("remove", days="7", verb="trash", why="A row of insults")
    batch = Batch.objects.get()
    assert answer["Location"] == f"/admin/comments/queue/batches/{batch.pk}/"
    run_jobs()
    batch.refresh_from_db()
    assert (batch.state, batch.total, batch.done, batch.missed) == ("done", 4, 4, 0)
    assert [status for _pk, status, _by in states(person)] == ["approved", "trash", "trash", "trash", "trash", "spam"]
    assert set(Decision.objects.filter(batch=batch).values_list("note", flat=True)) == {"A row of insults"}
    assert Discussion.objects.get().comment_count == responses - 3
    desk.client.post(answer["Location"], {"action": "undo"})
    run_jobs()
    assert states(person) == before
    assert Discussion.objects.get().comment_count == responses
    assert not list(checking.problems())


def run_jobs() -> None:
    """Run the jobs of batches as the worker would."""
    for _round in range(5):
        for result in DBTaskResult.objects.filter(task_path__startswith="moderation.queue.batches.", status="READY"):
            arguments = result.args_kwargs
            DBTaskResult.objects.filter(pk=result.pk).delete()
            getattr(batches, result.task_path.rpartition(".")[2]).call(*arguments["args"], **arguments["kwargs"])


def test_a_message_says_that_there_is_nothing_to_remove(mara: User, anna: tuple[Browser, Commenter]) -> None:
    desk = Desk(mara, anna[1])
    assert desk.send("remove", days="7", verb="trash").status_code == 302
    assert not Batch.objects.exists()
    assert desk.send("remove", days="x", verb="trash").status_code == 422


def test_an_author_sees_and_removes_only_comments_on_their_own_essays(
    essay: Essay, anna: tuple[Browser, Commenter]
) -> None:
    browser, person = anna
    author = make.author("miriam")
    own = make.essay("Hers", by=author)
    make.rules(authors_moderate=True)
    desk = Desk(author, person)
    browser.post_comment(essay, text="Elsewhere")
    assert desk.client.get(desk.address).status_code == 404
    browser.post_comment(own, text="Under hers")
    Note.objects.create(commenter=person, text="A secret note")
    Block.objects.create(kind="hold", commenter=person, note="A secret why")
    html = desk.open()
    assert "Under hers" in html
    for secret in ("Elsewhere", "anna@example.org", "203.0.113", "secret", "logs in as"):
        assert secret not in html
    for search, count in (("", 1), ("Under", 1), ("anna@example.org", 0), ("203.0.113.9", 0)):
        response = desk.client.get(f"/admin/comments/queue/?status=all&q={search}")
        html = response.content.decode().partition('<ol class="queue"')[2]
        assert html.count('<li class="row"') == count
        for secret in ("Elsewhere", "anna@example.org", "203.0.113", "logs in as"):
            assert secret not in html
    assert desk.send("treat", kind="block", who="person").status_code == 403
    assert desk.send("note", text="x").status_code == 403
    desk.send("remove", days="7", verb="trash")
    said = dict(Comment.objects.values_list("wording__text", "status"))
    assert said == {"Elsewhere": "approved", "Under hers": "trash"}


def test_a_disposable_email_address_is_marked(mara: User, essay: Essay) -> None:
    comment = make.comment(essay, by=make.guest(email="x@mailinator.com"))
    assert "disposable email address" in Desk(mara, comment.commenter).open()
    Wording.objects.update(network="")
    assert not Person(comment.commenter, Rights(mara, is_site_wide=True)).networks
