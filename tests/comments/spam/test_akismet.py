"""The spam service, faked on loopback: correct, slow, broken, wrong, or sending endlessly."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.core.cache import cache
from django.test import Client
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from blog.models import Essay
from comments.models import Block, Comment, Status
from comments.posting import actions as speaking
from comments.posting import akismet_check
from comments.screening.reasons import describe
from comments.screening.screening import Sender
from comments.spam import akismet
from moderation.decisions import actions, undo
from server.doctor import findings
from server.http import fetch
from tests import make
from tests.services.web import Handler, Server, allow_requests_to, serving

pytestmark = [pytest.mark.django_db, pytest.mark.once]
Answer = Callable[[Handler], None]
WORDS = "Cheap watches, click here."


class Service:
    """The requests it received, and its responses."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.says: dict[str, str | Answer] = {
            "verify-key": "valid", "comment-check": "false", "submit-spam": "Thanks", "submit-ham": "Thanks",
        }  # fmt: skip
        server.responder = self.answer

    def answer(self, handler: Handler) -> None:
        verb = handler.path.rsplit("/", 1)[-1]
        fields = {name: values[0] for name, values in parse_qs(handler.body.decode(), keep_blank_values=True).items()}
        self.asked.append((verb, fields))
        word = self.says[verb]
        word(handler) if callable(word) else handler.respond(body=word.encode())

    @property
    def verbs(self) -> list[str]:
        return [verb for verb, _fields in self.asked]


@pytest.fixture
def service(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    cache.clear()
    make.rules(hold_first_comment=False)
    with serving() as server:
        settings.AKISMET_KEY = "abc123"
        settings.AKISMET_URL = f"{server.origin}/1.1/"
        allow_requests_to(monkeypatch, server.origin)
        yield Service(server)
    cache.clear()


@pytest.fixture
def essay(service: Service) -> Essay:
    return make.essay("On Rivers")


@pytest.fixture
def mara(db: None) -> User:
    return make.moderator("mara", name="Mara")


def post(essay: Essay, **more: Any) -> Comment:
    who = make.guest("Berta Blum", email="berta@example.net", website="https://example.net/")
    return speaking.post(essay=essay, commenter=who, sender=Sender("203.0.113.9"), text=WORDS, **more)


def run() -> None:
    """Run its queued jobs as the worker would."""
    waiting = DBTaskResult.objects.ready().filter(task_path__contains=".akismet_").order_by("enqueued_at")
    for result in list(waiting):
        task, sent = result.task, result.args_kwargs
        result.delete()
        task.call(*sent["args"], **sent["kwargs"])


def fresh(comment: Comment) -> Comment:
    found: Comment = Comment.objects.select_related("wording").get(pk=comment.pk)
    return found


def reasons(comment: Comment) -> list[str]:
    wording = fresh(comment).wording
    return [describe(reason) for reason in wording.reasons] if wording else []


def test_without_a_key_the_service_is_not_called(service: Service, essay: Essay, settings: Any, mara: User) -> None:
    settings.AKISMET_KEY = ""
    actions.mark_spam(post(essay), by=mara)
    run()
    assert service.asked == []


def test_a_comment_that_it_calls_spam_is_held_with_the_reason(service: Service, essay: Essay) -> None:
    service.says["comment-check"] = "true"
    comment = post(essay)
    assert comment.status == Status.APPROVED  # posting does not wait for it
    assert service.asked == []
    run()
    assert fresh(comment).status == Status.PENDING
    assert reasons(comment) == ["marked as spam by Akismet"]
    assert Essay.objects.get(pk=essay.pk).discussion.comment_count == 0
    akismet_check.check.call(comment.pk)
    assert len(reasons(comment)) == 1


def test_it_receives_the_typed_text_and_only_the_network(service: Service, essay: Essay) -> None:
    post(essay)
    run()
    ((verb, said),) = service.asked
    assert verb == "comment-check"
    assert said["user_ip"] == "203.0.113.0"
    assert (said["comment_author"], said["comment_author_email"]) == ("Berta Blum", "berta@example.net")
    assert (said["comment_content"], said["api_key"]) == (WORDS, "abc123")
    assert said["permalink"].endswith(essay.get_absolute_url())


def test_a_good_verdict_does_not_change_the_status(service: Service, essay: Essay) -> None:
    good = post(essay)
    run()
    assert fresh(good).status == Status.APPROVED
    service.says["comment-check"] = "true"
    make.rules(hold_everything=True)
    held = speaking.post(essay=essay, commenter=make.guest("Ida"), sender=Sender(), text="Other words.")
    run()
    assert fresh(held).status == Status.PENDING
    assert len(reasons(held)) == 2


def test_an_earlier_decision_of_a_moderator_is_kept(service: Service, essay: Essay, mara: User) -> None:
    service.says["comment-check"] = "true"
    comment = post(essay)
    actions.unapprove(comment, by=mara)
    actions.approve(comment, by=mara)
    run()
    assert fresh(comment).status == Status.APPROVED
    assert "comment-check" not in service.verbs


def test_comments_of_trusted_people_are_not_checked(service: Service, essay: Essay) -> None:
    post(essay, is_trusted=True)
    run()
    assert service.asked == []
    comment = speaking.post(essay=essay, commenter=make.guest("Ida"), sender=Sender(), text="Other words.")
    Block.objects.create(kind=Block.Kind.TRUST, commenter=comment.commenter)
    run()
    assert service.asked == []


def test_overruled_verdicts_and_their_undo_are_reported_to_it(service: Service, essay: Essay, mara: User) -> None:
    passed = post(essay)
    run()
    service.asked.clear()
    decision = actions.mark_spam(passed, by=mara)
    run()
    undo.undo(decision, by=mara)
    run()
    assert service.verbs == ["submit-spam", "submit-ham"]
    service.asked.clear()
    service.says["comment-check"] = "true"
    flagged = speaking.post(essay=essay, commenter=make.guest("Ida"), sender=Sender(), text="Other words.")
    run()
    decision = actions.approve(flagged, by=mara)
    run()
    undo.undo(decision, by=mara)
    run()
    actions.mark_spam(flagged, by=mara)  # agrees with its verdict
    run()
    assert service.verbs == ["comment-check", "submit-ham", "submit-spam"]


def test_a_decision_after_the_trash_is_compared_with_the_status_before_it(
    service: Service, essay: Essay, mara: User
) -> None:
    comment = post(essay)
    run()
    for decide in (actions.mark_spam, actions.trash, actions.approve, actions.trash, actions.mark_spam):
        decide(comment, by=mara)
        run()
    assert service.verbs == ["comment-check", "submit-spam", "submit-ham", "submit-spam"]


def test_a_decision_undone_before_it_was_reported_is_not_reported(service: Service, essay: Essay, mara: User) -> None:
    comment = post(essay)
    run()
    actions.mark_spam(comment, by=mara)
    actions.trash(comment, by=mara)
    run()
    assert service.verbs == ["comment-check"]


def slowly(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.is_stopped.wait(0.02):
        handler.wfile.write(b" ")


def endlessly(handler: Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.is_stopped.is_set():
        handler.wfile.write(b"true" * 10_000)


@pytest.mark.parametrize(
    ("says", "may_ask_again"),
    [
        ("maybe", True),
        ("", True),
        ("TRUE<script>", True),
        ("\xff\xfe", True),
        (lambda handler: handler.respond(503), True),
        (lambda handler: handler.respond(body=b"tr", Content_Length="4"), True),
        (lambda handler: handler.wfile.write(b"220 mail.example ESMTP\r\n"), True),
        (slowly, True),
        (endlessly, False),
        (lambda handler: handler.respond(404), False),
        (lambda handler: handler.respond(302, Location="https://example.org/"), False),
        ("invalid", False),
    ],
)
def test_an_invalid_response_changes_nothing(
    service: Service, essay: Essay, monkeypatch: pytest.MonkeyPatch, says: Any, may_ask_again: bool
) -> None:
    monkeypatch.setattr(akismet.call_api, "__kwdefaults__", {"seconds": 0.3})
    service.says["comment-check"] = says
    comment = post(essay)
    if may_ask_again:
        with pytest.raises(fetch.FetchError):
            run()
    else:
        run()
    assert fresh(comment).status == Status.APPROVED
    assert reasons(comment) == []


def test_nothing_is_sent_unencrypted(service: Service, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.AKISMET_URL = "http://akismet.example/1.1/"
    allow_requests_to(monkeypatch, "http://akismet.example")
    with pytest.raises(fetch.PermanentFetchError, match="https"):
        akismet.call_api("verify-key", {})


def test_a_service_on_a_private_network_is_not_called(settings: Any) -> None:
    with serving() as private:
        settings.AKISMET_URL = f"{private.origin}/1.1/"
        settings.FETCH_ALLOWED_ORIGINS = frozenset({private.origin})
        with pytest.raises(fetch.PermanentFetchError):
            akismet.call_api("verify-key", {})
    assert private.requests == []


@pytest.mark.parametrize(
    ("says", "words"),
    [("valid", ""), ("invalid", "rejected the API key"), (lambda handler: handler.respond(500), "isn’t responding")],
)
def test_the_doctor_and_the_filter_page_show_its_state(service: Service, client: Client, says: Any, words: str) -> None:
    service.says["verify-key"] = says
    told = [finding.problem for finding in findings() if finding.subject == "Spam service"]
    assert [words in each for each in told] == ([True] if words else [])
    client.force_login(make.owner())
    page = client.get("/admin/comments/queue/filter/").content.decode()
    assert (words or "Comments are also checked by").replace("isn’t responding", "did not respond") in page
    assert service.verbs == ["verify-key"]  # the page itself makes no call


def test_the_privacy_page_mentions_it_while_it_is_on(service: Service, client: Client, settings: Any) -> None:
    on = client.get("/privacy/").content.decode()
    assert "also ask a service at 127.0.0.1" in on
    assert "sends nothing to other services" not in on
    settings.AKISMET_KEY = ""
    off = client.get("/privacy/").content.decode()
    assert "also ask a service" not in off
    assert "sends nothing to other services" in off
